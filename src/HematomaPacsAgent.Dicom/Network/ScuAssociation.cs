using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A presentation context to ask for.</summary>
/// <param name="AbstractSyntax">The SOP class.</param>
/// <param name="TransferSyntaxes">At least one; the peer picks.</param>
public sealed record ProposedContext(DicomUID AbstractSyntax, IReadOnlyList<DicomTransferSyntax> TransferSyntaxes)
{
    /// <summary>Asks for reversed roles, in which it is we who provide this SOP class: for the C-STOREs of our C-GET, and to report
    /// storage commitment.</summary>
    /// <remarks>PS3.7 §D.3.3.4</remarks>
    public bool AsScp { get; init; }
}

/// <summary>
/// The requestor's side of one association: open, a message at a time, release. Cancelling an operation aborts the association, as half a
/// message cannot be taken back. Disposing without release aborts.
/// </summary>
/// <remarks>PS3.7 §9.3.1, §9.3.5; PS3.8 §7</remarks>
public sealed partial class ScuAssociation : IAsyncDisposable
{
    /// <summary>The ids 1, 3 … 255 (PS3.8 §9.3.2.2).</summary>
    public const int MaxContexts = 128;

    private readonly AssociationOptions options;
    private readonly ILogger logger;
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<byte, AcceptedContext> accepted = [];
    private readonly Dictionary<ushort, DicomUID> outstanding = [];
    private AssociationChannel? upper;
    private DimseChannel? dimse;
    private ushort lastMessageId;

    private ScuAssociation(RemoteAe remote, AssociationOptions options, ILogger logger) =>
        (Remote, this.options, this.logger) = (remote, options, logger);

    public RemoteAe Remote { get; }

    /// <summary>Whether messages can be sent.</summary>
    public bool IsOpen => upper?.IsOpen ?? false;

    /// <summary>Whether the peer confirmed the user identity that was sent with <see cref="UserCredentials.ResponseRequested"/>.</summary>
    public bool IdentityConfirmed { get; private set; }

    /// <summary>C-STORE requests that may await their responses at once: 1 unless both sides agreed on more.</summary>
    internal int Window { get; private set; } = 1;

    internal DimseChannel Channel => dimse ?? throw new InvalidOperationException("not negotiated yet");

    internal AssociationOptions Options => options;

    internal ILogger Logger => logger;

    internal IPEndPoint RemoteEndPoint { get; private set; } = new(IPAddress.None, 0);

    internal string CallingAeTitle { get; private set; } = "";

    /// <summary>Of the peer's software; empty when it did not say.</summary>
    public string ImplementationClassUid { get; private set; } = "";

    /// <summary>Of the peer's software; empty when it did not say.</summary>
    public string ImplementationVersionName { get; private set; } = "";

