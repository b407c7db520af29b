namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>Cases whose probability lies in one bin.</summary>
/// <param name="From">Lower end, inside.</param>
/// <param name="To">Upper end, outside (of the last bin inside).</param>
/// <param name="N">Cases.</param>
/// <param name="MeanProbability">What the model said; null of none.</param>
/// <param name="Observed">What was true, with Wilson's interval.</param>
public sealed record ReliabilityBin(double From, double To, int N, double? MeanProbability, Proportion Observed);

/// <summary>Whether probabilities mean what they say.</summary>
/// <param name="Brier">Mean squared difference of probability and truth: 0 best, 0.25 for always 0.5; null of no case.</param>
/// <param name="ExpectedCalibrationError">Mean over cases of |observed - said| of their bin (Naeini et al., AAAI 2015); null of no case.</param>
/// <param name="Bins">Ten, equally wide.</param>
public sealed record Reliability(double? Brier, double? ExpectedCalibrationError, IReadOnlyList<ReliabilityBin> Bins)
{
    private const int BinCount = 10;

    /// <exception cref="ArgumentException">A probability is not between 0 and 1.</exception>
    public static Reliability Of(IReadOnlyList<(double Probability, bool Truth)> cases)
    {
        if (cases.Any(one => one.Probability is not (>= 0 and <= 1))) throw new ArgumentException("a probability is not between 0 and 1");
        ILookup<int, (double Probability, bool Truth)> byBin = cases.ToLookup(one => Math.Min(BinCount - 1, (int)(one.Probability * BinCount)));
        ReliabilityBin[] bins = [.. Enumerable.Range(0, BinCount).Select(bin =>
        {
            (double Probability, bool Truth)[] inside = [.. byBin[bin]];
            return new ReliabilityBin((double)bin / BinCount, (bin + 1.0) / BinCount, inside.Length,
                inside.Length == 0 ? null : inside.Average(one => one.Probability), Proportion.Of(inside, one => one.Truth));
        })];
        if (cases.Count == 0) return new Reliability(null, null, bins);
        return new Reliability(cases.Average(one => (one.Probability - (one.Truth ? 1 : 0)) * (one.Probability - (one.Truth ? 1 : 0))),
            bins.Sum(bin => bin.N == 0 ? 0 : bin.N * Math.Abs(bin.Observed.Share!.Value - bin.MeanProbability!.Value)) / cases.Count, bins);
    }
}
