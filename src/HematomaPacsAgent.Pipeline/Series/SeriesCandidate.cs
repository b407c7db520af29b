using System.Text.Json.Serialization;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

[JsonConverter(typeof(JsonStringEnumConverter<SeriesVerdict>))]
public enum SeriesVerdict
{
    [JsonStringEnumMemberName("chosen")] Chosen,
    [JsonStringEnumMemberName("rejected")] Rejected,
}

/// <summary>One row of the table that says which series was read, and why each other one was not. It holds no free text of the header: a series'
/// description may name anybody.</summary>
/// <param name="SeriesInstanceUid">The series; empty where an object names none.</param>
/// <param name="SeriesNumber">As the scanner numbered it; null where it did not.</param>
/// <param name="Part">Which part of the series, where it holds several stacks; null for all of it.</param>
/// <param name="Images">Images, or frames of multi-frame images.</param>
/// <param name="ThicknessMm">Commonest slice thickness; null where it is no stack of slices.</param>
/// <param name="SpacingMm">Median distance between slices; null likewise.</param>
/// <param name="CoverageMm">From the lower edge of the lowest slice to the upper edge of the highest; null likewise.</param>
/// <param name="Kernel">ConvolutionKernel (0018,1210), first value; null where none is stated.</param>
/// <param name="Verdict">Chosen or rejected.</param>
/// <param name="Reasons">Why: for the chosen one what decided, for a rejected one what is wrong with it or what the other is better in.</param>
public sealed record SeriesCandidate(string SeriesInstanceUid, int? SeriesNumber, string? Part, int Images, double? ThicknessMm, double? SpacingMm,
    double? CoverageMm, string? Kernel, SeriesVerdict Verdict, IReadOnlyList<string> Reasons)
{
    internal static SeriesCandidate Of(SliceStack stack, SeriesVerdict verdict, params IReadOnlyList<string> reasons) => new(
        stack.First.SeriesInstanceUid, Number(stack.First.Header), stack.Part, stack.Slices.Count, Rounded(stack.ThicknessMm), Rounded(stack.SpacingMm),
        Rounded(stack.CoverageMm), KernelOf(stack.First.Header), verdict, reasons);

    /// <summary>Images of a series that share an obstacle and are no stack.</summary>
    internal static SeriesCandidate Of(IReadOnlyList<CtInstance> images, string obstacle)
    {
        DicomDataset header = images[0].Header;
        return new SeriesCandidate(images[0].SeriesInstanceUid, Number(header), null, images.Count,
            CtInstance.Numbers(header, DicomTag.SliceThickness) is [> 0 and < 1000 and var thickness] ? Rounded(thickness) : null, null, null, KernelOf(header),
            SeriesVerdict.Rejected, [obstacle]);
    }

    private static int? Number(DicomDataset header) => header.TryGetSingleValue(DicomTag.SeriesNumber, out int number) ? number : null;

    private static double? Rounded(double? mm) => mm is { } value ? Math.Round(value, 2) : null;

    private static string? KernelOf(DicomDataset header) => HeaderRules.KernelName(header) is { Length: > 0 } kernel ? kernel : null;
}
