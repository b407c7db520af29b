using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Delivery;

/// <summary>
/// Empties the outbox: one loop per destination, so that one that is away delays no other; one association per job. A retry sends the same
/// files, the same UIDs.
/// </summary>
public sealed class DeliveryWorker(
    Outbox outbox, Spool spool, NpgsqlDataSource dataSource, IOptions<DeliveryOptions> options, TimeProvider time,
    ILogger<DeliveryWorker> logger)
    : BackgroundService
{
    private readonly DeliveryOptions options = options.Value;
    private readonly DeliveryVerdict verdict = new(options.Value);
    private readonly string[] known = [.. options.Value.Destinations.Select(d => d.Name)];

    /// <summary>What one try brought, before it is decided what that means.</summary>
    private sealed record Tried(OutgoingInstance Delivery, Answer Answer, int? Status, string? Words);

    // The loop without a destination looks after rows whose destination was taken out of the configuration.
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        options.Destinations.Append(null).Select(destination => Task.Run(() => LoopAsync(destination, stoppingToken),
            CancellationToken.None)));

    private async Task LoopAsync(Destination? destination, CancellationToken stopping)
    {
        string name = JobWorker.NewName();
        await using QueueSignal signal = new(dataSource, time);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var claimed = await outbox.ClaimAsync(destination?.Name, known, name, options.Lease, stopping);
                if (claimed.Count > 0) await DeliverAsync(destination, claimed, stopping);
                else await signal.WaitAsync(options.PollInterval, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // As in JobWorker: the loop outlives whatever happens to one delivery.
            {
                Log.DeliveryStumbled(logger, e);
                await Task.Delay(options.PollInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task DeliverAsync(Destination? destination, IReadOnlyList<OutgoingInstance> claimed, CancellationToken stopping)
    {
        using CancellationTokenSource sent = new();
        Task renewing = RenewAsync(claimed, sent.Token);
        IReadOnlyList<Tried> tried = destination is null
            ? [.. claimed.Select(row => new Tried(row, Answer.Away, null, $"no destination '{row.Destination}' is configured: add it " +
                "again, or cancel the job"))]
            : await SendAsync(destination, claimed, stopping);
        await sent.CancelAsync();
        await renewing;

        DateTimeOffset now = time.GetUtcNow();
        double spread = Random.Shared.NextDouble();
        DeliveryResult[] results = [.. tried.Select(t => verdict.Decide(t.Delivery, t.Answer, t.Status, t.Words, now, spread))];
        foreach (DeliveryResult result in results) Tell(result);
        using CancellationTokenSource closing = new(options.Lease, time);
        await outbox.RecordAsync(results, DeliveryVerdict.WaitingReason(results, now), closing.Token);
    }

    private async Task<IReadOnlyList<Tried>> SendAsync(
        Destination destination, IReadOnlyList<OutgoingInstance> claimed, CancellationToken stopping)
    {
        RemoteAe remote = destination.Remote;
        string[] files = [.. claimed.Select(row => spool.FullPath(row.Path))];
        try
        {
            var results = await StoreScu.SendAsync(remote, destination.CallingAeTitle, files, null, null, stopping);
            return [.. claimed.Zip(results, Understand)];
        }
        catch (AssociationRejectedException e)
        {
            return All(e.IsPermanent ? Answer.Refused : Answer.Away, e.Message);
        }
        catch (DicomNetworkException e)
        {
            return All(Answer.Away, e.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return All(Answer.Away, "the agent was stopped; the next one goes on");
        }

        Tried[] All(Answer answer, string words) => [.. claimed.Select(row => new Tried(row, answer, null, words))];
    }

    private static Tried Understand(OutgoingInstance row, StoreResult result)
    {
        if (result.SopInstance is null)
            return new(row, Answer.Hopeless, null, $"the result file cannot be read ({result.Reason}): rerun the job");
        if (result.Status is not { } status) return new(row, Answer.Away, null, result.Reason);
        Answer answer = DeliveryVerdict.Of(status.Code);
        string remedy = answer == Answer.Away ? "it is short of room or busy; its administrator can tell"
            : status == DicomStatus.SopClassNotSupported ? "let its administrator allow this SOP class for our AE title"
            : status == DicomStatus.NotAuthorized ? "let its administrator authorise our AE title"
            : "its log says what it dislikes";
        return new(row, answer, status.Code, answer != Answer.Kept ? $"{result.Reason}: {remedy}" : status.IsSuccess ? null
            : status.ToString());
    }

    private async Task RenewAsync(IReadOnlyList<OutgoingInstance> claimed, CancellationToken sent)
    {
        while (!sent.IsCancellationRequested)
        {
            await Task.Delay(options.Lease / 3, time, sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (sent.IsCancellationRequested) return;
            try
            {
                await outbox.RenewAsync(claimed, options.Lease, CancellationToken.None);
            }
            catch (NpgsqlException e)
            {
                // At worst another agent sends the same instances again, which a PACS takes as the same.
                Log.DeliveryStumbled(logger, e);
            }
        }
    }

    private void Tell(DeliveryResult result)
    {
        OutgoingInstance row = result.Delivery;
        switch (result.State)
        {
            case DeliveryState.Sent:
                Log.Delivered(logger, row.JobId, row.Kind, row.SopInstanceUid, row.Destination);
                break;
            case DeliveryState.Failed:
                Log.DeliveryFailed(logger, row.JobId, row.Kind, row.SopInstanceUid, row.Destination, result.Error);
                break;
            default:
                Log.DeliveryWaits(logger, row.JobId, row.Kind, row.SopInstanceUid, row.Destination, row.Attempt, result.Delay,
                    result.Error);
                break;
        }
    }
}
