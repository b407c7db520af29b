namespace HematomaPacsAgent.Dicom;

/// <summary>What a reader takes from bytes it does not trust.</summary>
public sealed record DicomReadLimits
{
    public static DicomReadLimits Default { get; } = new();

    /// <summary>Sequences within sequences.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Elements, items and fragments in one object. A multi-frame image of 2,000 frames has some 150,000.</summary>
    public int Items { get; init; } = 500_000;

    /// <summary>Bytes of one value held in memory; larger values of a file stay in it.</summary>
    public int DeferAbove { get; init; } = 64 * 1024;

    /// <summary>Bytes of one value where the stream cannot be come back to.</summary>
    public long LongestValue { get; init; } = 256 * 1024 * 1024;

    /// <summary>Bytes that a deflated data set may inflate to, for each byte that it has, on top of <see cref="InflatedSpare"/>.</summary>
    public int InflatedRatio { get; init; } = 4;

    /// <summary>Bytes that any deflated data set may inflate to.</summary>
    public long InflatedSpare { get; init; } = 48L * 1024 * 1024;
}
