namespace HematomaPacsAgent.Pipeline.Delivery;

public enum DeliveryState
{
    Pending,

    /// <summary>An agent holds its lease and sends it.</summary>
    Sending,

    Sent,

    /// <summary>Given up; <see cref="OutgoingInstance.LastError"/> says why and what to do.</summary>
    Failed,

    /// <summary>Its job was cancelled.</summary>
    Cancelled,
}

/// <summary>One result object on its way to one destination: a row of the outbox.</summary>
public sealed record OutgoingInstance
{
    public long Id { get; init; }
    public required long JobId { get; init; }

    /// <summary>Name of the destination in the configuration.</summary>
    public required string Destination { get; init; }

    /// <summary><c>SEG</c> or <c>SR</c>.</summary>
    public required string Kind { get; init; }

    public required string SopInstanceUid { get; init; }
    public required string SopClassUid { get; init; }

    /// <summary>Part 10 file, relative to the spool folder.</summary>
    public required string Path { get; init; }

    public DeliveryState State { get; init; }

    /// <summary>Tries since it was queued.</summary>
    public int Attempt { get; init; }

    /// <summary>Refusals among them that another try is unlikely to cure.</summary>
    public int Refusals { get; init; }

    public DateTimeOffset QueuedAt { get; init; }
    public DateTimeOffset NextAttemptAt { get; init; }
    public string? AttemptedBy { get; init; }
    public DateTimeOffset? LeaseExpiresAt { get; init; }
    public string? LastError { get; init; }

    /// <summary>DIMSE status of the last answer.</summary>
    public int? StatusCode { get; init; }

    public DateTimeOffset? SentAt { get; init; }
}
