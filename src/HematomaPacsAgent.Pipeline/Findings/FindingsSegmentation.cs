using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>The hematoma mask as a DICOM Segmentation.</summary>
internal static class FindingsSegmentation
{
    public const string TrackingId = "Hematoma 1";

    // sRGB (220, 40, 40), a red that stands out on grey, in CIELab scaled as PS3.3 §C.10.7.1.1 asks.
    private static readonly (ushort L, ushort A, ushort B) Red = (32096, 50190, 45210);

    /// <exception cref="ArgumentException">The mask is empty or on another grid.</exception>
    public static DicomDataset Build(CtSeries series, Mask hematoma, SegmentationFindings findings, FindingsIdentity identity)
    {
        string? mark = Notices.Mark(findings.IntendedUse);
        return SegmentationObject.Build(series.Source, identity.Segmentation(mark), "HEMATOMA",
            mark is null ? "Hematoma, segmented automatically" : $"Hematoma by a {mark} model, not for clinical use",
            [
                new SegmentDescription
                {
                    Label = mark is null ? "Hematoma" : $"Hematoma ({findings.IntendedUse} model)",
                    Category = Codes.AlteredStructure,
                    Type = Codes.Hemorrhage,
                    AnatomicRegion = Codes.Brain,
                    Algorithm = Algorithm(findings),
                    DisplayColor = Red,
                    TrackingId = TrackingId,
                    TrackingUid = identity.HematomaTrackingUid,
                    Voxels = hematoma.Voxels,
                },
            ]);
    }

    public static AlgorithmIdentification Algorithm(SegmentationFindings findings) =>
        new(findings.Model, findings.Version, $"sha256={findings.Sha256}; intendedUse={findings.IntendedUse}; device={findings.Device}");
}
