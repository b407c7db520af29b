using System.Net.Sockets;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>
/// One association's connection driven by the <see cref="UpperLayer"/> table, in either role: every PDU received, every request, close and
/// timeout goes through the table, and what the table demands is done here. Failures come out as <see cref="DicomNetworkException"/>.
/// </summary>
/// <remarks>PS3.8 §9.2</remarks>
internal sealed partial class AssociationChannel : IAsyncDisposable
{
    /// <summary>How long an A-ABORT may take to be sent, and again to be seen, before the connection is cut.</summary>
    private static readonly TimeSpan AbortLinger = TimeSpan.FromSeconds(1);

    private readonly PduConnection connection;
    private readonly AssociationOptions options;
    private readonly TimeProvider time;
    private readonly CancellationToken stopping;
    private readonly Deadline deadline;
    private readonly bool isRequestor;
    private readonly TransferRate rate;
    private DicomNetworkException? failure;
    private bool hasAborted;

    /// <param name="connection">Open; owned.</param>
    /// <param name="isRequestor">Whether we called.</param>
    /// <param name="peer">The other side's name in messages.</param>
    /// <param name="options">Times.</param>
    /// <param name="time">Clock.</param>
    /// <param name="stopping">Ends the association by A-ABORT.</param>
    public AssociationChannel(PduConnection connection, bool isRequestor, string peer, AssociationOptions options, TimeProvider time,
        CancellationToken stopping)
    {
        (this.connection, this.isRequestor, Peer, this.options, this.time, this.stopping) = (connection, isRequestor, peer, options, time,
            stopping);
        deadline = new Deadline(time, stopping);
        rate = new TransferRate(options, time);
        State = UpperLayerState.Sta1;
        if (isRequestor)
        {
            Apply(UpperLayerEvent.AssociateRequested);
            Apply(UpperLayerEvent.TransportConnected);
        }
        else
        {
            Apply(UpperLayerEvent.TransportIndication);
        }
    }

    public UpperLayerState State { get; private set; }

    public string Peer { get; }

    /// <summary>Whether P-DATA may still be sent and received.</summary>
    public bool IsOpen => State == UpperLayerState.Sta6;

    /// <summary>Bytes of the current P-DATA-TF not yet read.</summary>
    public long PduLeft => connection.PduLeft;

    /// <summary>Bytes of the current presentation data value not yet read.</summary>
    public int PdvLeft => connection.PdvLeft;

    /// <summary>Makes room for whole PDUs.</summary>
    public void UseLargeBuffer() => connection.UseLargeBuffer();

    /// <summary>Waits for the next PDU that concerns the caller.</summary>
    /// <exception cref="DicomNetworkException">The association is over: closed, aborted, silent or broken.</exception>
    public async ValueTask<Pdu> ReceiveAsync(TimeSpan timeout)
    {
        ThrowIfOver();
        Pdu? pdu;
        try
        {
            StartWait(timeout);
            pdu = await connection.ReadPduAsync(deadline.Token);
            Came(0);
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, timeout);
        }

