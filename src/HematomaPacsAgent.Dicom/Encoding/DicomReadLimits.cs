namespace HematomaPacsAgent.Dicom;

/// <summary>What a reader takes from bytes it does not trust.</summary>
public sealed record DicomReadLimits
{
    public static DicomReadLimits Default { get; } = new();

    /// <summary>Sequences within sequences.</summary>
    public int Depth { get; init; } = 64;

    /// <summary>Items of all kinds in one object.</summary>
    public int Items { get; init; } = 2_000_000;

    /// <summary>Bytes of one value held in memory; larger values of a file stay in it.</summary>
    public int DeferAbove { get; init; } = 64 * 1024;

    /// <summary>Bytes of one value where the stream cannot be come back to.</summary>
    public long LongestValue { get; init; } = 256 * 1024 * 1024;
}
