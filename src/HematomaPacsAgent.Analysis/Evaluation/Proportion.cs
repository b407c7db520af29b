namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>A 95 % confidence interval.</summary>
public sealed record Interval(double Low, double High);

/// <summary>A share of cases with its Wilson score interval.</summary>
/// <param name="Count">How many have it.</param>
/// <param name="Total">Of how many.</param>
/// <param name="Share">0 to 1; null of none.</param>
/// <param name="Ci95">Wilson's interval without continuity correction (J Am Stat Assoc 1927;22:209); null of none.</param>
public sealed record Proportion(int Count, int Total, double? Share, Interval? Ci95)
{
    /// <summary>The 97.5 % point of the normal distribution.</summary>
    internal const double Z = 1.959963984540054;

    /// <exception cref="ArgumentOutOfRangeException">A count is negative or above the whole.</exception>
    public static Proportion From(int count, int total)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, total);
        if (total == 0) return new Proportion(0, 0, null, null);
        double n = total, share = count / n, spread = 1 + Z * Z / n;
        double middle = (share + Z * Z / (2 * n)) / spread, half = Z / spread * Math.Sqrt(share * (1 - share) / n + Z * Z / (4 * n * n));
        // At either end the formula gives the end itself, but for rounding.
        return new Proportion(count, total, share, new Interval(count == 0 ? 0 : middle - half, count == total ? 1 : middle + half));
    }

    public static Proportion Of<T>(IReadOnlyCollection<T> cases, Func<T, bool> has) => From(cases.Count(has), cases.Count);
}

/// <summary>How values lie: median, quartiles, extremes.</summary>
/// <remarks>Quantiles between two values are interpolated linearly (NumPy's default, R's type 7).</remarks>
public sealed record Distribution(int N, double Median, double LowerQuartile, double UpperQuartile, double Minimum, double Maximum)
{
    /// <returns>Null of no values.</returns>
    public static Distribution? Of(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length == 0 ? null
            : new Distribution(sorted.Length, Quantile(sorted, 0.5), Quantile(sorted, 0.25), Quantile(sorted, 0.75), sorted[0], sorted[^1]);
    }

    /// <param name="sorted">Ascending, at least one.</param>
    /// <param name="share">0 to 1.</param>
    internal static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        double at = share * (sorted.Count - 1);
        int below = (int)at, above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
    }
}