    /// <summary>Connects and negotiates.</summary>
    /// <param name="remote">Whom to call.</param>
    /// <param name="callingAeTitle">What we call ourselves.</param>
    /// <param name="contexts">1 to 128.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="logger">Silent when null.</param>
    /// <param name="cancellation">Gives up opening.</param>
    /// <exception cref="AssociationRejectedException">The peer refused; the message says why and what to do.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, is silent or speaks no DICOM.</exception>
    public static async Task<ScuAssociation> OpenAsync(RemoteAe remote, string callingAeTitle, IReadOnlyList<ProposedContext> contexts,
        AssociationOptions? options, ILogger? logger, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(remote);
        callingAeTitle = RemoteAe.CheckAeTitle(callingAeTitle);
        if (contexts.Count is < 1 or > MaxContexts)
            throw new ArgumentException($"{contexts.Count} presentation contexts: 1 to {MaxContexts} fit an association");
        ScuAssociation association = new(remote, options ?? new AssociationOptions(), logger ?? NullLogger.Instance);
        try
        {
            await association.ConnectAsync(cancellation);
            await association.NegotiateAsync(callingAeTitle, contexts, cancellation);
            return association;
        }
        catch
        {
            await association.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the peer takes a SOP class in any transfer syntax proposed.</summary>
    public bool Accepts(DicomUID sopClass) => accepted.Values.Any(c => c.AbstractSyntax == sopClass);

    /// <summary>Whether the peer takes instances of a SOP class in a transfer syntax.</summary>
    public bool Accepts(DicomUID sopClass, DicomTransferSyntax syntax) => Find(sopClass, syntax) is not null;

    /// <summary>The transfer syntaxes in which the peer takes a SOP class, of those proposed.</summary>
    public IEnumerable<DicomTransferSyntax> AcceptedSyntaxes(DicomUID sopClass) =>
        accepted.Values.Where(c => c.AbstractSyntax == sopClass).Select(c => c.TransferSyntax);

    /// <summary>C-ECHO.</summary>
    public async Task<DicomStatus> EchoAsync(CancellationToken cancellation)
    {
        AcceptedContext context = ContextOf(DicomUID.Verification);
        CommandSet request = new(DimseCommand.CEchoRq) { MessageId = NextMessageId(), AffectedSopClassUid = DicomUID.Verification.Value };
        return (await ExchangeAsync(context, request, null, cancellation)).Status;
    }

    /// <summary>C-STORE of a data set that is encoded already.</summary>
    /// <param name="sopClass">Of the instance.</param>
    /// <param name="sopInstance">Of the instance.</param>
    /// <param name="syntax">Of the bytes; must be accepted for the class.</param>
    /// <param name="dataset">Read from where it stands.</param>
    /// <param name="length">Bytes to send.</param>
    /// <param name="cancellation">Aborts the association.</param>
    /// <exception cref="DicomNetworkException">The association is over; whether the peer kept the instance is unknown.</exception>
    public async Task<DicomStatus> StoreAsync(DicomUID sopClass, DicomUID sopInstance, DicomTransferSyntax syntax, Stream dataset,
        long length, CancellationToken cancellation)
    {
        if (outstanding.Count > 0) throw new InvalidOperationException("stores begun before await their responses: take those first");
        await BeginStoreAsync(sopClass, sopInstance, syntax, dataset, length, cancellation);
        return (await NextStoredAsync(cancellation)).Status;
    }

    /// <summary>Sends a C-STORE without waiting for its response, which <see cref="NextStoredAsync"/> brings. The caller keeps within
    /// <see cref="Window"/>.</summary>
    /// <returns>The message id.</returns>
    internal async Task<ushort> BeginStoreAsync(DicomUID sopClass, DicomUID sopInstance, DicomTransferSyntax syntax, Stream dataset,
        long length, CancellationToken cancellation)
    {
        AcceptedContext context = Find(sopClass, syntax)
            ?? throw new DicomNetworkException($"{Remote} does not accept {sopClass.Name} in {syntax.Name}");
        CommandSet request = new(DimseCommand.CStoreRq)
        {
            MessageId = NextMessageId(),
            AffectedSopClassUid = sopClass.Value,
            AffectedSopInstanceUid = sopInstance.Value,
            Priority = 0,
            HasDataset = true,
        };
        ThrowIfOver();
        using (AbortOn(cancellation)) await Channel.SendAsync(context, request, dataset, length, cancellation);
        outstanding.Add(request.MessageId, sopInstance);
        return request.MessageId;
    }

    /// <summary>The next response to a C-STORE begun before, in whatever order the peer gives them.</summary>
    internal async Task<(ushort MessageId, DicomStatus Status)> NextStoredAsync(CancellationToken cancellation)
    {
        ThrowIfOver();
        using CancellationTokenRegistration abort = AbortOn(cancellation);
        DimseMessage response = await ReceiveAsync(options.DimseTimeout);
        ushort id = response.Command.MessageIdBeingRespondedTo;
        if (response.Command.Command != DimseCommand.CStoreRsp || !outstanding.Remove(id, out DicomUID instance))
            throw await UnexpectedAsync(response, $"C-STORE {string.Join(", ", outstanding.Keys)} awaits its response");
        if (response.Command.HasDataset) await new DatasetStream(Channel, response.Context).DrainAsync();
        Log.Sent(logger, instance.Value, Remote, response.Command.Status);
        return (id, response.Command.Status);
    }

    /// <summary>C-STORE of a file: as it is where the peer takes its syntax, else written anew in the other native one.</summary>
    /// <exception cref="IOException">The file cannot be read, or is not DICOM.</exception>
    /// <exception cref="DicomNetworkException">The association is over.</exception>
    public Task<StoreResult> StoreAsync(string path, CancellationToken cancellation) =>
        OutgoingFile.Read(path).SendAsync(this, cancellation);

    /// <summary>C-STORE of a data set in memory, written in a native syntax that the peer takes.</summary>
    /// <exception cref="DicomValueException">It has no SOP class or instance UID.</exception>
    /// <exception cref="DicomNetworkException">The association is over.</exception>
    public async Task<DicomStatus> StoreAsync(DicomDataset dataset, DicomTransferSyntax syntax, CancellationToken cancellation)
    {
        using MemoryStream bytes = new();
        new DicomWriter(bytes, syntax).Write(dataset);
        bytes.Position = 0;
        return await StoreAsync(new DicomUID(dataset.GetString(DicomTag.SOPClassUID)),
            new DicomUID(dataset.GetString(DicomTag.SOPInstanceUID)), syntax,
            bytes, bytes.Length, cancellation);
    }

    /// <summary>Ends the association in order.</summary>
    public async Task ReleaseAsync(CancellationToken cancellation)
    {
        if (!IsOpen) return;
        using CancellationTokenRegistration abort = AbortOn(cancellation);
        await upper!.ReleaseAsync();
    }

    /// <summary>Aborts unless released.</summary>
    public async ValueTask DisposeAsync()
    {
        if (upper is not null) await upper.DisposeAsync();
        stopping.Dispose();
    }

    private AcceptedContext? Find(DicomUID sopClass, DicomTransferSyntax syntax) =>
        accepted.Values.FirstOrDefault(c => c.AbstractSyntax == sopClass && c.TransferSyntax == syntax);

    private async Task ConnectAsync(CancellationToken cancellation)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(options.AssociationTimeout);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Remote.Host, Remote.Port, timeout.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellation.ThrowIfCancellationRequested();
            string why = e is SocketException ? e.Message : $"no answer within {options.AssociationTimeout.TotalSeconds:0.###} s";
            throw new DicomNetworkException($"{Remote} cannot be reached: {why}; check host, port, firewall, and that the peer runs", e);
        }

        RemoteEndPoint = (IPEndPoint)socket.RemoteEndPoint!;
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (Remote.Tls is { } tls) stream = await TlsTransport.ConnectAsync(stream, Remote, tls, timeout.Token, cancellation);
        PduConnection connection = new(socket, stream, options.MaxPduLength, awaitsResponses: true);
        upper = new AssociationChannel(connection, isRequestor: true, Remote.ToString(), options, TimeProvider.System, stopping.Token);
    }

