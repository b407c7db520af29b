using HematomaPacsAgent.Pipeline.Findings;

namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// Where a job stands. Available, retryable and running lead to delivering; the last three are final until a person acts.
/// </summary>
public enum JobState
{
    /// <summary>Waits for its study to be quiet.</summary>
    Available,

    /// <summary>A worker holds its lease.</summary>
    Running,

    /// <summary>Was claimed before and waits for its next attempt.</summary>
    Retryable,

    /// <summary>Analysed; its objects are on their way.</summary>
    Delivering,

    Completed,

    /// <summary>Given up; <see cref="Job.Reason"/> says why and what to do.</summary>
    Discarded,

    /// <summary>Stopped by a person.</summary>
    Cancelled,
}

/// <summary>
/// One analysis of one study. A study with instances that came after the claim has a second job, which supersedes the first.
/// </summary>
public sealed record Job
{
    public long Id { get; init; }
    public required string StudyInstanceUid { get; init; }
    public JobState State { get; init; }

    /// <summary>How often it was claimed: counted at the claim, so that a study which kills the agent is not tried for ever.</summary>
    public int Attempt { get; init; }

    public int MaxAttempts { get; init; }

    /// <summary>Not before this time; pushed on by each arriving instance.</summary>
    public DateTimeOffset ScheduledAt { get; init; }

    /// <summary>The last claim.</summary>
    public DateTimeOffset? AttemptedAt { get; init; }

    /// <summary>The worker that made the last claim.</summary>
    public string? AttemptedBy { get; init; }

    public DateTimeOffset? LeaseExpiresAt { get; init; }
    public string? Stage { get; init; }

    /// <summary>0 to 1.</summary>
    public double Progress { get; init; }

    /// <summary>Null until the study is analysed or given up.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>What a person should know now, in plain words.</summary>
    public string? Reason { get; init; }

    /// <summary>The analysis' own reason; <see cref="Reason"/> returns to it once everything is delivered.</summary>
    public string? AnalysisReason { get; init; }

    /// <summary>Digest of the instances and the models that were used.</summary>
    public string? InputDigest { get; init; }

    /// <summary>findings.json.</summary>
    public string? Findings { get; init; }

    /// <summary>The objects made, a JSON array of <see cref="ResultObject"/>.</summary>
    public string Objects { get; init; } = "[]";

    /// <summary>One entry per failed attempt: attempt, at, error.</summary>
    public string Errors { get; init; } = "[]";

    public long? SupersedesJobId { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? AnalysedAt { get; init; }
    public DateTimeOffset? FinalizedAt { get; init; }
}
