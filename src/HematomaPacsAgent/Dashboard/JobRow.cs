using System.Text.Json;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace HematomaPacsAgent.Dashboard;

/// <summary>One object of a job on its way to one destination, as the job page shows it.</summary>
public sealed record DeliveryRow(string Kind, string Destination, DeliveryState State, int Attempt, string SopInstanceUid, string? LastError, DateTimeOffset? SentAt);

/// <summary>One row of the job table: the whole story of a study.</summary>
public sealed record JobRow(long Id, string StudyInstanceUid, int Instances, JobState State, string? Stage, double Progress, int Attempt, int MaxAttempts,
    Outcome? Outcome, string? Reason, DateTimeOffset CreatedAt, DateTimeOffset ScheduledAt, DateTimeOffset? AttemptedAt, DateTimeOffset? FinalizedAt,
    IReadOnlyDictionary<string, double> TimingsMs, IReadOnlyList<DeliveryRow> Deliveries, long? SupersedesJobId)
{
    /// <summary>The newest jobs first.</summary>
    public static async Task<IReadOnlyList<JobRow>> ReadAsync(NpgsqlDataSource database, int limit, long? id, CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(database);
        List<Job> jobs = await db.Jobs.Where(job => id == null || job.Id == id).OrderByDescending(job => job.Id).Take(limit).ToListAsync(cancellation);
        long[] ids = [.. jobs.Select(job => job.Id)];
        string[] studies = [.. jobs.Select(job => job.StudyInstanceUid).Distinct()];
        ILookup<long, OutgoingInstance> deliveries = (await db.Deliveries.Where(row => ids.Contains(row.JobId)).OrderBy(row => row.Id).ToListAsync(cancellation))
            .ToLookup(row => row.JobId);
        Dictionary<string, int> instances = await db.Instances.Where(row => studies.Contains(row.StudyInstanceUid))
            .GroupBy(row => row.StudyInstanceUid).ToDictionaryAsync(group => group.Key, group => group.Select(row => row.SopInstanceUid).Distinct().Count(), cancellation);
        return [.. jobs.Select(job => new JobRow(job.Id, job.StudyInstanceUid, instances.GetValueOrDefault(job.StudyInstanceUid), job.State, job.Stage, job.Progress,
            job.Attempt, job.MaxAttempts, job.Outcome, job.Reason, job.CreatedAt, job.ScheduledAt, job.AttemptedAt, job.FinalizedAt, Timings(job.Findings),
            [.. deliveries[job.Id].Select(row => new DeliveryRow(row.Kind, row.Destination, row.State, row.Attempt, row.SopInstanceUid, row.LastError, row.SentAt))],
            job.SupersedesJobId))];
    }

    private static Dictionary<string, double> Timings(string? findings) =>
        findings is not null && JsonDocument.Parse(findings).RootElement.TryGetProperty("timingsMs", out JsonElement timings)
            ? timings.EnumerateObject().ToDictionary(stage => stage.Name, stage => stage.Value.GetDouble())
            : [];
}