    private async Task NegotiateAsync(string callingAeTitle, IReadOnlyList<ProposedContext> contexts, CancellationToken cancellation)
    {
        using CancellationTokenRegistration abort = AbortOn(cancellation);
        CallingAeTitle = callingAeTitle;
        PresentationContext[] proposed =
            [.. contexts.Select((context, i) =>
                new PresentationContext((byte)(2 * i + 1), context.AbstractSyntax.Value,
                    [.. context.TransferSyntaxes.Select(s => s.Uid.Value)]))];
        RoleSelection[] roles = [.. contexts.GroupBy(c => c.AbstractSyntax).Where(g => g.Any(c => c.AsScp))
            .Select(g => new RoleSelection(g.Key.Value, Scu: g.Any(c => !c.AsScp), Scp: true))];
        AAssociateRq request = new(Remote.AeTitle, callingAeTitle, proposed, options.Request(roles));
        await upper!.RequestAsync(request);
        switch (await upper.ReceiveAsync(options.AssociationTimeout))
        {
            case AAssociateRj rejection:
                throw AssociationRejectedException.From(rejection, Remote, callingAeTitle);
            case AAssociateAc answer:
                foreach (PresentationContextResult result in answer.Contexts.Where(r => r.Result == ContextResult.Acceptance))
                    if (proposed.FirstOrDefault(p => p.Id == result.Id) is { } context
                        && context.TransferSyntaxes.Contains(result.TransferSyntax))
                        accepted[result.Id] = AcceptedContext.From(context, result);
                Window = Negotiation.Window(request.User, answer.User);
                (ImplementationClassUid, ImplementationVersionName) =
                    (answer.User.ImplementationClassUid, answer.User.ImplementationVersionName);
                IdentityConfirmed = answer.User.IdentityResponse is not null;
                dimse = new DimseChannel(upper, accepted, answer.User.MaxPduLength, options);
                Log.AssociationOpened(logger, Remote, callingAeTitle, accepted.Count, proposed.Length);
                break;
        }
    }
}
