using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>N-EVENT-REPORTs of storage commitment as they come in, over whichever association.</summary>
/// <remarks>PS3.4 §J.3.3</remarks>
internal static class StorageCommitmentReports
{
    /// <summary>Reads a report with its data set, hands it on, and gives the status to answer with.</summary>
    /// <param name="message">An N-EVENT-REPORT-RQ.</param>
    /// <param name="channel">Where it comes from.</param>
    /// <param name="logger">For what it says.</param>
    /// <param name="peer">Who sends it.</param>
    /// <param name="deliver">False when the transaction is not known.</param>
    public static async Task<DicomStatus> ReadAsync(DimseMessage message, DimseChannel channel, ILogger logger, string peer,
        Func<CommitmentResult, bool> deliver)
    {
        CommandSet command = message.Command;
        DicomDataset? dataset = null;
        try
        {
            if (command.HasDataset) dataset = await MessageDataset.ReadAsync(channel, message.Context, $"report of {peer}");
            if (command.AffectedSopClassUid != StorageCommitment.SopClass.Value) return DicomStatus.NoSuchSopClass;
            if (command.EventTypeId is not (StorageCommitment.AllCommitted or StorageCommitment.FailuresExist))
                return DicomStatus.NoSuchEventType;
            CommitmentResult result = StorageCommitment.ReadResult(dataset ?? throw new DicomValueException("a report without data set"));
            bool isKnown = deliver(result);
            Log.CommitmentReceived(logger, result.TransactionUid.Value, peer, result.Committed.Count, result.Failed.Count,
                isKnown ? "" : "; its transaction is not known here");
            return isKnown ? DicomStatus.Success : DicomStatus.InvalidArgumentValue;
        }
        catch (Exception e) when (e is DicomFormatException or DicomValueException)
        {
            Log.CommitmentUnreadable(logger, peer, e.Message);
            return DicomStatus.InvalidArgumentValue;
        }
    }
}
