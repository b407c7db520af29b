using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>Bedside estimate of the largest region's volume (Kothari 1996); docs/measurements.md has the rules.</summary>
/// <param name="AMm">Longest diameter on the largest slice.</param>
/// <param name="BMm">Longest diameter at right angles to it.</param>
/// <param name="CMm">Weighted sum of the slices' extents.</param>
/// <param name="VolumeMl">A x B x C / 2.</param>
/// <param name="Slice">Slice (from 0, inferior first) of A and B.</param>
public sealed record Abc2Findings(double AMm, double BMm, double CMm, double VolumeMl, int Slice);

/// <param name="Low">Smallest volume, ml.</param>
/// <param name="High">Largest volume, ml.</param>
/// <param name="Method">What was varied, see <see cref="VolumeInterval"/>; no confidence interval.</param>
public sealed record VolumeIntervalFindings(double Low, double High, string Method);

/// <param name="VolumeMl">Voxel sum, ml.</param>
/// <param name="CentroidMm">x, y, z: LPS, mm.</param>
/// <param name="LargestSlice">Slice (from 0, inferior first) with most of it.</param>
/// <param name="MeanHounsfield">Mean HU.</param>
/// <param name="Confidence">Mean probability of a hematoma over the region, 0 to 1; null where it was not told.</param>
public sealed record ComponentFindings(double VolumeMl, IReadOnlyList<double> CentroidMm, int LargestSlice, double MeanHounsfield,
    double? Confidence = null);

/// <param name="Side"><c>left</c>, <c>right</c>, <c>midline</c>, <c>both</c> or <c>indeterminate</c>.</param>
/// <param name="LeftShare">Share of the volume on the left, 0 to 1; null where the midline was not found.</param>
/// <param name="Site">Of the largest region: <c>deep</c>, <c>lobar</c>, <c>infratentorial</c>, <c>intraventricular</c> or <c>indeterminate</c>.</param>
/// <param name="SiteReliability">0 to 1; not a probability.</param>
public sealed record LocationFindings(string Side, double? LeftShare, string Site, double SiteReliability);

/// <param name="Mm">Null where it cannot be told.</param>
/// <param name="Towards"><c>left</c>, <c>right</c> or <c>none</c>; null without a distance.</param>
/// <param name="Slice">Slice (from 0, inferior first) where it was measured; null without a distance.</param>
/// <param name="Reliability">0 to 1; not a probability.</param>
/// <param name="Doubts">What lowered the reliability.</param>
public sealed record MidlineShiftFindings(double? Mm, string? Towards, int? Slice, double Reliability, IReadOnlyList<string> Doubts);

internal static class MeasurementFindings
{
    /// <summary>Puts what was measured into the findings; a hematoma's measures only where one was found.</summary>
    public static SegmentationFindings With(this SegmentationFindings findings, HematomaMeasurements measured, HematomaSegmentation segmentation, bool found)
    {
        SegmentationFindings head = findings with
        {
            MidlineShift = new MidlineShiftFindings(measured.MidlineShift.Mm, measured.MidlineShift.Towards, measured.MidlineShift.Slice,
                measured.MidlineShift.Reliability, measured.MidlineShift.Doubts),
        };
        VolumeInterval interval = segmentation.VolumeIntervalsMl[HematomaSegmenter.Hematoma];
        return !found ? head : head with
        {
            VolumeIntervalMl = new VolumeIntervalFindings(interval.LowMl, interval.HighMl, interval.Method),
            Abc2 = measured.Abc2 is { } abc ? new Abc2Findings(abc.AMm, abc.BMm, abc.CMm, abc.VolumeMl, abc.Slice) : null,
            ComponentList = [.. measured.Components.Select((part, i) => new ComponentFindings(part.VolumeMl,
                [part.CentroidMm.X, part.CentroidMm.Y, part.CentroidMm.Z], part.LargestSlice, part.MeanHounsfield,
                i < segmentation.Confidences.Count ? segmentation.Confidences[i] : null))],
            Location = measured.Location is { } place ? new LocationFindings(place.Side, place.LeftShare, place.Site, place.SiteReliability) : null,
        };
    }
}
