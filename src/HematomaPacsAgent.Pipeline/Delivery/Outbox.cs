using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;

namespace HematomaPacsAgent.Pipeline.Delivery;

/// <summary>
/// The delivery table: result objects on their way. Rows are made by <see cref="JobQueue.FinishAnalysisAsync"/>; a row in <c>sending</c>
/// is leased to one worker, and every change by it is fenced by (id, sending, attempt, worker).
/// </summary>
public sealed class Outbox(NpgsqlDataSource dataSource)
{
    /// <summary>
    /// Claims the due objects of one job for one destination, their attempt counted; empty when nothing is due. A null
    /// <paramref name="destination"/> claims those whose destination is none of <paramref name="known"/>.
    /// </summary>
    public async Task<IReadOnlyList<OutgoingInstance>> ClaimAsync(
        string? destination, IReadOnlyList<string> known, string worker, TimeSpan lease, CancellationToken cancellation)
    {
        const string sql = """
            with head as (
                select job_id, destination from delivery
                where exists (select 1 from job where job.id = job_id and job.state = 'delivering')
                  and (@destination is null and destination <> all(@known) or destination = @destination)
                  and (state = 'pending' and next_attempt_at <= now() or state = 'sending' and lease_expires_at < now())
                order by next_attempt_at, id limit 1 for update skip locked),
            due as (
                select d.id from delivery d join head on d.job_id = head.job_id and d.destination = head.destination
                where state = 'pending' and next_attempt_at <= now() or state = 'sending' and lease_expires_at < now()
                order by d.id for update of d skip locked)
            update delivery set state = 'sending', attempt = attempt + 1, attempted_by = @worker, lease_expires_at = now() + @lease
            from due where delivery.id = due.id returning delivery.*
            """;
        await using AgentDb db = AgentDb.Open(dataSource);
        var claimed = await db.Deliveries.FromSqlRaw(sql,
            new NpgsqlParameter("destination", NpgsqlDbType.Text) { Value = (object?)destination ?? DBNull.Value },
            new NpgsqlParameter("known", known.ToArray()), new NpgsqlParameter("worker", worker), new NpgsqlParameter("lease", lease))
            .ToListAsync(cancellation);
        return [.. claimed.OrderBy(d => d.Id)];
    }

    /// <summary>Prolongs the lease on what is still being sent.</summary>
    /// <returns>How many of them are still held.</returns>
    public async Task<int> RenewAsync(IReadOnlyList<OutgoingInstance> held, TimeSpan lease, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(held);
        const string sql = """
            update delivery set lease_expires_at = now() + @lease
            where id = any(@ids) and state = 'sending' and attempted_by = @worker
            """;
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        command.Parameters.AddRange((NpgsqlParameter[])[new("lease", lease), new("ids", held.Select(d => d.Id).ToArray()),
            new("worker", held.Count > 0 ? held[0].AttemptedBy! : "")]);
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Writes what one association brought for objects of one job, in one transaction with what it means for the job: ended once nothing
    /// of it is open, else its reason says what it waits for.
    /// </summary>
    public async Task RecordAsync(IReadOnlyList<DeliveryResult> results, string? waitingReason, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (results.Count == 0) return;
        const string sql = """
            update delivery set state = @state, lease_expires_at = null, refusals = refusals + @refusals, status_code = @status,
                   last_error = @error, sent_at = case when @state = 'sent' then now() end,
                   next_attempt_at = case when @state = 'pending' then now() + @delay else next_attempt_at end
            where id = @id and state = 'sending' and attempt = @attempt and attempted_by = @worker
            """;
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        long jobId = results[0].Delivery.JobId;
        await JobQueue.LockForDeliveryAsync(connection, jobId, waitingReason, cancellation);
        foreach (DeliveryResult result in results)
        {
            await using NpgsqlCommand command = new(sql, connection)
            {
                Parameters =
                {
                    new("state", EnumText<DeliveryState>.Of(result.State)), new("refusals", result.Refused ? 1 : 0),
                        new("delay", result.Delay),
                    new("status", NpgsqlDbType.Integer) { Value = (object?)result.StatusCode ?? DBNull.Value },
                    new("error", NpgsqlDbType.Text) { Value = (object?)result.Error ?? DBNull.Value },
                    new("id", result.Delivery.Id), new("attempt", result.Delivery.Attempt), new("worker", result.Delivery.AttemptedBy!),
                },
            };
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await JobQueue.SettleAsync(connection, jobId, cancellation);
        await transaction.CommitAsync(cancellation);
    }
}

/// <summary>What one try brought for one object.</summary>
/// <param name="Delivery">The claimed row.</param>
/// <param name="State">Sent, Pending (another try after <paramref name="Delay"/>) or Failed.</param>
/// <param name="Refused">Whether the destination refused it for good: counts towards giving up.</param>
/// <param name="StatusCode">The DIMSE status that was answered; null without an answer.</param>
/// <param name="Error">In plain words; null when sent.</param>
/// <param name="Delay">Until the next try.</param>
public sealed record DeliveryResult(OutgoingInstance Delivery, DeliveryState State, bool Refused, int? StatusCode, string? Error,
    TimeSpan Delay);
