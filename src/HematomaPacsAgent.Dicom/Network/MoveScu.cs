namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-MOVE: has the peer send what it holds to an AE that it knows, which may be our own listener.</summary>
/// <remarks>PS3.4 §C.4.2</remarks>
public static class MoveScu
{
    /// <summary>Asks over an association of its own, and waits until the peer is through.</summary>
    /// <param name="remote">Who has it.</param>
    /// <param name="callingAeTitle">What we call ourselves.</param>
    /// <param name="query">What to move.</param>
    /// <param name="destinationAeTitle">Where to; the peer must know its address.</param>
    /// <param name="progress">Told with each response.</param>
    /// <param name="options">The defaults when null. The peer may be silent for the idle timeout between two responses.</param>
    /// <param name="cancellation">Has the peer told to stop; the result then says how far it came.</param>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, refuses, or went away.</exception>
    public static async Task<RetrieveResult> MoveAsync(RemoteAe remote, string callingAeTitle, DicomQuery query, string destinationAeTitle,
        IProgress<RetrieveProgress>? progress, AssociationOptions? options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle,
            [DicomQuery.Context(query.MoveClass)], options, null, cancellation);
        CommandSet request = new(DimseCommand.CMoveRq)
        {
            MessageId = association.NextMessageId(),
            AffectedSopClassUid = query.MoveClass.Value,
            Priority = 0,
            MoveDestination = RemoteAe.CheckAeTitle(destinationAeTitle),
            HasDataset = true,
        };
        RetrieveResult result = await Retrieval.RunAsync(association, request, query, progress, null, cancellation);
        await association.LeaveAsync(CancellationToken.None);
        return result;
    }
}
