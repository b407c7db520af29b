using System.Globalization;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>
/// A series with several images at one position becomes stacks with one: exact copies are left out, runs are told apart by what the scanner wrote
/// about them. What cannot be told apart is refused, and a perfusion series is no scan that was repeated.
/// </summary>
internal static class RepeatedPositions
{
    /// <summary>Attributes whose values may name the runs, surest first.</summary>
    private static readonly DicomTag[] Names =
    [
        DicomTag.AcquisitionNumber, DicomTag.TemporalPositionIdentifier, DicomTag.StackID, DicomTag.ImageType, DicomTag.ConvolutionKernel, DicomTag.KVP,
        DicomTag.SliceThickness, DicomTag.AcquisitionDateTime, DicomTag.AcquisitionTime,
    ];

    /// <summary>Attributes that grow through a run, so that one run ends before the next begins.</summary>
    private static readonly DicomTag[] Orders = [DicomTag.AcquisitionDateTime, DicomTag.AcquisitionTime, DicomTag.AcquisitionNumber, DicomTag.InstanceNumber];

    /// <param name="images">Parallel planes of one series.</param>
    /// <param name="rules">How many images at one position are a dynamic series.</param>
    /// <param name="cancellation">Checked at each image compared.</param>
    public static IReadOnlyList<SliceStack> Split(IReadOnlyList<CtInstance> images, SeriesRules rules, CancellationToken cancellation)
    {
        List<List<CtInstance>> positions = AtOnePosition(images);
        if (positions.TrueForAll(position => position.Count == 1)) return [new SliceStack(images)];
        int most = positions.Max(position => position.Count);
        if (most > rules.MaxImagesAtOnePosition)
            return [new SliceStack(images, obstacle: $"{most} images at one position: a dynamic (perfusion) series")];

        List<CtInstance> kept = [.. positions.SelectMany(position => WithoutCopies(position, cancellation))];
        int copies = images.Count - kept.Count;
        string[] remarks = copies > 0 ? [$"{copies} images are exact copies of others at their position and were left out"] : [];
        if (AtOnePosition(kept).TrueForAll(position => position.Count == 1)) return [new SliceStack(kept, remarks: remarks)];
        return ByName(kept, remarks) ?? ByOrder(kept, remarks) ?? [new SliceStack(kept, remarks: remarks,
            obstacle: $"{AtOnePosition(kept).Count(position => position.Count > 1)} positions hold several different images: it mixes two acquisitions that "
                + "nothing in the headers tells apart. Send each as a series of its own")];
    }

    private static List<List<CtInstance>> AtOnePosition(IEnumerable<CtInstance> images)
    {
        List<List<CtInstance>> positions = [];
        foreach (CtInstance image in images.OrderBy(image => image.PositionMm).ThenBy(image => image.SopInstanceUid, StringComparer.Ordinal))
            if (positions.Count > 0 && image.PositionMm - positions[^1][0].PositionMm < SliceStack.SamePositionMm) positions[^1].Add(image);
            else positions.Add([image]);
        return positions;
    }

    /// <summary>The images of a position that differ in at least one pixel, lowest UID first.</summary>
    private static IEnumerable<CtInstance> WithoutCopies(List<CtInstance> position, CancellationToken cancellation)
    {
        if (position.Count == 1) return position;
        List<(CtInstance Image, short[] Hounsfield)> kept = [];
        foreach (CtInstance image in position)
        {
            short[] hounsfield = new short[image.Rows * image.Columns];
            try
            {
                HounsfieldReader.Read(image, hounsfield, 1, cancellation);
            }
            catch (NotEligibleException)
            {
                // A damaged image is nobody's copy; it is told of where its stack is read.
                hounsfield = [];
            }

            if (hounsfield.Length == 0 || !kept.Exists(other => other.Hounsfield.AsSpan().SequenceEqual(hounsfield) && other.Image.Origin == image.Origin))
                kept.Add((image, hounsfield));
        }

        return kept.Select(entry => entry.Image);
    }

    /// <summary>By an attribute with one value in each run: no run holds a position twice, and the largest is no mere fragment.</summary>
    private static List<SliceStack>? ByName(List<CtInstance> images, string[] remarks)
    {
        int positions = AtOnePosition(images).Count;
        foreach (DicomTag tag in Names)
        {
            List<CtInstance>[] runs = [.. images.GroupBy(image => image.Header.GetStringOrEmpty(tag)).Select(run => run.ToList())];
            if (runs.Length < 2 || runs.Max(run => run.Count) < 0.5 * positions || !Array.TrueForAll(runs, IsSingle)) continue;
            return Stacks(runs, tag, remarks);
        }

        return null;
    }

    /// <summary>By an attribute that grows: the first image at each position is of the first run, where all of the first run came before the second.</summary>
    private static List<SliceStack>? ByOrder(List<CtInstance> images, string[] remarks)
    {
        foreach (DicomTag tag in Orders)
        {
            List<List<CtInstance>> runs = [];
            foreach (List<CtInstance> position in AtOnePosition(images))
                foreach ((int index, CtInstance image) in position.OrderBy(image => Number(image, tag)).Index())
                {
                    if (runs.Count == index) runs.Add([]);
                    runs[index].Add(image);
                }

            if (!images.TrueForAll(image => double.IsFinite(Number(image, tag)))) continue;
            bool apart = Enumerable.Range(1, runs.Count - 1).All(i => runs[i - 1].Max(image => Number(image, tag)) < runs[i].Min(image => Number(image, tag)));
            if (apart) return Stacks([.. runs], tag, remarks);
        }

        return null;
    }

    private static bool IsSingle(List<CtInstance> run) => AtOnePosition(run).TrueForAll(position => position.Count == 1);

    private static List<SliceStack> Stacks(List<CtInstance>[] runs, DicomTag tag, string[] remarks)
    {
        string told = $"the series holds {runs.Length} acquisitions, told apart by {DicomDictionary.Lookup(tag).Keyword} {tag}; one was read";
        return [.. runs.Select((run, index) => new SliceStack(run, $"acquisition {index + 1} of {runs.Length}", [.. remarks, told]))];
    }

    private static double Number(CtInstance image, DicomTag tag) =>
        double.TryParse(image.Header.GetStringOrEmpty(tag).Split('+', '-')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            ? value : double.NaN;
}
