using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Jobs;

public sealed class DatabaseOutageTests
{
    [Fact]
    public async Task A_worker_outlives_a_restart_of_the_database_while_idle_and_while_working()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        // A server of its own: the others' tests go on meanwhile.
        await using PostgresCluster own = new();
        await using TestDatabase database = await TestDatabase.CreateAsync(own);
        TaskCompletionSource begun = new(), go = new();
        await using JobWorkerTests.Running worker = await JobWorkerTests.Running.StartAsync(database, async (work, _, stop) =>
        {
            if (work.StudyInstanceUid != "1.2.4") return Outcomes.NotEligible();
            begun.SetResult();
            await go.Task.WaitAsync(stop);
            return Outcomes.NotEligible();
        });

        await Task.Delay(300, cancellation);
        await own.StopServerAsync(cancellation);
        await Task.Delay(700, cancellation);
        await own.StartServerAsync(cancellation);
        long idle = await database.ScheduleAsync("1.2.3");
        await worker.UntilAsync(idle, job => job.State == JobState.Completed);

        long busy = await database.ScheduleAsync("1.2.4");
        await begun.Task.WaitAsync(cancellation);
        await own.StopServerAsync(cancellation);
        go.SetResult();
        await Task.Delay(300, cancellation);
        await own.StartServerAsync(cancellation);
        Assert.Equal(1, (await worker.UntilAsync(busy, job => job.State == JobState.Completed)).Attempt);
    }
}
