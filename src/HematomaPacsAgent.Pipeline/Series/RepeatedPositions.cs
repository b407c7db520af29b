using System.Globalization;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>
/// A series with several images at one position becomes stacks with one: exact copies are left out, runs are told apart by what the scanner wrote
/// about them. What cannot be told apart is refused, and a perfusion series is no scan that was repeated.
/// </summary>
internal static class RepeatedPositions
{
    private const double OverlapFactor = 0.75;
    private const int MostSharedPositions = 2, MostParts = 4;

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
        if (positions.TrueForAll(position => position.Count == 1)) return Interleaved(positions, rules) ?? [new SliceStack(images)];
        // The same object sent twice is no time point; only a few are compared, since a perfusion series has UIDs of its own for each image.
        List<CtInstance> objects = [.. positions.SelectMany(position => position.GroupBy(image => (image.SopInstanceUid, image.FrameNumber))
            .SelectMany(same => WithoutCopies([.. same], cancellation)))];
        positions = AtOnePosition(objects);
        int most = positions.Max(position => position.Count);
        if (most > rules.MaxImagesAtOnePosition)
            return [new SliceStack(objects, obstacle: $"{most} images at one position: a dynamic (perfusion) series")];

        List<CtInstance> kept = [.. positions.SelectMany(position => WithoutCopies(position, cancellation))];
        int copies = images.Count - kept.Count;
        string[] remarks = copies > 0 ? [$"{copies} images are exact copies of others at their position and were left out"] : [];
        if (AtOnePosition(kept).TrueForAll(position => position.Count == 1)) return [new SliceStack(kept, remarks: remarks)];
        return InParts(kept, remarks) ?? ByName(kept, remarks) ?? ByOrder(kept, remarks) ?? [new SliceStack(kept, remarks: remarks,
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
            catch (Exception unread) when (unread is NotEligibleException or DicomValueException or ArgumentException or OverflowException)
            {
                // A damaged image is nobody's copy; it is told of where its stack is read.
                hounsfield = [];
            }

            if (hounsfield.Length == 0 || !kept.Exists(other => other.Hounsfield.AsSpan().SequenceEqual(hounsfield) && other.Image.Origin == image.Origin))
                kept.Add((image, hounsfield));
        }

        return kept.Select(entry => entry.Image);
    }

    /// <summary>Two scans whose positions do not coincide: their slices lie between each other. A thin base below a thick vertex is one scan, and so are
    /// overlapping slices of one acquisition.</summary>
    private static List<SliceStack>? Interleaved(List<List<CtInstance>> positions, SeriesRules rules)
    {
        CtInstance[] images = [.. positions.Select(position => position[0])];
        double thickest = images.Max(image => image.ThicknessMm);
        if (!images.Zip(images.Skip(1)).Any(pair => pair.Second.PositionMm - pair.First.PositionMm < OverlapFactor * thickest)) return null;
        foreach (DicomTag tag in Names)
        {
            List<CtInstance>[] runs = Runs(images, tag);
            if (runs.Length < 2 || runs.Length > rules.MaxImagesAtOnePosition) continue;
            bool between = Enumerable.Range(1, runs.Length - 1).Any(i => runs.Take(i).Any(lower =>
                lower[^1].PositionMm - runs[i][0].PositionMm > MostSharedPositions * thickest && Math.Min(lower.Count, runs[i].Count) > MostSharedPositions));
            if (between) return Stacks(runs, tag, []);
        }

        return null;
    }

    /// <summary>One scan in parts, each of which goes further than the one before and repeats a position or two of it.</summary>
    private static List<SliceStack>? InParts(List<CtInstance> images, string[] remarks)
    {
        foreach (DicomTag tag in Names)
        {
            List<CtInstance>[] runs = Runs(images, tag);
            if (runs.Length is < 2 or > MostParts || !Array.TrueForAll(runs, run => run.Count > MostSharedPositions && IsSingle(run))) continue;
            int shared = images.Count - AtOnePosition(images).Count;
            bool extends = Enumerable.Range(1, runs.Length - 1).All(i => Before(runs[i - 1][0], runs[i][0]) && Before(runs[i - 1][^1], runs[i][^1])
                && runs[i - 1].Count(image => !Before(image, runs[i][0])) <= MostSharedPositions
                && runs[i].Count(image => !Before(runs[i - 1][^1], image)) <= MostSharedPositions);
            if (!extends) continue;
            List<CtInstance> joined =
                [.. AtOnePosition(images).Select(position => position.MinBy(image => Array.FindIndex(runs, run => run.Contains(image)))!)];
            return [new SliceStack(joined, remarks: [.. remarks, $"the scan was made in {runs.Length} parts, told apart by "
                + $"{DicomDictionary.Lookup(tag).Keyword} {tag}, that share {shared} positions; they were joined, with one image at each"])];
        }

        return null;

        static bool Before(CtInstance low, CtInstance high) => low.PositionMm < high.PositionMm - SliceStack.SamePositionMm;
    }

    /// <summary>The images by an attribute's value, each run ascending, the run that begins lowest first.</summary>
    private static List<CtInstance>[] Runs(IEnumerable<CtInstance> images, DicomTag tag) =>
    [
        .. images.OrderBy(image => image.PositionMm).GroupBy(image => image.Header.GetStringOrEmpty(tag)).Select(run => run.ToList())
            .OrderBy(run => run[0].PositionMm).ThenBy(run => run[^1].PositionMm),
    ];

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
