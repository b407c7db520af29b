using System.Net;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>The acceptor's side of one association: negotiation, then messages until the peer releases or something breaks.</summary>
/// <remarks>PS3.7 §9.3.1, §9.3.5; PS3.8 §7</remarks>
internal sealed class Association
{
    private readonly AssociationChannel upper;
    private readonly IPEndPoint remote;
    private readonly long number;
    private readonly DicomListener listener;
    private readonly CancellationToken stopping;
    private AssociationPeer? peer;
    private int stored;

    /// <param name="upper">A fresh connection.</param>
    /// <param name="remote">Where it comes from.</param>
    /// <param name="number">This association's number.</param>
    /// <param name="listener">Whose policy and storage to use.</param>
    /// <param name="stopping">Ends the association by A-ABORT.</param>
    public Association(AssociationChannel upper, IPEndPoint remote, long number, DicomListener listener, CancellationToken stopping) =>
        (this.upper, this.remote, this.number, this.listener, this.stopping) = (upper, remote, number, listener, stopping);

    /// <summary>Serves the peer to the end; never throws.</summary>
    public async Task RunAsync()
    {
        string how = "released";
        try
        {
            if (await NegotiateAsync() is not { } channel) return;
            while (await channel.ReceiveAsync(listener.Options.Association.IdleTimeout) is { } message) await HandleAsync(channel, message);
            await upper.ConfirmReleaseAsync();
        }
        catch (DicomNetworkException e)
        {
            how = e.Message;
            if (peer is null) Log.ConnectionFailed(listener.Logger, remote, how);
        }
        catch (OperationCanceledException)
        {
            how = "aborted: the listener stopped";
        }
        catch (Exception e)
        {
            how = $"aborted: {e.Message}";
            Log.AssociationFailed(listener.Logger, e, number, remote);
            await upper.AbortAsync(AbortSource.ServiceProvider, AbortReason.NotSpecified);
        }
        finally
        {
            if (peer is not null) Close(peer, how);
        }
    }

    private async Task<DimseChannel?> NegotiateAsync()
    {
        if (await upper.ReceiveAsync(listener.Options.Association.AssociationTimeout) is not AAssociateRq request)
            throw new InvalidOperationException("the table lets only A-ASSOCIATE-RQ through here");
        NegotiationDecision decision = Negotiation.Decide(request, listener.Options.Policy, listener.OpenAssociations);
        if (decision is not NegotiationDecision.Accept(var results))
        {
            AAssociateRj rejection = ((NegotiationDecision.Reject)decision).Rejection;
            await RejectAsync(request, rejection, rejection.WhyWeRefused(request.CallingAeTitle, request.CalledAeTitle));
            return null;
        }

        if (await listener.Admission.TryEnterAsync(request.CallingAeTitle, remote.Address, stopping) is { } refusal)
        {
            await RejectAsync(request, refusal.Rejection, refusal.Why);
            return null;
        }

        peer = new AssociationPeer(number, request.CallingAeTitle, request.CalledAeTitle, remote, request.User.ImplementationClassUid,
            request.User.ImplementationVersionName);
        Dictionary<byte, AcceptedContext> contexts = request.Contexts.Zip(results)
            .Where(pair => pair.Second.Result == ContextResult.Acceptance)
            .ToDictionary(pair => pair.First.Id, pair => AcceptedContext.From(pair.First, pair.Second));
        Log.AssociationAccepted(listener.Logger, number, peer.CallingAeTitle, peer.CalledAeTitle, remote, contexts.Count, results.Count);
        listener.Storage.AssociationOpened(peer);
        upper.UseLargeBuffer();
        await upper.SendAsync(UpperLayerEvent.AcceptRequested, PduWriter.Write(
            new AAssociateAc(request.CalledAeTitle, request.CallingAeTitle, results, listener.Options.Association.Offer())));
        return new DimseChannel(upper, contexts, request.User.MaxPduLength, listener.Options.Association);
    }

    private ValueTask RejectAsync(AAssociateRq request, AAssociateRj rejection, string why)
    {
        Log.AssociationRejected(listener.Logger, request.CallingAeTitle, request.CalledAeTitle, remote, why);
        return upper.SendAsync(UpperLayerEvent.RejectRequested, PduWriter.Write(rejection));
    }

    private async Task HandleAsync(DimseChannel channel, DimseMessage message)
    {
        CommandSet command = message.Command;
        if (command.IsResponse)
            throw await upper.RefuseAsync(new InvalidPduException(AbortReason.UnexpectedPduParameter,
                $"response {command.Command} to no request"));
        DatasetStream dataset = new(channel, message.Context);
        DicomStatus status = command.Command switch
        {
            DimseCommand.CEchoRq => DicomStatus.Success,
            DimseCommand.CStoreRq => await StoreAsync(message, dataset),
            _ => DicomStatus.UnrecognizedOperation,
        };
        if (command.HasDataset) await dataset.DrainAsync();
        if (command.Command == DimseCommand.CCancelRq) return;
        await channel.SendAsync(message.Context, command.Respond(status));
    }

    private async Task<DicomStatus> StoreAsync(DimseMessage message, DatasetStream dataset)
    {
        CommandSet command = message.Command;
        DicomStatus status = Refusal(message) ?? await StoreAsync(new CStoreRequest
        {
            Association = peer!,
            MessageId = command.MessageId,
            SopClassUid = new DicomUID(command.AffectedSopClassUid),
            SopInstanceUid = new DicomUID(command.AffectedSopInstanceUid),
            TransferSyntax = message.Context.TransferSyntax,
            Dataset = dataset,
        });
        if (status.IsKept) stored++;
        else Log.StoreRefused(listener.Logger, number, command.AffectedSopInstanceUid, status);
        return status;
    }

    private static DicomStatus? Refusal(DimseMessage message) => message.Command switch
    {
        { HasDataset: false } => DicomStatus.CannotUnderstand,
        { AffectedSopClassUid: var sopClass } when sopClass != message.Context.AbstractSyntax.Value => DicomStatus.SopClassNotSupported,
        { AffectedSopInstanceUid: var instance } when instance.Length is 0 or > 64
            || !instance.All(c => char.IsAsciiDigit(c) || c == '.') =>
            DicomStatus.InvalidSopInstance,
        _ => null,
    };

    private async Task<DicomStatus> StoreAsync(CStoreRequest request)
    {
        try
        {
            return await listener.Storage.StoreAsync(request, stopping);
        }
        catch (Exception e) when (upper.IsOpen && !(e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            Log.StoreFailed(listener.Logger, e, number, request.SopInstanceUid.Value);
            return DicomStatus.ProcessingFailure;
        }
    }

    private void Close(AssociationPeer opened, string how)
    {
        listener.Admission.Leave(opened.CallingAeTitle, remote.Address);
        Log.AssociationClosed(listener.Logger, number, opened.CallingAeTitle, stored, how);
        try
        {
            listener.Storage.AssociationClosed(opened, how);
        }
        catch (Exception e)
        {
            Log.AssociationFailed(listener.Logger, e, number, remote);
        }
    }
}
