using System.Text.Json;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Findings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// The job table: the only place with SQL that changes a job. Every change by a worker is fenced by (id, running, attempt), so that a
/// worker that lost its lease cannot overwrite its successor; such methods return whether the job was still held.
/// </summary>
public sealed class JobQueue(NpgsqlDataSource dataSource, IOptions<JobOptions> options)
{
    /// <summary>Channel of <c>NOTIFY</c>: something may be due now.</summary>
    public const string Channel = "hematoma_job";

    private readonly int maxAttempts = options.Value.MaxAttempts;
    private readonly RetrySchedule retries = new(options.Value.RetryFirst, options.Value.RetryLongest);

    /// <summary>
    /// An instance of the study came (or was refused): its waiting job moves to now + <paramref name="quietPeriod"/>; without a waiting
    /// job a new one is made, which supersedes the study's latest. Runs in the connection's current transaction.
    /// </summary>
    /// <returns>The waiting job's id.</returns>
    public async Task<long> ScheduleAsync(NpgsqlConnection connection, string studyInstanceUid, TimeSpan quietPeriod,
        CancellationToken cancellation)
    {
        const string sql = """
            insert into job (study_instance_uid, max_attempts, scheduled_at, supersedes_job_id)
            values (@study, @max, now() + @quiet,
                    (select max(id) from job where study_instance_uid = @study and state not in ('available', 'cancelled')))
            on conflict (study_instance_uid) where state = 'available'
            do update set scheduled_at = greatest(job.scheduled_at, excluded.scheduled_at)
            returning id
            """;
        await using NpgsqlCommand command = new(sql, connection)
        {
            Parameters = { new("study", studyInstanceUid), new("max", maxAttempts), new("quiet", quietPeriod) },
        };
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Pushes on the waiting jobs of studies that are still arriving.</summary>
    public async Task HoldAsync(IReadOnlyCollection<string> studyInstanceUids, TimeSpan quietPeriod, CancellationToken cancellation)
    {
        const string sql = """
            update job set scheduled_at = greatest(scheduled_at, now() + @quiet) where state = 'available' and study_instance_uid =
                any(@studies)
            """;
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        command.Parameters.AddRange((NpgsqlParameter[])[new("quiet", quietPeriod), new("studies", studyInstanceUids.ToArray())]);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Pushes on every waiting job, as an agent does when it starts: a sender that the stop cut off needs the quiet period to begin anew, or half a
    /// study would be taken for a whole one.
    /// </summary>
    public async Task HoldAllAsync(TimeSpan quietPeriod, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand(
            "update job set scheduled_at = greatest(scheduled_at, now() + @quiet) where state = 'available'");
        command.Parameters.Add(new("quiet", quietPeriod));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Claims one due job for <paramref name="worker"/>, after giving back or giving up those whose worker fell silent.</summary>
    /// <returns>The claimed job, its attempt counted; null when nothing is due.</returns>
    public async Task<Job?> ClaimAsync(string worker, TimeSpan lease, CancellationToken cancellation)
    {
        const string expire = """
            update job set state = 'retryable', lease_expires_at = null, scheduled_at = now(), stage = null, progress = 0,
                   reason = format('%s fell silent while working on it (attempt %s of %s); another attempt follows', attempted_by, attempt,
                       max_attempts),
                   errors = errors || jsonb_build_object('attempt', attempt, 'at', now(), 'error', 'the agent fell silent')
            where state = 'running' and lease_expires_at < now() and attempt < max_attempts
            """;
        const string discard = """
            update job set state = 'discarded', lease_expires_at = null, finalized_at = now(), outcome = 'failed',
                   reason = format('the agent died %s times while working on it, last in stage %s: see its log, then retry the job',
                                   attempt, coalesce(stage, 'start')),
                   errors = errors || jsonb_build_object('attempt', attempt, 'at', now(), 'error', 'the agent fell silent')
            where state = 'running' and lease_expires_at < now() and attempt >= max_attempts
            """;
        const string claim = """
            with due as (
                select id from job j where state in ('available', 'retryable') and scheduled_at <= now()
                   and not exists (select 1 from job other where other.study_instance_uid = j.study_instance_uid
                                   and other.state in ('running', 'retryable') and other.id <> j.id)
                order by scheduled_at, id limit 1 for update skip locked)
            update job set state = 'running', attempt = attempt + 1, attempted_at = now(), attempted_by = @worker,
                   lease_expires_at = now() + @lease, stage = 'claimed', progress = 0, reason = null
            from due where job.id = due.id returning job.*
            """;
        await using AgentDb db = AgentDb.Open(dataSource);
        await db.Database.ExecuteSqlRawAsync(discard, cancellation);
        await db.Database.ExecuteSqlRawAsync(expire, cancellation);
        try
        {
            return (await db.Jobs.FromSqlRaw(claim, new NpgsqlParameter("worker", worker), new NpgsqlParameter("lease", lease))
                .ToListAsync(cancellation)).SingleOrDefault();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return null; // Another worker took the study between our look and our update.
        }
    }

    public Task<bool> RenewAsync(Job job, TimeSpan lease, CancellationToken cancellation) =>
        ChangeHeldAsync(job, "lease_expires_at = now() + @lease", cancellation, new NpgsqlParameter("lease", lease));

    public Task<bool> ReportStageAsync(Job job, StageProgress progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return ChangeHeldAsync(job, "stage = @stage, progress = @progress", cancellation,
            new NpgsqlParameter("stage", progress.Stage), new NpgsqlParameter("progress", progress.Fraction is > 0
                ? Math.Min(progress.Fraction, 1) : 0));
    }

    /// <summary>The study is analysed: keeps the result and queues its deliveries in one transaction. An object already on its
    /// way or sent keeps its row; one that had failed is queued again, for this job.</summary>
    public async Task<bool> FinishAnalysisAsync(Job job, StudyOutcome result, IReadOnlyList<NewDelivery> deliveries,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(deliveries);
        const string insert = """
            insert into delivery (job_id, destination, kind, sop_instance_uid, sop_class_uid, path)
            values (@job, @destination, @kind, @instance, @class, @path)
            on conflict (destination, sop_instance_uid) do update
            set job_id = excluded.job_id, path = excluded.path, state = 'pending', attempt = 0, refusals = 0, queued_at = now(),
                next_attempt_at = now(),
                last_error = null, status_code = null
            where delivery.state in ('failed', 'cancelled')
            """;
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        if (!await ChangeHeldAsync(connection, job, """
                state = 'delivering', lease_expires_at = null, stage = 'delivering', progress = 1, analysed_at = now(), outcome = @outcome,
                reason = @reason, analysis_reason = @reason, input_digest = @digest, findings = @findings, objects = @objects
                """, cancellation,
                new("outcome", EnumText<Outcome>.Of(result.Outcome)), new("reason", result.Reason), new("digest", result.InputDigest),
                Json("findings", result.FindingsJson), Json("objects", JsonSerializer.Serialize(result.Objects))))
            return false;
        foreach (NewDelivery delivery in deliveries.OrderBy(d => d.Destination, StringComparer.Ordinal)
            .ThenBy(d => d.Object.SopInstanceUid, StringComparer.Ordinal))
        {
            await using NpgsqlCommand command = new(insert, connection)
            {
                Parameters =
                {
                    new("job", job.Id), new("destination", delivery.Destination), new("kind", delivery.Object.Kind),
                    new("instance", delivery.Object.SopInstanceUid), new("class", delivery.Object.SopClassUid),
                        new("path", delivery.Object.RelativePath),
                },
            };
            await command.ExecuteNonQueryAsync(cancellation);
        }

        await SettleAsync(connection, job.Id, cancellation);
        await NotifyAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>
    /// An attempt failed: the job is discarded with its reason (permanent, or no attempt left) or waits for the next attempt.
    /// </summary>
    public Task<bool> FailAsync(Job job, JobFailure failure, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(failure);
        bool final = failure.Permanent || job.Attempt >= job.MaxAttempts;
        string reason = failure.Permanent ? failure.Reason
            : final ? $"gave up after {job.Attempt} attempts: {failure.Reason}"
            : $"attempt {job.Attempt} of {job.MaxAttempts} failed: {failure.Reason}";
        const string error = "errors = errors || jsonb_build_object('attempt', attempt, 'at', now(), 'error', @error::text), " +
            "lease_expires_at = null, reason = @reason";
        NpgsqlParameter[] parameters = [new("error", failure.Reason), new("reason", reason),
            new("delay", retries.DelayAfter(Math.Max(1, job.Attempt), Random.Shared.NextDouble()))];
        return final
            ? ChangeHeldAsync(job, $"state = 'discarded', finalized_at = now(), outcome = 'failed', {error}", cancellation, parameters[..2])
            : ChangeHeldAsync(job, $"state = 'retryable', scheduled_at = now() + @delay, {error}", cancellation, parameters);
    }

    /// <summary>Puts a job back without spending an attempt: its agent stops, or the study is not ready.</summary>
    public Task<bool> PutBackAsync(Job job, string reason, TimeSpan delay, CancellationToken cancellation) =>
        // The attempt itself stays counted, because it fences; the limit moves instead.
        ChangeHeldAsync(job, """
            state = 'retryable', lease_expires_at = null, scheduled_at = now() + @delay, max_attempts = max_attempts + 1, stage = null,
                progress = 0,
            reason = @reason
            """, cancellation, new NpgsqlParameter("reason", reason), new NpgsqlParameter("delay", delay));

    /// <summary>
    /// The study's latest analysis of exactly this input, whatever became of its delivery; null when it never ran to its end.
    /// </summary>
    public async Task<Job?> FindCompletedAsync(string studyInstanceUid, string inputDigest, CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(dataSource);
        return await db.Jobs.Where(j => j.StudyInstanceUid == studyInstanceUid && j.InputDigest == inputDigest && j.AnalysedAt != null)
            .OrderByDescending(j => j.Id).FirstOrDefaultAsync(cancellation);
    }

    /// <summary>Everything that is known of the claimed job's study.</summary>
    public async Task<StudyWork> LoadWorkAsync(Job job, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(job);
        await using AgentDb db = AgentDb.Open(dataSource);
        var instances = await db.Instances.Where(i => i.StudyInstanceUid == job.StudyInstanceUid).OrderBy(i => i.Id)
            .ToListAsync(cancellation);
        var rejected = await db.RejectedInstances.Where(r => r.StudyInstanceUid == job.StudyInstanceUid).OrderBy(r => r.Id)
            .ToListAsync(cancellation);
        // What was refused first and taken later is no fault of the input any more.
        rejected.RemoveAll(r => instances.Exists(i => i.SopInstanceUid == r.SopInstanceUid && i.ReceivedAt > r.ReceivedAt));
        string? objects = await db.Jobs.Where(j => j.StudyInstanceUid == job.StudyInstanceUid && j.Id < job.Id && j.Objects != "[]")
            .OrderByDescending(j => j.Id).Select(j => j.Objects).FirstOrDefaultAsync(cancellation);
        return new(job.Id, job.Attempt, job.StudyInstanceUid, instances, rejected, job.SupersedesJobId, ParseObjects(objects ?? "[]"));
    }

    /// <summary>The objects of <see cref="Job.Objects"/>.</summary>
    public static IReadOnlyList<ResultObject> ParseObjects(string json) => JsonSerializer.Deserialize<ResultObject[]>(json) ?? [];

    public async Task<Job?> FindAsync(long id, CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(dataSource);
        return await db.Jobs.SingleOrDefaultAsync(j => j.Id == id, cancellation);
    }

    /// <summary>The newest jobs first, at most <paramref name="limit"/>; of one state, or of all when it is null.</summary>
    public async Task<IReadOnlyList<Job>> ListAsync(JobState? state, int limit, CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(dataSource);
        return await db.Jobs.Where(j => state == null || j.State == state).OrderByDescending(j => j.Id).Take(limit)
            .ToListAsync(cancellation);
    }

    /// <summary>
    /// Stops a job that is not final yet; a worker that holds it stops at its next renewal, an object on the wire still arrives.
    /// </summary>
    public async Task<JobChange> CancelAsync(long id, string reason, CancellationToken cancellation)
    {
        const string sql = """
            with stopped as (update job set state = 'cancelled', finalized_at = now(), lease_expires_at = null, reason = @reason
                             where id = @id and state in ('available', 'running', 'retryable', 'delivering') returning id),
                 kept as (update delivery set state = 'cancelled' from stopped where job_id = stopped.id and delivery.state = 'pending')
            select count(*) from stopped
            """;
        await using NpgsqlCommand command = dataSource.CreateCommand(sql);
        command.Parameters.AddRange((NpgsqlParameter[])[new("id", id), new("reason", reason)]);
        if ((long)(await command.ExecuteScalarAsync(cancellation))! == 1) return new(true, $"job {id} is cancelled");
        return new(false, await FindAsync(id, cancellation) is { } job ? $"job {id} is {EnumText<JobState>.Of(job.State)} already"
            : $"there is no job {id}");
    }

    /// <summary>
    /// Another go, now: the analysis of a job that was given up, or only its deliveries (the same instances) when it was analysed.
    /// </summary>
    public async Task<JobChange> RetryAsync(long id, CancellationToken cancellation)
    {
        const string analyse = """
            update job set state = 'retryable', scheduled_at = now(), max_attempts = attempt + @max, finalized_at = null, outcome = null,
                stage = null,
                   progress = 0, reason = 'retried by a person'
            where id = @id and state in ('discarded', 'cancelled') and analysed_at is null
            """;
        const string hurry = "update job set scheduled_at = now() where id = @id and state in ('available', 'retryable')";
        const string deliver = """
            update job set state = 'delivering', finalized_at = null, stage = 'delivering', reason = 'delivery retried by a person'
            where id = @id and (state in ('discarded', 'cancelled') and analysed_at is not null or state = 'delivering')
            """;
        const string requeue = """
            update delivery set state = 'pending', attempt = 0, refusals = 0, queued_at = now(), next_attempt_at = now()
            where job_id = @id and state in ('pending', 'failed', 'cancelled')
            """;
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        try
        {
            if (await RunAsync(deliver) == 1)
            {
                await RunAsync(requeue);
                await SettleAsync(connection, id, cancellation);
            }
            else if (await RunAsync(analyse) + await RunAsync(hurry) == 0)
            {
                return new(false, await FindAsync(id, cancellation) is { } job
                    ? $"job {id} is {EnumText<JobState>.Of(job.State)}: rerun makes a new job of its study"
                    : $"there is no job {id}");
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return new(false, $"the study of job {id} has another job that runs or waits for its next attempt: let " +
                "it end, or retry that one");
        }

        await NotifyAsync(connection, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(true, $"job {id} is tried again now");

        async Task<int> RunAsync(string sql)
        {
            await using NpgsqlCommand command = new(sql, connection) { Parameters = { new("id", id) } };
            if (sql.Contains("@max", StringComparison.Ordinal)) command.Parameters.Add(new("max", maxAttempts));
            return await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>A new job of the same study, due now, which supersedes: for new models or a corrected configuration.</summary>
    public async Task<JobChange> RerunAsync(long id, CancellationToken cancellation)
    {
        if (await FindAsync(id, cancellation) is not { } job) return new(false, $"there is no job {id}");
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        long rerun = await ScheduleAsync(connection, job.StudyInstanceUid, TimeSpan.Zero, cancellation);
        await NotifyAsync(connection, cancellation);
        return new(true, $"job {rerun} runs the study of job {id} again");
    }

    /// <summary>
    /// Ends a delivering job once none of its deliveries is open: completed with the analysis' reason, or discarded when one failed for
    /// good. The caller holds the job's row lock, or has made the deliveries in this transaction.
    /// </summary>
    internal static async Task SettleAsync(NpgsqlConnection connection, long jobId, CancellationToken cancellation)
    {
        const string sql = """
            update job set finalized_at = now(), stage = null,
                   state = case when d.failed = 0 then 'completed' else 'discarded' end,
                   reason = case when d.failed = 0 then analysis_reason else 'analysed, but not delivered: ' || d.error end
            from (select count(*) filter (where state in ('pending', 'sending')) as open,
                count(*) filter (where state = 'failed') as failed,
                         string_agg(distinct destination || ': ' || last_error, '; ') filter (where state = 'failed') as error
                  from delivery where job_id = @job) d
            where job.id = @job and job.state = 'delivering' and d.open = 0
            """;
        await using NpgsqlCommand command = new(sql, connection) { Parameters = { new("job", jobId) } };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// Takes the job's row lock until the transaction ends, so that two agents settle it one after the other; says why it still waits.
    /// </summary>
    internal static async Task LockForDeliveryAsync(NpgsqlConnection connection, long jobId, string? waitingReason,
        CancellationToken cancellation)
    {
        const string sql = "update job set reason = coalesce(@reason, reason) where id = @job and state = 'delivering'";
        NpgsqlParameter reason = new("reason", NpgsqlDbType.Text) { Value = (object?)waitingReason ?? DBNull.Value };
        await using NpgsqlCommand command = new(sql, connection) { Parameters = { new("job", jobId), reason } };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    internal static async Task NotifyAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = new($"notify {Channel}", connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<bool> ChangeHeldAsync(Job job, string changes, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        return await ChangeHeldAsync(connection, job, changes, cancellation, parameters);
    }

    private static async Task<bool> ChangeHeldAsync(
        NpgsqlConnection connection, Job job, string changes, CancellationToken cancellation, params NpgsqlParameter[] parameters)
    {
        await using NpgsqlCommand command = new($"update job set {changes} where id = @id and state = 'running' and attempt = @attempt",
            connection);
        command.Parameters.AddRange((NpgsqlParameter[])[new("id", job.Id), new("attempt", job.Attempt), .. parameters]);
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    private static NpgsqlParameter Json(string name, string json) => new(name, NpgsqlDbType.Jsonb) { Value = json };
}

/// <summary>What became of a person's command to a job, in plain words.</summary>
public sealed record JobChange(bool Done, string Message);
