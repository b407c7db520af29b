using System.Collections.Concurrent;
using HematomaPacsAgent.Dicom.Objects;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Storage commitment as a listener gives it: what is kept, and where requestors take reports.</summary>
/// <param name="check">Whether one instance is kept as safely as a requestor may expect that deletes its own copy afterwards: success, or
/// the reason why not (0x0110, 0x0112, 0x0119, 0x0122, 0x0213).</param>
/// <param name="addressOf">Where the AE of a title listens, so that it gets its report over an association of ours; null where that is not
/// known, then the report goes over the association of the request, for as long as the requestor keeps that open.</param>
/// <remarks>PS3.4 annex J</remarks>
public sealed class StorageCommitmentService(Func<InstanceReference, CancellationToken, ValueTask<DicomStatus>> check,
    Func<string, RemoteAe?> addressOf)
{
    private readonly ConcurrentDictionary<string, bool> inUse = new();

    internal RemoteAe? AddressOf(string aeTitle) => addressOf(aeTitle);

    /// <summary>Looks at every instance of a request. A transaction UID that is being worked on fails as a whole.</summary>
    internal async Task<CommitmentResult> CheckAsync(DicomUID transaction, IReadOnlyList<InstanceReference> instances, ILogger logger,
        CancellationToken cancellation)
    {
        if (!inUse.TryAdd(transaction.Value, true))
            return new CommitmentResult(transaction, [],
                [.. instances.Select(instance => new CommitmentFailure(instance, DicomStatus.DuplicateTransactionUid))]);
        try
        {
            List<InstanceReference> committed = [];
            List<CommitmentFailure> failed = [];
            foreach (InstanceReference instance in instances)
            {
                DicomStatus status = await CheckAsync(instance, logger, cancellation);
                if (status.IsSuccess) committed.Add(instance);
                else failed.Add(new CommitmentFailure(instance, status));
            }

            return new CommitmentResult(transaction, committed, failed);
        }
        finally
        {
            inUse.TryRemove(transaction.Value, out _);
        }
    }

    private async Task<DicomStatus> CheckAsync(InstanceReference instance, ILogger logger, CancellationToken cancellation)
    {
        try
        {
            return await check(instance, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            Log.CommitmentCheckFailed(logger, e, instance.SopInstanceUid.Value);
            return DicomStatus.ProcessingFailure;
        }
    }
}
