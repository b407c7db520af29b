namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>
/// One received SOP instance, acknowledged to its sender and kept. Two contents under one SOP Instance UID are two rows: nothing is
/// overwritten.
/// </summary>
public sealed record Instance
{
    public long Id { get; init; }
    public required string SopInstanceUid { get; init; }
    public required string SopClassUid { get; init; }
    public required string SeriesInstanceUid { get; init; }
    public required string StudyInstanceUid { get; init; }
    public required string TransferSyntaxUid { get; init; }

    /// <summary>SHA-256 of the data set's bytes as received (without file meta information), lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Part 10 file, relative to the spool folder.</summary>
    public required string SpoolPath { get; init; }

    /// <summary>Length of the data set as received.</summary>
    public required long Bytes { get; init; }

    public required string CallingAe { get; init; }
    public required string CalledAe { get; init; }

    /// <summary>Address of the sender, as the socket gave it.</summary>
    public required string PeerAddress { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>An instance that was refused, and why: visible to an administrator, since the sender may hide it.</summary>
public sealed record RejectedInstance
{
    public long Id { get; init; }

    /// <summary>Null when the object was too damaged to say.</summary>
    public string? StudyInstanceUid { get; init; }

    public required string SopInstanceUid { get; init; }

    /// <summary>The DIMSE status that was answered (PS3.7 annex C, PS3.4 B.2.3).</summary>
    public required int StatusCode { get; init; }

    public required string Reason { get; init; }
    public required string CallingAe { get; init; }
    public required string PeerAddress { get; init; }
    public DateTimeOffset ReceivedAt { get; init; }
}
