using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>
/// The UIDs of everything one analysis makes. They derive from the input's digest (instances and models), so a retry, or the same study analysed anew with the
/// same models, makes the same instances, and a PACS that has them already has them once.
/// </summary>
/// <param name="InputDigest">SHA-256 over the instances used and the models' digests, lower-case hex.</param>
/// <param name="CreatedAt">Creation time written into the objects, in the site's zone.</param>
public sealed record FindingsIdentity(string InputDigest, DateTimeOffset CreatedAt)
{
    private const int SegmentationSeriesNumber = 9001, ReportSeriesNumber = 9002;

    private static readonly string Version = typeof(FindingsIdentity).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static Equipment Equipment { get; } = new("HematomaPacsAgent project", "HematomaPacsAgent", "0", Version);

    public DicomUID HematomaTrackingUid => DicomUID.Derive(InputDigest, "hematoma", "tracking");
    public DicomUID RegionTrackingUid => DicomUID.Derive(InputDigest, "analysed region", "tracking");

    public DerivedObject Segmentation(string? mark) => Describe("SEG", SegmentationSeriesNumber, "Hematoma segmentation", mark);

    public DerivedObject Report(string? mark) => Describe("SR", ReportSeriesNumber, "Hematoma report", mark);

    private DerivedObject Describe(string kind, int seriesNumber, string title, string? mark) => new(
        DicomUID.Derive(InputDigest, kind, "instance"), DicomUID.Derive(InputDigest, kind, "series"), seriesNumber,
        $"{(mark is null ? "" : mark + " - ")}{title}, {Equipment.ModelName} {Version}", CreatedAt, Equipment);
}
