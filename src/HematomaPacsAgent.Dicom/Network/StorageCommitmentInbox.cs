using System.Collections.Concurrent;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Where a listener puts the storage commitment reports that peers bring over associations of their own, and where requestors
/// wait for them. A listener that has one accepts the SOP class from peers that ask for the SCP role.</summary>
/// <param name="others">Takes a report that nobody here waits for, as of a request from before a restart: true when its transaction is
/// known. It must not block. Null knows none.</param>
/// <remarks>PS3.4 §J.3.3; PS3.7 §D.3.3.4</remarks>
public sealed class StorageCommitmentInbox(Func<CommitmentResult, bool>? others = null)
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<CommitmentResult>> awaited = new();

    /// <summary>Completes when the report of a transaction comes; <see cref="Forget"/> it when no longer waiting.</summary>
    internal Task<CommitmentResult> ExpectAsync(DicomUID transaction) => awaited.GetOrAdd(transaction.Value, _ =>
        new TaskCompletionSource<CommitmentResult>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    internal void Forget(DicomUID transaction) => awaited.TryRemove(transaction.Value, out _);

    /// <summary>Hands a report to who waits for it; false when its transaction is not known.</summary>
    internal bool Deliver(CommitmentResult result) =>
        awaited.TryRemove(result.TransactionUid.Value, out TaskCompletionSource<CommitmentResult>? waiting)
            ? waiting.TrySetResult(result)
            : others?.Invoke(result) ?? false;
}
