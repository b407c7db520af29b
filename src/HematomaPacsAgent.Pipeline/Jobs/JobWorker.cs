using System.Security.Cryptography;
using System.Threading.Channels;
using HematomaPacsAgent.Pipeline.Delivery;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// Claims due studies and runs <see cref="StudyAnalysis"/> on them, its lease renewed meanwhile. The one place that catches an analysis'
/// failure.
/// </summary>
public sealed class JobWorker(
    JobQueue queue, StudyAnalysis analysis, NpgsqlDataSource dataSource, IOptions<JobOptions> options, IOptions<DeliveryOptions> delivery,
    TimeProvider time, ILogger<JobWorker> logger) : BackgroundService
{
    private readonly JobOptions options = options.Value;
    private readonly string[] destinations = [.. delivery.Value.Destinations.Select(d => d.Name)];

    /// <summary>A name no other worker has, now or after a restart: host, process, and a random part.</summary>
    internal static string NewName() =>
        $"{Environment.MachineName}:{Environment.ProcessId}:{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, options.Concurrency)
            .Select(_ => Task.Run(() => LoopAsync(NewName(), stoppingToken), CancellationToken.None)));

    private async Task LoopAsync(string name, CancellationToken stopping)
    {
        await using QueueSignal signal = new(dataSource, time);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await queue.ClaimAsync(name, options.Lease, stopping) is { } job)
                    await RunAsync(job, stopping);
                else
                    await signal.WaitAsync(options.PollInterval, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) // The loop outlives a database that is away, and any fault of ours: a silent worker helps nobody.
            {
                Log.WorkerStumbled(logger, e);
                await Task.Delay(options.PollInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunAsync(Job job, CancellationToken stopping)
    {
        Log.JobClaimed(logger, job.Id, job.StudyInstanceUid, job.Attempt, job.MaxAttempts);
        using CancellationTokenSource run = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var reports = Channel.CreateBounded<StageProgress>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Task<bool> heldUntilTheEnd = HoldAsync(job, reports.Reader, run);
        (StudyOutcome? Outcome, Exception? Error) ended;
        try
        {
            StudyWork work = await queue.LoadWorkAsync(job, run.Token);
            ended = (await analysis(work, new LatestReport(reports.Writer), run.Token), null);
        }
        catch (Exception e)
        {
            ended = (null, e);
        }

        reports.Writer.Complete();
        if (!await heldUntilTheEnd)
        {
            Log.LeaseLost(logger, job.Id, job.StudyInstanceUid);
            return;
        }

        // What is known now must be written even while the agent stops: no stopping token here.
        using CancellationTokenSource closing = new(options.Lease, time);
        while (true)
        {
            try
            {
                bool held = await EndAsync(job, ended.Outcome, ended.Error, stopping.IsCancellationRequested, closing.Token);
                if (!held) Log.LeaseLost(logger, job.Id, job.StudyInstanceUid);
                return;
            }
            catch (NpgsqlException e) when (e.IsTransient)
            {
                // Minutes of analysis are not thrown away because the database restarts.
                Log.DatabaseSilent(logger, e, job.Id);
                await Task.Delay(options.PollInterval, time, closing.Token);
            }
        }
    }

    private Task<bool> EndAsync(Job job, StudyOutcome? outcome, Exception? error, bool stopping, CancellationToken cancellation)
    {
        switch (error)
        {
            case null:
                Log.JobAnalysed(logger, job.Id, job.StudyInstanceUid, outcome!.Outcome);
                NewDelivery[] deliveries =
                    [.. from destination in destinations from made in outcome.Objects select new NewDelivery(destination, made)];
                return queue.FinishAnalysisAsync(job, outcome, deliveries, cancellation);
            case PostponeJobException postpone:
                Log.JobPostponed(logger, job.Id, job.StudyInstanceUid, postpone.Delay, postpone.Message);
                return queue.PutBackAsync(job, postpone.Message, postpone.Delay, cancellation);
            case OperationCanceledException when stopping:
                Log.JobPutBack(logger, job.Id, job.StudyInstanceUid);
                return queue.PutBackAsync(job, "the agent was stopped; the next one goes on", TimeSpan.Zero, cancellation);
            default:
                JobFailure failure = JobFailure.Of(error);
                Log.JobFailed(logger, error, job.Id, job.StudyInstanceUid, job.Attempt, job.MaxAttempts, failure.Permanent);
                return queue.FailAsync(job, failure, cancellation);
        }
    }

    /// <summary>Renews the lease and writes stage reports until these are complete; cancels the run when the lease is lost.</summary>
    /// <returns>Whether the lease was held throughout.</returns>
    private async Task<bool> HoldAsync(Job job, ChannelReader<StageProgress> reports, CancellationTokenSource run)
    {
        long renewedAt = time.GetTimestamp();
        Task<bool> more = reports.WaitToReadAsync().AsTask();
        while (true)
        {
            try
            {
                await Task.WhenAny(more, Task.Delay(options.Lease / 3, time));
                if (more.IsCompleted)
                {
                    if (!await more) return true;
                    more = reports.WaitToReadAsync().AsTask();
                    if (reports.TryRead(out StageProgress? report) && !await queue.ReportStageAsync(job, report,
                        CancellationToken.None)) break;
                }

                if (time.GetElapsedTime(renewedAt) < options.Lease / 4) continue;
                long asked = time.GetTimestamp();
                if (!await queue.RenewAsync(job, options.Lease, CancellationToken.None)) break;
                renewedAt = asked;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or InvalidOperationException)
            {
                // The database may come back before the lease ends; after that another worker may hold the job.
                Log.DatabaseSilent(logger, e, job.Id);
                if (time.GetElapsedTime(renewedAt) >= options.Lease) break;
                await Task.Delay(options.Lease / 10, time);
            }
        }

        await run.CancelAsync();
        return false;
    }

    private sealed class LatestReport(ChannelWriter<StageProgress> writer) : IProgress<StageProgress>
    {
        public void Report(StageProgress value) => writer.TryWrite(value);
    }
}
