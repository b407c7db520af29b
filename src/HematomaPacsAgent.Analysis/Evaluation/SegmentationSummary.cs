namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>Cases in which a class is there, together.</summary>
/// <param name="Group">E.g. <c>all</c>, <c>5-30 ml</c>, <c>regime C</c>.</param>
/// <param name="N">Cases in which the class is there.</param>
/// <param name="IouAbove06">Strictly above 0.6 (Feng et al., Eur Radiol 2024;34:2908).</param>
/// <param name="IouAbove08">Strictly above 0.8.</param>
/// <param name="Hausdorff95Mm">Of those in which the model found something: see its own N.</param>
public sealed record OverlapSummary(string Group, int N, Proportion IouAbove06, Proportion IouAbove08, Distribution? Iou, Distribution? Dice,
    Distribution? Accuracy, Distribution? BrainAccuracy, Distribution? Hausdorff95Mm, Distribution? VolumeErrorMl, Distribution? VolumeErrorPercent)
{
    public static OverlapSummary Of(string group, IReadOnlyCollection<ClassScore> there) => new(group, there.Count,
        Proportion.Of(there, score => score.Overlap.Iou > 0.6), Proportion.Of(there, score => score.Overlap.Iou > 0.8),
        Distribution.Of(there.Select(score => score.Overlap.Iou)), Distribution.Of(there.Select(score => score.Overlap.Dice)),
        Distribution.Of(there.Select(score => (double?)score.Overlap.Accuracy)), Distribution.Of(there.Select(score => score.Overlap.BrainAccuracy)),
        Distribution.Of(there.Select(score => score.Hausdorff95Mm)), Distribution.Of(there.Select(score => (double?)score.VolumeErrorMl)),
        Distribution.Of(there.Select(score => score.VolumeErrorPercent)));
}

/// <summary>Sensitivity and specificity; slices of one patient are taken for independent, so their intervals are too narrow.</summary>
/// <param name="Unclear">Not counted: truth below the smallest area.</param>
public sealed record Detection(Proportion Sensitivity, Proportion Specificity, int Unclear);

/// <summary>One class over all cases whose truth knows it.</summary>
/// <param name="Class">E.g. <c>hematoma</c>.</param>
/// <param name="N">Cases analysed.</param>
/// <param name="Overall">All cases in which it is there.</param>
/// <param name="ByVolume">The same by true volume: below 5, 5 to 30, above 30 ml.</param>
/// <param name="ByRegime">The same by scanner or hospital.</param>
/// <param name="VolumeAgreement">Found - true volume, ml, of cases in which it is there; null of fewer than two.</param>
/// <param name="PerPatient">There: one voxel of truth. Found: from <see cref="DetectionLimits.SmallestFindingMl"/> on.</param>
/// <param name="PerSlice">By <see cref="DetectionLimits.SmallestSliceAreaMm2"/>.</param>
/// <param name="FalseVolumeMl">The model's volume in cases in which the class is not there; null of none.</param>
public sealed record ClassSummary(string Class, int N, OverlapSummary Overall, IReadOnlyList<OverlapSummary> ByVolume,
    IReadOnlyList<OverlapSummary> ByRegime, BlandAltman? VolumeAgreement, Detection PerPatient, Detection PerSlice, Distribution? FalseVolumeMl)
{
    private static readonly (string Name, Func<double, bool> Holds)[] Strata =
        [("<5 ml", ml => ml < 5), ("5-30 ml", ml => ml is >= 5 and <= 30), (">30 ml", ml => ml > 30)];

    /// <param name="key">The class.</param>
    /// <param name="rows">All cases; those not analysed, or whose truth does not know the class, are left out.</param>
    /// <param name="limits">When something counts as found.</param>
    public static ClassSummary Of(string key, IReadOnlyList<SegmentationRow> rows, DetectionLimits limits)
    {
        (string? Regime, ClassScore Score)[] known = [.. rows.Where(row => row.Of(key) is not null).Select(row => (row.Regime, row.Of(key)!))];
        ClassScore[] all = [.. known.Select(one => one.Score)], there = [.. all.Where(score => score.IsThere)],
            absent = [.. all.Where(score => !score.IsThere)];
        bool Found(ClassScore score) => score.FoundMl >= limits.SmallestFindingMl;
        int Slices(Func<SliceCounts, int> count) => all.Sum(score => count(score.Slices));
        (int hits, int misses) = (Slices(count => count.TruePositive), Slices(count => count.FalseNegative));
        (int rejections, int alarms) = (Slices(count => count.TrueNegative), Slices(count => count.FalsePositive));
        return new ClassSummary(key, all.Length, OverlapSummary.Of("all", there),
            [.. Strata.Select(stratum => OverlapSummary.Of(stratum.Name, [.. there.Where(score => stratum.Holds(score.TruthMl))]))],
            [.. known.GroupBy(one => one.Regime ?? "unknown").OrderBy(regime => regime.Key, StringComparer.Ordinal)
                .Select(regime => OverlapSummary.Of(regime.Key, [.. regime.Select(one => one.Score).Where(score => score.IsThere)]))],
            BlandAltman.Of([.. there.Select(score => score.VolumeErrorMl)]),
            new Detection(Proportion.Of(there, Found), Proportion.Of(absent, score => !Found(score)), 0),
            new Detection(Proportion.From(hits, hits + misses), Proportion.From(rejections, rejections + alarms), Slices(count => count.Unclear)),
            Distribution.Of(absent.Select(score => (double?)score.FoundMl)));
    }
}