        if (pdu is null) throw End(UpperLayerEvent.TransportClosed, $"{Peer} closed the connection{Guess}");
        return Apply(UpperLayer.EventOf(pdu.Type)) switch
        {
            UpperLayerAction.AA2 or UpperLayerAction.AA3 => throw Aborted((AAbort)pdu),
            UpperLayerAction.AA1 or UpperLayerAction.AA7 or UpperLayerAction.AA8 => throw await BrokenAsync(AbortReason.UnexpectedPdu,
                $"{pdu.Type} out of turn", null),
            _ => pdu,
        };
    }

    public async ValueTask<PdvHead> ReadPdvHeadAsync()
    {
        ThrowIfOver();
        try
        {
            StartWait(options.DimseTimeout);
            PdvHead head = await connection.ReadPdvHeadAsync(deadline.Token);
            Came(0);
            rate.Began(head);
            return head;
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, options.DimseTimeout);
        }
    }

    /// <summary>Reads at least one byte of the current presentation data value.</summary>
    public async ValueTask<int> ReadPdvAsync(Memory<byte> target)
    {
        ThrowIfOver();
        try
        {
            if (!connection.HasPdvBytes) StartWait(options.DimseTimeout);
            int count = await connection.ReadPdvAsync(target, deadline.Token);
            Came(count);
            return count;
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, options.DimseTimeout);
        }
    }

    /// <summary>Hands out what is here of the current presentation data value; good until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadPdvChunkAsync()
    {
        ThrowIfOver();
        try
        {
            if (!connection.HasPdvBytes) StartWait(options.DimseTimeout);
            ReadOnlyMemory<byte> chunk = await connection.ReadPdvChunkAsync(deadline.Token);
            Came(chunk.Length);
            return chunk;
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, options.DimseTimeout);
        }
    }

    private void StartWait(TimeSpan timeout)
    {
        deadline.Start(timeout);
        rate.StartWait();
    }

    private void Came(int count)
    {
        deadline.Stop();
        rate.Came(count, connection.PdvLeft);
    }

    /// <summary>Sends the request that opens the association; the state waits for its answer already (AE-2).</summary>
    public ValueTask RequestAsync(AAssociateRq request) => WriteAsync(PduWriter.Write(request));

    /// <summary>Sends PDUs in one write, if the table allows <paramref name="request"/> now.</summary>
    /// <exception cref="InvalidOperationException">The request is out of turn.</exception>
    public ValueTask SendAsync(UpperLayerEvent request, ReadOnlyMemory<byte> pdus)
    {
        ThrowIfOver();
        Apply(request);
        return WriteAsync(pdus);
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> pdus)
    {
        try
        {
            deadline.Start(options.DimseTimeout);
            await connection.WriteAsync(pdus, deadline.Token);
            deadline.Stop();
        }
        catch (IOException e)
        {
            // The peer may have said why before it went.
            throw await LastWordAsync() is { } abort ? Aborted(abort) : await FailAsync(e, options.DimseTimeout);
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, options.DimseTimeout);
        }
    }

    /// <summary>Releases as the side that asks for it; returns when the connection is closed.</summary>
    /// <remarks>PS3.8 §7.2; collision §7.2.2.7</remarks>
    public async Task ReleaseAsync()
    {
        await SendAsync(UpperLayerEvent.ReleaseRequested, PduWriter.Write(new AReleaseRq()));
        while (State != UpperLayerState.Sta1 && State != UpperLayerState.Sta13)
        {
            await ReceiveAsync(options.AssociationTimeout);
            if (State is UpperLayerState.Sta9 or UpperLayerState.Sta12) await ConfirmReleaseAsync();
        }

        await CloseAsync();
    }

    /// <summary>Answers a release request.</summary>
    public ValueTask ConfirmReleaseAsync() => SendAsync(UpperLayerEvent.ReleaseResponseRequested, PduWriter.Write(new AReleaseRp()));

    /// <summary>Ends the association by A-ABORT, if it is not over yet. Closing, with the wait for the peer to see it, comes
    /// with <see cref="CloseAsync"/>.</summary>
    public async Task AbortAsync(AbortSource source, AbortReason reason)
    {
        if (State is UpperLayerState.Sta1 or UpperLayerState.Sta13) return;
        // The table has no abort for a peer that has not even asked yet (Sta2): it is only told.
        if (State == UpperLayerState.Sta2) State = UpperLayerState.Sta13;
        else Apply(UpperLayerEvent.AbortRequested);
        await SendAbortAsync(source, reason);
    }

    /// <summary>The caller found the peer's message to break the protocol: abort, and give the exception to throw.</summary>
    public Task<DicomNetworkException> RefuseAsync(InvalidPduException cause) => FailAsync(cause, TimeSpan.Zero);

    /// <summary>Closes. Where the table has the peer close first (Sta13) it is given the association timeout for that; after an A-ABORT
    /// just a moment.</summary>
    public async Task CloseAsync()
    {
        if (State == UpperLayerState.Sta13)
        {
            using CancellationTokenSource artim = new(hasAborted ? AbortLinger : options.AssociationTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(artim.Token,
                hasAborted ? CancellationToken.None : stopping);
            await connection.DrainAsync(halfClose: hasAborted, either.Token);
            Apply(UpperLayerEvent.TransportClosed);
        }

        State = UpperLayerState.Sta1;
        await connection.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await AbortAsync(isRequestor ? AbortSource.ServiceUser : AbortSource.ServiceProvider, AbortReason.NotSpecified);
        await CloseAsync();
        deadline.Dispose();
    }

    /// <summary>In TLS 1.3 the caller is through the handshake before the other side looks for a certificate.</summary>
    private string Guess => State == UpperLayerState.Sta5 && connection.IsTlsWithoutCertificate
        ? "; if it wants a client certificate, give one that its authorities know" : "";

    private UpperLayerAction Apply(UpperLayerEvent happened)
    {
        (UpperLayerAction action, UpperLayerState next) = UpperLayer.Next(State, happened, isRequestor)
            ?? throw new InvalidOperationException($"{happened} in state {State} of the association with {Peer}");
        State = next;
        return action;
    }

    private static bool EndsAssociation(Exception e) =>
        e is (IOException and not DicomNetworkException) or SocketException or ObjectDisposedException or InvalidPduException
            or OperationCanceledException;

    private void ThrowIfOver()
    {
        if (failure is not null) throw new DicomNetworkException(failure.Message, failure);
    }

    /// <summary>Turns what went wrong on the connection into the table's event, acts on it, and gives the exception to throw.</summary>
    private async Task<DicomNetworkException> FailAsync(Exception e, TimeSpan timeout)
    {
        switch (e)
        {
            case InvalidPduException invalid:
                Apply(UpperLayerEvent.InvalidPduReceived);
                return await BrokenAsync(invalid.Reason, invalid.Message, invalid);
            case TransferTooSlowException slow:
                failure = new DicomNetworkException($"{Peer} {slow.Message}; the association was aborted", slow);
                await AbortAsync(isRequestor ? AbortSource.ServiceUser : AbortSource.ServiceProvider, AbortReason.NotSpecified);
                return failure;
            case OperationCanceledException when !deadline.HasExpired:
                failure = new DicomNetworkException($"the association with {Peer} was stopped", e);
                await AbortAsync(isRequestor ? AbortSource.ServiceUser : AbortSource.ServiceProvider, AbortReason.NotSpecified);
                stopping.ThrowIfCancellationRequested();
                return failure;
            case OperationCanceledException when State is UpperLayerState.Sta2 or UpperLayerState.Sta13:
                return End(UpperLayerEvent.ArtimExpired, $"{Peer} sent no A-ASSOCIATE-RQ within {timeout.TotalSeconds:0.###} s", e);
            case OperationCanceledException:
                failure = new DicomNetworkException($"{Peer} was silent for {timeout.TotalSeconds:0.###} s; the association was aborted",
                    e);
                await AbortAsync(isRequestor ? AbortSource.ServiceUser : AbortSource.ServiceProvider, AbortReason.NotSpecified);
                return failure;
            default:
                return End(UpperLayerEvent.TransportClosed, $"the connection with {Peer} was lost: {TlsTransport.Explain(e)}{Guess}", e);
        }
    }

    private DicomNetworkException End(UpperLayerEvent happened, string message, Exception? cause = null)
    {
        Apply(happened);
        return failure = new DicomNetworkException(message, cause);
    }

    private DicomNetworkException Aborted(AAbort abort)
    {
        State = UpperLayerState.Sta1;
        string by = abort.Source == AbortSource.ServiceUser ? "by its application" : $"by its protocol layer, reason {abort.Reason}";
        return failure = new AssociationAbortedException(abort.Source, abort.Reason, $"{Peer} aborted the association ({by})");
    }

    private async Task<DicomNetworkException> BrokenAsync(AbortReason reason, string why, Exception? cause)
    {
        // For a stranger (Sta2, AA-1) the standard names the service user as source, which has no reason to give; the provider has.
        failure = new AssociationAbortedException(AbortSource.ServiceProvider, reason, $"{Peer} broke the protocol and was aborted: {why}",
            cause);
        await SendAbortAsync(AbortSource.ServiceProvider, reason);
        return failure;
    }
}
