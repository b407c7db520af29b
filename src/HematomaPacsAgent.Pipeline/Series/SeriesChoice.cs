using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>The stacks of a study in the order in which they are to be read, and the rows of what is not to be read at all.</summary>
internal sealed class SeriesChoice
{
    /// <summary>Of two eligible stacks the one with the lower key is preferred; the first key that differs decides, and is told.</summary>
    /// <param name="Name">What is compared.</param>
    /// <param name="Key">Lower is better.</param>
    /// <param name="Show">The value as a person reads it.</param>
    private sealed record Criterion(string Name, Func<SliceStack, double> Key, Func<SliceStack, string> Show);

    private readonly Criterion[] criteria;

    private SeriesChoice(IReadOnlyList<SliceStack> ranked, IReadOnlyList<SeriesCandidate> refused, Criterion[] criteria) =>
        (Ranked, Refused, this.criteria) = (ranked, refused, criteria);

    /// <summary>Eligible by their headers, best first.</summary>
    public IReadOnlyList<SliceStack> Ranked { get; }

    public IReadOnlyList<SeriesCandidate> Refused { get; }

    /// <param name="instances">All planes of a study.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="cancellation">Checked where pixels are compared.</param>
    public static SeriesChoice Among(IReadOnlyList<CtInstance> instances, SeriesRules rules, CancellationToken cancellation)
    {
        List<SeriesCandidate> refused = [.. instances.Where(instance => instance.Obstacle is not null)
            .GroupBy(instance => (instance.SeriesInstanceUid, instance.Obstacle))
            .Select(group => SeriesCandidate.Of([.. group], group.Key.Obstacle!))];
        ILookup<string, CtInstance> unusable = instances.Where(instance => instance.Obstacle is not (null or HeaderRules.Localizer))
            .ToLookup(instance => instance.SeriesInstanceUid);
        List<SliceStack> eligible = [];
        foreach (List<CtInstance> parallel in Parallel(instances.Where(instance => instance.Obstacle is null)))
            foreach (SliceStack stack in RepeatedPositions.Split(parallel, rules, cancellation))
            {
                stack.Lose(unusable[stack.First.SeriesInstanceUid]);
                if (stack.Obstacle(rules) is { } obstacle) refused.Add(SeriesCandidate.Of(stack, SeriesVerdict.Rejected, obstacle));
                else eligible.Add(stack);
            }

        Criterion[] criteria = Criteria(rules);
        eligible.Sort((a, b) => Array.Find(criteria, criterion => criterion.Key(a) != criterion.Key(b)) is { } decisive
            ? decisive.Key(a).CompareTo(decisive.Key(b))
            : string.CompareOrdinal(a.First.SeriesInstanceUid, b.First.SeriesInstanceUid) is not 0 and var series ? series
            : string.CompareOrdinal(a.First.SopInstanceUid, b.First.SopInstanceUid));
        return new SeriesChoice(eligible, refused, criteria);
    }

    /// <summary>What made one of two eligible stacks the better, from the view of the other.</summary>
    public string WhyBehind(SliceStack loser, SliceStack winner) =>
        Array.Find(criteria, criterion => criterion.Key(loser) != criterion.Key(winner)) is { } decisive
            ? $"eligible, but {winner.Name} is preferred for its {decisive.Name}: {decisive.Show(winner)} against {decisive.Show(loser)}"
            : $"eligible, and equal to {winner.Name} in all that counts: the lower UID decided";

    /// <summary>The order of docs/series-rules.md.</summary>
    private static Criterion[] Criteria(SeriesRules rules) =>
    [
        new("kernel", stack => (int)HeaderRules.Kernel(stack.First.Header, rules),
            stack => HeaderRules.Kernel(stack.First.Header, rules) == KernelSharpness.Soft ? "a known soft one" : "one that is not known"),
        // Steps of 2 cm: a slice more or less at an end is no better view of the brain.
        new("coverage", stack => -Math.Round(stack.CoverageMm / 20), stack => FormattableString.Invariant($"{stack.CoverageMm:F0} mm")),
        new("slice thickness", stack => Math.Abs(stack.ThicknessMm - rules.PreferredThicknessMm),
            stack => FormattableString.Invariant($"{stack.ThicknessMm:0.##} mm")),
        new("pixels without loss", stack => stack.Slices.Any(slice => slice.IsLossy) ? 1 : 0,
            stack => stack.Slices.Any(slice => slice.IsLossy) ? "lossy" : "lossless"),
        new("originality", stack => stack.IsOriginal ? 0 : 1, stack => stack.IsOriginal ? "original" : "derived"),
        new("number of slices", stack => -stack.Slices.Count, stack => $"{stack.Slices.Count}"),
        // Of two runs the earlier: contrast that nothing tells of can only be in the later.
        new("earlier time", stack => stack.AcquiredAt,
            stack => double.IsFinite(stack.AcquiredAt) ? FormattableString.Invariant($"{stack.AcquiredAt:F0}") : "none stated"),
        new("acquisition number", stack => stack.Lowest(DicomTag.AcquisitionNumber), stack => $"{stack.Lowest(DicomTag.AcquisitionNumber)}"),
        new("instance numbers", stack => stack.Lowest(DicomTag.InstanceNumber), stack => $"from {stack.Lowest(DicomTag.InstanceNumber)}"),
    ];

    private static List<List<CtInstance>> Parallel(IEnumerable<CtInstance> instances)
    {
        List<List<CtInstance>> stacks = [];
        foreach (CtInstance instance in instances)
            if (stacks.Find(stack => stack[0].StacksWith(instance)) is { } found) found.Add(instance);
            else stacks.Add([instance]);
        return stacks;
    }
}
