using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;

namespace HematomaPacsAgent.Pipeline.Tests.Jobs;

public sealed class JobQueueTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private TestDatabase database = null!;
    private JobQueue queue = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(cluster);
        queue = database.Queue();
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_study_is_due_only_when_it_is_quiet()
    {
        await database.ScheduleAsync("1.2.3", TimeSpan.FromHours(1));
        Assert.Null(await ClaimAsync());
    }

    [Fact]
    public async Task Each_arrival_pushes_the_same_waiting_job()
    {
        long first = await database.ScheduleAsync("1.2.3");
        long second = await database.ScheduleAsync("1.2.3", TimeSpan.FromHours(1));
        Assert.Equal(first, second);
        Assert.Null(await ClaimAsync());
    }

    [Fact]
    public async Task The_attempt_is_counted_at_the_claim()
    {
        await database.ScheduleAsync("1.2.3");
        Job job = (await ClaimAsync())!;
        Assert.Equal((JobState.Running, 1, "w1"), (job.State, job.Attempt, job.AttemptedBy));
        Assert.Null(await ClaimAsync());
    }

    [Fact]
    public async Task An_arrival_after_the_claim_makes_a_job_that_supersedes_and_waits_its_turn()
    {
        long first = await database.ScheduleAsync("1.2.3");
        Job running = (await ClaimAsync())!;
        long second = await database.ScheduleAsync("1.2.3");
        Assert.NotEqual(first, second);
        Assert.Null(await ClaimAsync());
        Assert.True(await queue.FinishAnalysisAsync(running, Outcomes.Hematoma("a"), [], Cancellation));
        Job next = (await ClaimAsync())!;
        Assert.Equal((second, first), (next.Id, next.SupersedesJobId));
        StudyWork work = await queue.LoadWorkAsync(next, Cancellation);
        Assert.Equal(first, work.Supersedes);
        Assert.Equal(["SEG", "SR"], work.PredecessorObjects.Select(o => o.Kind));
    }

    [Fact]
    public async Task A_silent_worker_loses_its_job_to_another_and_cannot_overwrite_it()
    {
        await database.ScheduleAsync("1.2.3");
        Job lost = (await ClaimAsync("dead"))!;
        await ExpireLeasesAsync();
        Job taken = (await ClaimAsync("alive"))!;
        Assert.Equal((lost.Id, 2, "alive"), (taken.Id, taken.Attempt, taken.AttemptedBy));
        Assert.Contains("the agent fell silent", taken.Errors, StringComparison.Ordinal);

        Assert.False(await queue.RenewAsync(lost, Minute, Cancellation));
        Assert.False(await queue.ReportStageAsync(lost, new("segment", 0.5), Cancellation));
        Assert.False(await queue.FailAsync(lost, new(true, "late"), Cancellation));
        Assert.False(await queue.PutBackAsync(lost, "late", Minute, Cancellation));
        Assert.False(await queue.FinishAnalysisAsync(lost, Outcomes.Hematoma("late"), Outcomes.To("PACS", "late"), Cancellation));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from delivery"));
        Assert.True(await queue.RenewAsync(taken, Minute, Cancellation));
    }

    [Fact]
    public async Task A_study_that_kills_its_agent_is_discarded_with_the_reason()
    {
        await database.ScheduleAsync("1.2.3", options: new() { MaxAttempts = 3 });
        for (int attempt = 1; attempt <= 3; attempt++)
        {
            Job job = (await ClaimAsync())!;
            Assert.Equal(attempt, job.Attempt);
            await queue.ReportStageAsync(job, new("segment", 0.3), Cancellation);
            await ExpireLeasesAsync();
        }

        Assert.Null(await ClaimAsync());
        Job end = await OnlyJobAsync();
        Assert.Equal((JobState.Discarded, Outcome.Failed), (end.State, end.Outcome));
        Assert.Contains("the agent died 3 times while working on it, last in stage segment", end.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_permanent_failure_discards_with_its_reason_and_a_transient_one_waits()
    {
        await database.ScheduleAsync("1.2.3");
        Job job = (await ClaimAsync())!;
        Assert.True(await queue.FailAsync(job, JobFailure.Of(new IOException("disk away")), Cancellation));
        Job waiting = await OnlyJobAsync();
        Assert.Equal((JobState.Retryable, "attempt 1 of 5 failed: disk away"), (waiting.State, waiting.Reason));
        Assert.True(waiting.ScheduledAt > waiting.AttemptedAt!.Value.AddSeconds(5));
        Assert.Null(await ClaimAsync());

        await database.ExecuteAsync("update job set scheduled_at = now()");
        job = (await ClaimAsync())!;
        Assert.True(await queue.FailAsync(job, JobFailure.Of(new PermanentJobException("two patients in one study")), Cancellation));
        Job end = await OnlyJobAsync();
        Assert.Equal((JobState.Discarded, Outcome.Failed, "two patients in one study"), (end.State, end.Outcome, end.Reason));
        Assert.Contains("disk away", end.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Transient_failures_end_at_the_last_attempt()
    {
        await database.ScheduleAsync("1.2.3", options: new() { MaxAttempts = 1 });
        await queue.FailAsync((await ClaimAsync())!, new(false, "no memory"), Cancellation);
        Job end = await OnlyJobAsync();
        Assert.Equal((JobState.Discarded, "gave up after 1 attempts: no memory"), (end.State, end.Reason));
    }

    [Fact]
    public async Task Putting_a_job_back_spends_no_attempt()
    {
        await database.ScheduleAsync("1.2.3", options: new() { MaxAttempts = 2 });
        for (int i = 0; i < 5; i++)
            Assert.True(await queue.PutBackAsync((await ClaimAsync())!, "the agent was stopped", TimeSpan.Zero, Cancellation));
        Assert.Equal(JobState.Retryable, (await OnlyJobAsync()).State);
    }

    [Fact]
    public async Task A_finished_analysis_queues_each_object_once_per_destination()
    {
        await database.ScheduleAsync("1.2.3");
        Job job = (await ClaimAsync())!;
        Assert.True(await queue.FinishAnalysisAsync(job, Outcomes.Hematoma("a"), [.. Outcomes.To("PACS", "a"), .. Outcomes.To("RIS", "a"),
            .. Outcomes.To("PACS", "a")], Cancellation));
        Job delivering = await OnlyJobAsync();
        Assert.Equal((JobState.Delivering, Outcome.Hematoma, "hematoma of 12 ml"), (delivering.State, delivering.Outcome,
            delivering.Reason));
        Assert.Contains("\"hematoma\"", delivering.Findings, StringComparison.Ordinal);
        await using AgentDb db = database.Open();
        Assert.Equal(4, await db.Deliveries.CountAsync(d => d.JobId == job.Id && d.State == DeliveryState.Pending, Cancellation));
    }

    [Fact]
    public async Task Nothing_to_deliver_completes_at_once()
    {
        await database.ScheduleAsync("1.2.3");
        await queue.FinishAnalysisAsync((await ClaimAsync())!, Outcomes.NotEligible(), [], Cancellation);
        Job job = await OnlyJobAsync();
        Assert.Equal((JobState.Completed, Outcome.NotEligible, "no head CT in this study"), (job.State, job.Outcome, job.Reason));
    }

    [Fact]
    public async Task The_same_input_is_found_and_another_is_not()
    {
        await database.ScheduleAsync("1.2.3");
        Assert.Null(await queue.FindCompletedAsync("1.2.3", "a", Cancellation));
        await queue.FinishAnalysisAsync((await ClaimAsync())!, Outcomes.Hematoma("a"), [], Cancellation);
        Job found = (await queue.FindCompletedAsync("1.2.3", "a", Cancellation))!;
        Assert.Equal(["SEG", "SR"], JobQueue.ParseObjects(found.Objects).Select(o => o.Kind));
        Assert.Null(await queue.FindCompletedAsync("1.2.3", "b", Cancellation));
        Assert.Null(await queue.FindCompletedAsync("1.2.4", "a", Cancellation));
    }

    [Fact]
    public async Task A_person_can_cancel_retry_and_rerun_and_is_told_when_not()
    {
        long id = await database.ScheduleAsync("1.2.3");
        Job running = (await ClaimAsync())!;
        Assert.True((await queue.CancelAsync(id, "wrong patient, says Dr. X", Cancellation)).Done);
        Assert.False(await queue.RenewAsync(running, Minute, Cancellation));
        Assert.Equal($"job {id} is cancelled already", (await queue.CancelAsync(id, "again", Cancellation)).Message);
        Assert.Equal("there is no job 99", (await queue.CancelAsync(99, "x", Cancellation)).Message);

        Assert.True((await queue.RetryAsync(id, Cancellation)).Done);
        Job again = (await ClaimAsync())!;
        Assert.Equal((id, 2), (again.Id, again.Attempt));
        Assert.False(await queue.FinishAnalysisAsync(running, Outcomes.Hematoma("zombie"), [], Cancellation));
        Assert.False((await queue.RetryAsync(id, Cancellation)).Done);
        Assert.True(await queue.FinishAnalysisAsync(again, Outcomes.Hematoma("a"), [], Cancellation));
        Assert.Contains("rerun", (await queue.RetryAsync(id, Cancellation)).Message, StringComparison.Ordinal);

        Assert.True((await queue.RerunAsync(id, Cancellation)).Done);
        Job rerun = (await ClaimAsync())!;
        Assert.Equal(id, rerun.SupersedesJobId);
        Assert.Equal([rerun.Id, id], (await queue.ListAsync(null, 10, Cancellation)).Select(j => j.Id));
        Assert.Single(await queue.ListAsync(JobState.Running, 10, Cancellation));
    }

    [Fact]
    public async Task A_retry_beside_another_running_job_of_the_study_is_refused_in_words()
    {
        long id = await database.ScheduleAsync("1.2.3");
        await queue.FailAsync((await ClaimAsync())!, new(true, "bad"), Cancellation);
        await database.ScheduleAsync("1.2.3");
        Assert.NotNull(await ClaimAsync());
        JobChange refused = await queue.RetryAsync(id, Cancellation);
        Assert.False(refused.Done);
        Assert.Contains("another job", refused.Message, StringComparison.Ordinal);
    }

    private Task<Job?> ClaimAsync(string worker = "w1") => queue.ClaimAsync(worker, Minute, Cancellation);

    private Task<int> ExpireLeasesAsync() => database.ExecuteAsync("update job set lease_expires_at = now() - interval '1 second' " +
        "where state = 'running'");

    private async Task<Job> OnlyJobAsync() => Assert.Single(await queue.ListAsync(null, 10, Cancellation));
}

internal static class Outcomes
{
    public static StudyOutcome Hematoma(string digest) =>
        new(Outcome.Hematoma, "hematoma of 12 ml", """{"outcome": "hematoma"}""", digest, Objects(digest));

    public static StudyOutcome NotEligible() => new(Outcome.NotEligible, "no head CT in this study", """{"outcome": "not-eligible"}""", "none", []);

    public static NewDelivery[] To(string destination, string digest) =>
        [.. Objects(digest).Select(made => new NewDelivery(destination, made))];

    private static ResultObject[] Objects(string digest) =>
        [new("SEG", "1.2.840.10008.5.1.4.1.1.66.4", $"2.25.1{Number(digest)}", $"results/{digest}/seg.dcm"),
         new("SR", "1.2.840.10008.5.1.4.1.1.88.34", $"2.25.2{Number(digest)}", $"results/{digest}/sr.dcm")];

    private static string Number(string digest) => string.Concat(digest.Select(c => (int)c));
}
