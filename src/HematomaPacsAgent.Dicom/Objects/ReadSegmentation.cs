namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>How a Segmentation's pixels say what belongs to a segment.</summary>
/// <remarks>PS3.3 §C.8.20.2.3 (Segmentation Type).</remarks>
public enum SegmentationKind
{
    /// <summary>A frame of one bit a pixel for each segment.</summary>
    Binary,

    /// <summary>A frame of parts of Maximum Fractional Value for each segment: probability or occupancy.</summary>
    Fractional,

    /// <summary>Each pixel holds the number of its segment.</summary>
    LabelMap,
}

/// <summary>One segment as a Segmentation describes it.</summary>
/// <param name="Number">Segment Number, unique in its object.</param>
/// <param name="Label">Segment Label; may be empty.</param>
/// <param name="Category">Segmented Property Category; null where it is missing or no code.</param>
/// <param name="Type">Segmented Property Type; null likewise.</param>
/// <param name="AlgorithmType">AUTOMATIC, SEMIAUTOMATIC or MANUAL, as stated.</param>
/// <param name="AlgorithmName">Empty for a manual one.</param>
public sealed record ReadSegment(int Number, string Label, CodedConcept? Category, CodedConcept? Type, string AlgorithmType, string AlgorithmName)
{
    public override string ToString() => Label.Length > 0 ? $"{Number} ({Label})" : $"{Number}";
}

/// <summary>One frame of a Segmentation: where it lies and what it is about. Numbers are LPS, mm.</summary>
/// <param name="Index">0-based place in the pixel data.</param>
/// <param name="SegmentNumber">The segment whose pixels these are; null in a label map, whose frames are about all of them.</param>
/// <param name="Position">Image Position (Patient), three numbers; null where the frame says none.</param>
/// <param name="RowDirection">Along which the column index grows, three numbers, of length 1.</param>
/// <param name="ColumnDirection">Along which the row index grows.</param>
/// <param name="ColumnSpacingMm">Between neighbouring columns.</param>
/// <param name="RowSpacingMm">Between neighbouring rows.</param>
/// <param name="SourceInstanceUid">The image that the frame was made on; null where none, or more than one, is named.</param>
public sealed record ReadSegmentationFrame(int Index, int? SegmentNumber, IReadOnlyList<double>? Position, IReadOnlyList<double> RowDirection,
    IReadOnlyList<double> ColumnDirection, double ColumnSpacingMm, double RowSpacingMm, string? SourceInstanceUid);

/// <summary>A Segmentation as read from a file of any maker. Pixels stay in the file until they are asked for, frame by frame.</summary>
public sealed class ReadSegmentation
{
    private readonly SegmentationPixels pixels;

    internal ReadSegmentation(SegmentationPixels pixels) => this.pixels = pixels;

    public required SegmentationKind Kind { get; init; }

    /// <summary>In order of their numbers; the background of a label map is none of them.</summary>
    public required IReadOnlyList<ReadSegment> Segments { get; init; }

    public required IReadOnlyList<ReadSegmentationFrame> Frames { get; init; }

    public int Rows => pixels.Rows;
    public int Columns => pixels.Columns;

    /// <summary>Frame of Reference UID; empty where it is missing.</summary>
    public required string FrameOfReferenceUid { get; init; }

    /// <summary>The series that the object refers to; empty where it names none, or several.</summary>
    public required string ReferencedSeriesUid { get; init; }

    /// <summary>What was decided in reading that a user should know, in plain words.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The frames that may hold pixels of a segment.</summary>
    public IEnumerable<ReadSegmentationFrame> FramesOf(int segmentNumber) =>
        Frames.Where(frame => frame.SegmentNumber is null || frame.SegmentNumber == segmentNumber);

    /// <summary>The pixels of a frame that belong to a segment, row by row. In a fractional object those from half the maximum up.</summary>
    /// <param name="frame">One of <see cref="Frames"/>.</param>
    /// <param name="segmentNumber">One of <see cref="Segments"/>.</param>
    /// <param name="target">Rows x Columns flags.</param>
    /// <param name="cancellation">Stops decoding.</param>
    /// <exception cref="DicomFormatException">The frame is damaged.</exception>
    public void ReadFrame(ReadSegmentationFrame frame, int segmentNumber, Span<bool> target, CancellationToken cancellation)
    {
        if (target.Length != Rows * Columns) throw new ArgumentException($"{target.Length} flags for a frame of {Columns} x {Rows} pixels");
        if (frame.SegmentNumber is { } of && of != segmentNumber) target.Clear();
        else pixels.Read(frame.Index, segmentNumber, target, cancellation);
    }
}
