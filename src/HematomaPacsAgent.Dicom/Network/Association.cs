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
    private StorageProvider? storage;
    private StorageCommitmentProvider? commitment;

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

        if (commitment is null) return;
        await upper.CloseAsync();
        await commitment.FinishAsync();
    }

    private async Task<DimseChannel?> NegotiateAsync()
    {
        if (await upper.ReceiveAsync(listener.Options.Association.AssociationTimeout) is not AAssociateRq request)
            throw new InvalidOperationException("the table lets only A-ASSOCIATE-RQ through here");
        NegotiationDecision decision = Negotiation.Decide(request, listener.Options.Policy, listener.OpenAssociations,
            new CommitmentRoles(listener.Options.Commitment is not null, listener.Options.CommitmentReports is not null));
        if (decision is not NegotiationDecision.Accept { Contexts: var results, Answers: var answers })
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
        await upper.SendAsync(UpperLayerEvent.AcceptRequested, PduWriter.Write(
            new AAssociateAc(request.CalledAeTitle, request.CallingAeTitle, results, listener.Options.Association.Offer(answers))));
        DimseChannel channel = new(upper, contexts, request.User.MaxPduLength, listener.Options.Association);
        storage = new StorageProvider(listener.Storage, peer, channel, listener.Logger);
        if (listener.Options.Commitment is { } service)
            commitment = new StorageCommitmentProvider(service, listener.Options.Association, peer, channel, listener.Logger);
        return channel;
    }

    private ValueTask RejectAsync(AAssociateRq request, AAssociateRj rejection, string why)
    {
        Log.AssociationRejected(listener.Logger, request.CallingAeTitle, request.CalledAeTitle, remote, why);
        return upper.SendAsync(UpperLayerEvent.RejectRequested, PduWriter.Write(rejection));
    }

    private async Task HandleAsync(DimseChannel channel, DimseMessage message)
    {
        CommandSet command = message.Command;
        if (command.IsResponse && !(commitment?.Takes(command) ?? false))
            throw await upper.RefuseAsync(new InvalidPduException(AbortReason.UnexpectedPduParameter,
                $"response {command.Command} to no request"));
        bool isCommitment = message.Context.AbstractSyntax == StorageCommitment.SopClass;
        if (isCommitment && command.Command == DimseCommand.NActionRq && commitment is not null)
        {
            await commitment.ActAsync(message, stopping);
            return;
        }

        if (isCommitment && command.Command == DimseCommand.NEventReportRq && listener.Options.CommitmentReports is { } reports)
        {
            DicomStatus taken = await StorageCommitmentReports.ReadAsync(message, channel, listener.Logger, peer!.ToString(),
                reports.Deliver);
            await channel.SendAsync(message.Context, command.Respond(taken));
            return;
        }

        DatasetStream dataset = new(channel, message.Context);
        DicomStatus status = command.Command switch
        {
            DimseCommand.CEchoRq => DicomStatus.Success,
            DimseCommand.CStoreRq => await storage!.StoreAsync(message, dataset, stopping),
            _ => Unserved(message),
        };
        if (command.HasDataset) await dataset.DrainAsync();
        // What a C-CANCEL would end is over already, and it has no response (PS3.7 §9.3.2.3).
        if (!command.IsResponse && command.Command != DimseCommand.CCancelRq)
            await channel.SendAsync(message.Context, command.Respond(status));
    }

    /// <summary>A class that does not belong to the presentation context, or an operation that the class does not have here.</summary>
    private static DicomStatus Unserved(DimseMessage message)
    {
        CommandSet command = message.Command;
        string sopClass = command.RequestedSopClassUid.Length > 0 ? command.RequestedSopClassUid : command.AffectedSopClassUid;
        return sopClass.Length > 0 && sopClass != message.Context.AbstractSyntax.Value ? DicomStatus.SopClassNotSupported
            : DicomStatus.UnrecognizedOperation;
    }

    private void Close(AssociationPeer opened, string how)
    {
        listener.Admission.Leave(opened.CallingAeTitle, remote.Address);
        Log.AssociationClosed(listener.Logger, number, opened.CallingAeTitle, storage?.Stored ?? 0, how);
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
