using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-STORE as it is served over one association, whoever opened that.</summary>
/// <remarks>PS3.4 annex B, PS3.7 §9.3.1</remarks>
/// <param name="storage">Takes the instances.</param>
/// <param name="peer">Who sends.</param>
/// <param name="channel">Where the messages come from.</param>
/// <param name="logger">For refusals and failures.</param>
internal sealed class StorageProvider(IStorageScp storage, AssociationPeer peer, DimseChannel channel, ILogger logger)
{
    /// <summary>Instances kept so far.</summary>
    public int Stored { get; private set; }

    /// <summary>Has one instance stored; what is left of its data set is for the caller to read away.</summary>
    public async Task<DicomStatus> StoreAsync(DimseMessage message, DatasetStream dataset, CancellationToken stopping)
    {
        CommandSet command = message.Command;
        // Room for whole PDUs only once there is an instance: an association that stays idle costs a few kilobytes.
        channel.Upper.UseLargeBuffer();
        DicomStatus status = Refusal(message) ?? await StoreAsync(new CStoreRequest
        {
            Association = peer,
            MessageId = command.MessageId,
            SopClassUid = new DicomUID(command.AffectedSopClassUid),
            SopInstanceUid = new DicomUID(command.AffectedSopInstanceUid),
            TransferSyntax = message.Context.TransferSyntax,
            Dataset = dataset,
        }, stopping);
        if (status.IsKept) Stored++;
        else Log.StoreRefused(logger, peer.Number, command.AffectedSopInstanceUid, status);
        return status;
    }

    private static DicomStatus? Refusal(DimseMessage message) => message.Command switch
    {
        { HasDataset: false } => DicomStatus.CannotUnderstand,
        { AffectedSopClassUid: var sopClass } when sopClass != message.Context.AbstractSyntax.Value => DicomStatus.SopClassNotSupported,
        { AffectedSopInstanceUid: var instance } when instance.Length is 0 or > 64
            || !instance.All(c => char.IsAsciiDigit(c) || c == '.') || !instance.Any(char.IsAsciiDigit) =>
            DicomStatus.InvalidSopInstance,
        _ => null,
    };

    private async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken stopping)
    {
        try
        {
            return await storage.StoreAsync(request, stopping);
        }
        catch (Exception e) when (channel.Upper.IsOpen && !(e is OperationCanceledException && stopping.IsCancellationRequested))
        {
            Log.StoreFailed(logger, e, peer.Number, request.SopInstanceUid.Value);
            return DicomStatus.ProcessingFailure;
        }
    }
}
