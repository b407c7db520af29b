using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.Pipeline.Tests.Jobs;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;

namespace HematomaPacsAgent.Pipeline.Tests.Delivery;

public sealed class OutboxTests(PostgresCluster cluster) : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private TestDatabase database = null!;
    private JobQueue queue = null!;
    private Outbox outbox = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(cluster);
        queue = database.Queue();
        outbox = new Outbox(database.Source);
    }

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task All_objects_of_one_job_for_one_destination_are_claimed_together_and_once()
    {
        await AnalysedAsync("1.2.3", "PACS", "RIS");
        var pacs = await ClaimAsync("PACS");
        Assert.Equal(["SEG", "SR"], pacs.Select(d => d.Kind));
        Assert.All(pacs, d => Assert.Equal(("PACS", 1, DeliveryState.Sending), (d.Destination, d.Attempt, d.State)));
        Assert.Empty(await ClaimAsync("PACS"));
        Assert.Equal(2, (await ClaimAsync("RIS")).Count);
    }

    [Fact]
    public async Task Two_agents_never_hold_the_same_row()
    {
        for (int n = 0; n < 20; n++) await AnalysedAsync($"1.2.{n}", "PACS");
        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(agent => Task.Run(async () =>
        {
            List<long> mine = [];
            while (await ClaimAsync("PACS", $"agent{agent}") is { Count: > 0 } rows) mine.AddRange(rows.Select(row => row.Id));
            return mine;
        })));
        Assert.Equal(40, claims.Sum(mine => mine.Count));
        Assert.Equal(40, claims.SelectMany(mine => mine).Distinct().Count());
    }

    [Fact]
    public async Task A_job_completes_with_its_own_reason_once_everything_is_sent()
    {
        long id = await AnalysedAsync("1.2.3", "PACS", "RIS");
        var pacs = await ClaimAsync("PACS");
        await outbox.RecordAsync([Pending(pacs[0], "connection refused"), Sent(pacs[1])], "waiting for PACS: connection refused",
            Cancellation);
        Job waiting = (await queue.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Delivering, "waiting for PACS: connection refused"), (waiting.State, waiting.Reason));

        // Two agents end the last rows at the same moment: one of them must see that nothing is open any more.
        var again = Assert.Single(await ClaimAsync("PACS", "agent2"));
        Assert.Equal(2, again.Attempt);
        var ris = await ClaimAsync("RIS");
        await Task.WhenAll(outbox.RecordAsync([Sent(again)], null, Cancellation), outbox.RecordAsync([.. ris.Select(Sent)], null,
            Cancellation));
        Job done = (await queue.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Completed, "hematoma of 12 ml", Outcome.Hematoma), (done.State, done.Reason, done.Outcome));
    }

    [Fact]
    public async Task An_agent_that_lost_its_lease_cannot_write_over_its_successor()
    {
        await AnalysedAsync("1.2.3", "PACS");
        var lost = await ClaimAsync("PACS", "dead");
        await database.ExecuteAsync("update delivery set lease_expires_at = now() - interval '1 second'");
        var taken = await ClaimAsync("PACS", "alive");
        Assert.Equal(2, taken.Count);
        Assert.Equal(0, await outbox.RenewAsync(lost, Minute, Cancellation));
        await outbox.RecordAsync([.. lost.Select(row => Failed(row, "late"))], null, Cancellation);
        Assert.Equal(2, await outbox.RenewAsync(taken, Minute, Cancellation));
    }

    [Fact]
    public async Task What_failed_for_good_is_said_and_can_be_retried_with_the_same_instances()
    {
        long id = await AnalysedAsync("1.2.3", "PACS");
        var rows = await ClaimAsync("PACS");
        await outbox.RecordAsync([Sent(rows[0]), Failed(rows[1], "calling AE title not recognized")], null, Cancellation);
        Job end = (await queue.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Discarded, Outcome.Hematoma, "analysed, but not delivered: PACS: calling AE title not recognized"),
            (end.State, end.Outcome, end.Reason));

        Assert.True((await queue.RetryAsync(id, Cancellation)).Done);
        var again = Assert.Single(await ClaimAsync("PACS"));
        Assert.Equal((rows[1].Id, rows[1].SopInstanceUid, 1), (again.Id, again.SopInstanceUid, again.Attempt));
        await outbox.RecordAsync([Sent(again)], null, Cancellation);
        Assert.Equal((JobState.Completed, "hematoma of 12 ml"), ((await queue.FindAsync(id, Cancellation))!.State,
            (await queue.FindAsync(id, Cancellation))!.Reason));
    }

    [Fact]
    public async Task Cancelling_stops_what_waits()
    {
        long id = await AnalysedAsync("1.2.3", "PACS");
        Assert.True((await queue.CancelAsync(id, "test patient", Cancellation)).Done);
        Assert.Empty(await ClaimAsync("PACS"));
        await using AgentDb db = database.Open();
        Assert.Equal(2, await db.Deliveries.CountAsync(d => d.State == DeliveryState.Cancelled, Cancellation));
        Assert.True((await queue.RetryAsync(id, Cancellation)).Done);
        Assert.Equal(2, (await ClaimAsync("PACS")).Count);
    }

    [Fact]
    public async Task What_was_on_the_wire_when_its_job_was_cancelled_is_not_tried_again()
    {
        long id = await AnalysedAsync("1.2.3", "PACS");
        var rows = await ClaimAsync("PACS");
        Assert.True((await queue.CancelAsync(id, "test patient", Cancellation)).Done);
        await outbox.RecordAsync([.. rows.Select(row => Pending(row, "connection refused"))], "waiting", Cancellation);
        Assert.Empty(await ClaimAsync("PACS"));
        Job cancelled = (await queue.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Cancelled, "test patient"), (cancelled.State, cancelled.Reason));
    }

    [Fact]
    public async Task A_later_job_with_the_same_objects_sends_what_failed_and_not_what_arrived()
    {
        long first = await AnalysedAsync("1.2.3", "PACS");
        var rows = await ClaimAsync("PACS");
        await outbox.RecordAsync([Sent(rows[0]), Failed(rows[1], "not authorised")], null, Cancellation);
        Assert.True((await queue.RerunAsync(first, Cancellation)).Done);
        long second = await AnalysedAsync("1.2.3", "PACS");
        Assert.NotEqual(first, second);
        var again = Assert.Single(await ClaimAsync("PACS"));
        Assert.Equal((second, rows[1].SopInstanceUid, 1), (again.JobId, again.SopInstanceUid, again.Attempt));
        await outbox.RecordAsync([Sent(again)], null, Cancellation);
        Assert.Equal(JobState.Completed, (await queue.FindAsync(second, Cancellation))!.State);
    }

    [Fact]
    public async Task Rows_of_a_destination_that_nobody_knows_are_found()
    {
        await AnalysedAsync("1.2.3", "GONE");
        Assert.Empty(await ClaimAsync("PACS"));
        Assert.Equal(2, (await outbox.ClaimAsync(null, ["PACS"], "agent", Minute, Cancellation)).Count);
    }

    private static DeliveryResult Sent(OutgoingInstance row) => new(row, DeliveryState.Sent, false, 0, null, TimeSpan.Zero);

    private static DeliveryResult Pending(OutgoingInstance row, string error) => new(row, DeliveryState.Pending, false, null, error,
        TimeSpan.Zero);

    private static DeliveryResult Failed(OutgoingInstance row, string error) => new(row, DeliveryState.Failed, true, null, error,
        TimeSpan.Zero);

    private Task<IReadOnlyList<OutgoingInstance>> ClaimAsync(string destination, string worker = "agent") =>
        outbox.ClaimAsync(destination, [destination], worker, Minute, Cancellation);

    private async Task<long> AnalysedAsync(string study, params string[] destinations)
    {
        await database.ScheduleAsync(study);
        Job job = (await queue.ClaimAsync("w", Minute, Cancellation))!;
        string digest = study.Replace('.', '0');
        var deliveries = destinations.SelectMany(destination => Outcomes.To(destination, digest));
        Assert.True(await queue.FinishAnalysisAsync(job, Outcomes.Hematoma(digest), [.. deliveries], Cancellation));
        return job.Id;
    }
}
