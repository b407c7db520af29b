using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Tests.Jobs;

public sealed class JobWorkerTests(PostgresCluster cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static JobOptions Fast => new()
    {
        Lease = TimeSpan.FromSeconds(1),
        PollInterval = TimeSpan.FromMilliseconds(50),
        RetryFirst = TimeSpan.FromMilliseconds(20),
        RetryLongest = TimeSpan.FromMilliseconds(50),
        MaxAttempts = 3,
    };

    [Fact]
    public async Task A_study_is_analysed_and_its_stages_are_visible_meanwhile()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3");
        TaskCompletionSource go = new();
        await using Running worker = await Running.StartAsync(database, async (work, progress, cancellation) =>
        {
            progress.Report(new("segment", 0.4));
            await go.Task.WaitAsync(cancellation);
            return Outcomes.Hematoma("a");
        }, "PACS");
        Job busy = await worker.UntilAsync(id, job => job.Stage == "segment");
        Assert.Equal(0.4, busy.Progress);
        // Longer than the lease: it is being renewed.
        await Task.Delay(1500, Cancellation);
        Assert.Equal(1, (await worker.UntilAsync(id, job => job.State == JobState.Running)).Attempt);
        go.SetResult();
        Job done = await worker.UntilAsync(id, job => job.State == JobState.Delivering);
        Assert.Equal(Outcome.Hematoma, done.Outcome);
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from delivery where destination = 'PACS'"));
    }

    [Fact]
    public async Task Failures_are_retried_and_then_given_up_with_the_reason()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3", options: Fast);
        int runs = 0;
        await using Running worker = await Running.StartAsync(database, (_, _, _) =>
        {
            Interlocked.Increment(ref runs);
            throw new IOException("the model file is away");
        });
        Job end = await worker.UntilAsync(id, job => job.State == JobState.Discarded);
        Assert.Equal("gave up after 3 attempts: the model file is away", end.Reason);
        Assert.Equal(3, runs);
    }

    [Fact]
    public async Task A_study_that_is_not_ready_is_looked_at_again()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3", options: new() { MaxAttempts = 1 });
        int runs = 0;
        await using Running worker = await Running.StartAsync(database, (_, _, _) => Interlocked.Increment(ref runs) < 3
            ? throw new PostponeJobException("slices 4 to 6 are missing", TimeSpan.FromMilliseconds(20))
            : Task.FromResult(Outcomes.NotEligible()));
        Assert.Equal(3, (await worker.UntilAsync(id, job => job.State == JobState.Completed)).Attempt);
    }

    [Fact]
    public async Task A_stopping_agent_puts_its_job_back_and_the_next_one_finishes_it()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3", options: new() { MaxAttempts = 1 });
        TaskCompletionSource begun = new();
        Running first = await Running.StartAsync(database, async (_, _, cancellation) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
            return Outcomes.NotEligible();
        });
        await begun.Task;
        await first.DisposeAsync();
        Job back = (await database.Queue().FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Retryable, "the agent was stopped; the next one goes on"), (back.State, back.Reason));
        await using Running second = await Running.StartAsync(database, (_, _, _) => Task.FromResult(Outcomes.NotEligible()));
        await second.UntilAsync(id, job => job.State == JobState.Completed);
    }

    [Fact]
    public async Task A_cancelled_job_stops_its_run()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3");
        TaskCompletionSource begun = new(), stopped = new();
        await using Running worker = await Running.StartAsync(database, async (_, _, cancellation) =>
        {
            begun.SetResult();
            cancellation.Register(stopped.SetResult);
            await Task.Delay(Timeout.Infinite, cancellation);
            return Outcomes.NotEligible();
        });
        await begun.Task;
        Assert.True((await database.Queue().CancelAsync(id, "not wanted", Cancellation)).Done);
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal("not wanted", (await worker.UntilAsync(id, job => job.State == JobState.Cancelled)).Reason);
    }

    internal sealed class Running(TestDatabase database, JobWorker worker) : IAsyncDisposable
    {
        public static async Task<Running> StartAsync(TestDatabase database, StudyAnalysis analysis, params string[] destinations)
        {
            DeliveryOptions delivery = new();
            delivery.Destinations.AddRange(destinations.Select(name => new Destination { Name = name }));
            JobWorker worker = new(database.Queue(Fast), analysis, database.Source, Options.Create(Fast), Options.Create(delivery),
                TimeProvider.System,
                NullLogger<JobWorker>.Instance);
            await worker.StartAsync(Cancellation);
            return new(database, worker);
        }

        public async Task<Job> UntilAsync(long id, Func<Job, bool> condition)
        {
            for (int n = 0; n < 400; n++)
            {
                Job job = (await database.Queue().FindAsync(id, Cancellation))!;
                if (condition(job)) return job;
                await Task.Delay(50, Cancellation);
            }

            throw new TimeoutException($"job {id} never got there: {await database.Queue().FindAsync(id, Cancellation)}");
        }

        public async ValueTask DisposeAsync()
        {
            await worker.StopAsync(CancellationToken.None);
            worker.Dispose();
        }
    }
}
