using System.Collections.Concurrent;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Tests.Jobs;

public sealed class ConcurrentQueueTests(PostgresCluster cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_study_runs_twice_at_once_and_no_arrival_is_lost()
    {
        const int Studies = 8, Arrivals = 150, Arrivers = 4, Workers = 5;
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        JobQueue queue = database.Queue();
        ConcurrentDictionary<string, int> running = new();
        ConcurrentDictionary<string, long> seen = new();
        int overlaps = 0, lost = 0;
        using CancellationTokenSource arrived = new();

        Task arriving = Task.WhenAll(Enumerable.Range(0, Arrivers).Select(arriver => Task.Run(async () =>
        {
            for (int n = 0; n < Arrivals; n++)
            {
                string study = $"1.2.{(n * 7 + arriver) % Studies}";
                await using NpgsqlConnection connection = await database.Source.OpenConnectionAsync(Cancellation);
                await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(Cancellation);
                await using NpgsqlCommand insert = new($"""
                    insert into instance (sop_instance_uid, sop_class_uid, series_instance_uid, study_instance_uid, transfer_syntax_uid,
                        sha256,
                        spool_path, bytes, calling_ae, called_ae, peer_address)
                    values ('1.{arriver}.{n}', '1', '1', '{study}', '1', md5('x'), '{arriver}/{n}', 1, 'A', 'B', '::1')
                    """, connection);
                await insert.ExecuteNonQueryAsync(Cancellation);
                await queue.ScheduleAsync(connection, study, TimeSpan.FromMilliseconds(5), Cancellation);
                await transaction.CommitAsync(Cancellation);
            }
        })));
        Task working = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            int idle = 0;
            while (idle < 20)
            {
                if (await queue.ClaimAsync($"w{worker}", TimeSpan.FromMinutes(1), Cancellation) is not { } job)
                {
                    if (arriving.IsCompleted) idle++;
                    await Task.Delay(5, Cancellation);
                    continue;
                }

                idle = 0;
                if (running.AddOrUpdate(job.StudyInstanceUid, 1, (_, count) => count + 1) != 1) Interlocked.Increment(ref overlaps);
                StudyWork work = await queue.LoadWorkAsync(job, Cancellation);
                await Task.Delay(3, Cancellation);
                seen[job.StudyInstanceUid] = Math.Max(seen.GetValueOrDefault(job.StudyInstanceUid), work.Instances.Count);
                running.AddOrUpdate(job.StudyInstanceUid, 0, (_, count) => count - 1);
                if (!await queue.FinishAnalysisAsync(job, Outcomes.NotEligible(), [], Cancellation)) Interlocked.Increment(ref lost);
            }
        })));
        await arriving;
        await working;

        Assert.Equal(0, overlaps);
        Assert.Equal(0, lost);
        Assert.Equal(Arrivals * Arrivers, seen.Values.Sum());
        await using AgentDb db = database.Open();
        Assert.Equal(0, await db.Jobs.CountAsync(j => j.State != JobState.Completed, Cancellation));
        Assert.Equal(0, await db.Jobs.CountAsync(j => j.Attempt != 1, Cancellation));
    }
}
