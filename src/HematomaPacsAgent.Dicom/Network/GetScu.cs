namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-GET: the peer sends what it holds back over the same association, so that it need not know our address.</summary>
/// <remarks>PS3.4 §C.4.3</remarks>
public static class GetScu
{
    /// <summary>Most SOP classes that can be asked for: one context is the query's.</summary>
    public const int MaxSopClasses = ScuAssociation.MaxContexts - 1;

    private static long count;

    /// <summary>Asks over an association of its own, hands each instance to <paramref name="storage"/>, and waits until the peer is
    /// through.</summary>
    /// <param name="remote">Who has it.</param>
    /// <param name="callingAeTitle">What we call ourselves.</param>
    /// <param name="query">What to get.</param>
    /// <param name="sopClasses">Of the instances to take, 1 to 127: the peer cannot send others.</param>
    /// <param name="transferSyntaxes">To take them in, by preference; null for the native ones.</param>
    /// <param name="storage">Takes the instances, as a listener's does. Opened and closed like an association that called us.</param>
    /// <param name="progress">Told with each response.</param>
    /// <param name="options">The defaults when null. The peer may be silent for the idle timeout between two messages.</param>
    /// <param name="cancellation">Has the peer told to stop; the result then says how far it came.</param>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, refuses, or went away.</exception>
    public static async Task<RetrieveResult> GetAsync(RemoteAe remote, string callingAeTitle, DicomQuery query,
        IReadOnlyCollection<DicomUID> sopClasses, IReadOnlyList<DicomTransferSyntax>? transferSyntaxes, IStorageScp storage,
        IProgress<RetrieveProgress>? progress, AssociationOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(storage);
        if (sopClasses.Count is < 1 or > MaxSopClasses)
            throw new ArgumentException($"{sopClasses.Count} SOP classes: 1 to {MaxSopClasses} fit an association", nameof(sopClasses));
        transferSyntaxes ??= Negotiation.Native;
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle,
            [DicomQuery.Context(query.GetClass),
                .. sopClasses.Select(sopClass => new ProposedContext(sopClass, transferSyntaxes) { AsScp = true })],
            options, null, cancellation);
        CommandSet request = new(DimseCommand.CGetRq)
        {
            MessageId = association.NextMessageId(), AffectedSopClassUid = query.GetClass.Value, Priority = 0, HasDataset = true,
        };
        AssociationPeer peer = new(-Interlocked.Increment(ref count), remote.AeTitle, association.CallingAeTitle,
            association.RemoteEndPoint, association.ImplementationClassUid, association.ImplementationVersionName);
        StorageProvider provider = new(storage, peer, association.Channel, association.Logger);
        storage.AssociationOpened(peer);
        string how = "released";
        try
        {
            RetrieveResult result = await Retrieval.RunAsync(association, request, query, progress,
                message => ServeAsync(association, provider, message), cancellation);
            await association.LeaveAsync(CancellationToken.None);
            return result;
        }
        catch (Exception e)
        {
            how = e.Message;
            throw;
        }
        finally
        {
            storage.AssociationClosed(peer, how);
        }
    }

    private static async Task ServeAsync(ScuAssociation association, StorageProvider provider, DimseMessage message)
    {
        DatasetStream dataset = new(association.Channel, message.Context);
        DicomStatus status = message.Command.Command == DimseCommand.CStoreRq
            ? await provider.StoreAsync(message, dataset, CancellationToken.None)
            : DicomStatus.UnrecognizedOperation;
        if (message.Command.HasDataset) await dataset.DrainAsync();
        await association.Channel.SendAsync(message.Context, message.Command.Respond(status));
    }
}
