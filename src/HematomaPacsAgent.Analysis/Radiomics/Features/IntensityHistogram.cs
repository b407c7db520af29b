namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Features of the discretised intensities (IBSI ZVCW), n(i) the voxels at level i of 1 to Ng, p(i) their share. PyRadiomics has two of them,
/// filed under <c>firstorder</c>.
/// </summary>
internal static class IntensityHistogram
{
    public static readonly IReadOnlyList<Feature<HistogramMeasures>> Features =
    [
        new(null, "ih_mean", "X6K6", "1", m => m.Levels.Mean),
        new(null, "ih_var", "CH89", "1", m => m.Levels.Variance),
        new(null, "ih_skew", "88K1", "1", m => m.Levels.Skewness),
        new(null, "ih_kurt", "C3I7", "1", m => m.Levels.Kurtosis),
        new(null, "ih_median", "WIFQ", "1", m => m.Levels.Median),
        new(null, "ih_min", "1PR8", "1", m => m.Levels.Minimum),
        new(null, "ih_p10", "GPMT", "1", m => m.Levels.P10),
        new(null, "ih_p90", "OZ0C", "1", m => m.Levels.P90),
        new(null, "ih_max", "3NCY", "1", m => m.Levels.Maximum),
        new(null, "ih_mode", "AMMC", "1", m => m.Mode),
        new(null, "ih_iqr", "WR0O", "1", m => m.Levels.InterquartileRange),
        new(null, "ih_range", "5Z3W", "1", m => m.Levels.Range),
        new(null, "ih_mad", "D2ZX", "1", m => m.Levels.MeanAbsoluteDeviation),
        new(null, "ih_rmad", "WRZB", "1", m => m.Levels.RobustMeanAbsoluteDeviation),
        new(null, "ih_medad", "4RNL", "1", m => m.Levels.MedianAbsoluteDeviation),
        new(null, "ih_cov", "CWYJ", "1", m => m.Levels.CoefficientOfVariation),
        new(null, "ih_qcod", "SLWD", "1", m => m.Levels.QuartileCoefficientOfDispersion),
        new("Entropy", "ih_entropy", "TLU2", "1", m => m.Entropy),
        new("Uniformity", "ih_uniformity", "BJ5W", "1", m => m.Uniformity),
        new(null, "ih_max_grad", "12CE", "1", m => m.Gradients.Largest),
        new(null, "ih_max_grad_g", "8E6O", "1", m => m.Gradients.LargestAt),
        new(null, "ih_min_grad", "VQB3", "1", m => m.Gradients.Smallest),
        new(null, "ih_min_grad_g", "RHQZ", "1", m => m.Gradients.SmallestAt),
    ];

    /// <param name="histogram">Voxels a level from 0 to Ng; level 0 has none, and at least one has some.</param>
    /// <param name="epsilon">Added inside the logarithm of the entropy.</param>
    public static HistogramMeasures Measure(int[] histogram, double epsilon)
    {
        double entropy = 0, uniformity = 0, n = 0;
        foreach (int count in histogram) n += count;
        foreach (int count in histogram)
        {
            double p = count / n;
            entropy += Entropies.Term(p, epsilon);
            uniformity += p * p;
        }

        return new HistogramMeasures(histogram, entropy, uniformity);
    }
}

/// <summary>Entropy and uniformity at once; the rest when it is asked for, as PyRadiomics never does.</summary>
/// <param name="histogram">Voxels a level; index 0 has none.</param>
/// <param name="entropy">-sum(p log2 p), bits.</param>
/// <param name="uniformity">sum(p^2), above 0 to 1.</param>
internal sealed class HistogramMeasures(int[] histogram, double entropy, double uniformity)
{
    private readonly Lazy<FirstOrderMeasures> levels = new(() => StatisticsOf(histogram));
    private readonly Lazy<HistogramGradients> gradients = new(() => HistogramGradients.Of(histogram));

    public double Entropy => entropy;

    public double Uniformity => uniformity;

    /// <summary>The statistics of the voxels' levels; kurtosis is excess.</summary>
    public FirstOrderMeasures Levels => levels.Value;

    public HistogramGradients Gradients => gradients.Value;

    /// <summary>The level with most voxels; of several the one nearest the mean, of two as near the lower.</summary>
    public double Mode
    {
        get
        {
            int mode = 1;
            for (int level = 2; level < histogram.Length; level++)
                if (histogram[level] > histogram[mode]
                    || (histogram[level] == histogram[mode] && Math.Abs(level - Levels.Mean) < Math.Abs(mode - Levels.Mean))) mode = level;
            return mode;
        }
    }

    private static FirstOrderMeasures StatisticsOf(int[] histogram)
    {
        var sorted = new double[checked((int)histogram.Sum(count => (long)count))];
        int at = 0;
        for (int level = 0; level < histogram.Length; at += histogram[level++]) sorted.AsSpan(at, histogram[level]).Fill(level);
        return new FirstOrderMeasures(sorted, voxelMm3: 1, shift: 0, excess: 3);
    }
}

/// <summary>
/// Extremes of the histogram's gradient: (n(i + 1) - n(i - 1)) / 2, and n(2) - n(1), n(Ng) - n(Ng - 1) at its ends; of several equal ones the
/// lowest level. NaN for one level, which has no gradient.
/// </summary>
internal readonly record struct HistogramGradients(double Largest, double LargestAt, double Smallest, double SmallestAt)
{
    /// <param name="histogram">Voxels a level from 0; level 0 does not count.</param>
    public static HistogramGradients Of(ReadOnlySpan<int> histogram)
    {
        int last = histogram.Length - 1;
        HistogramGradients found = new(double.NaN, double.NaN, double.NaN, double.NaN);
        for (int i = 1; i <= last && last > 1; i++)
        {
            double gradient = i == 1 ? histogram[2] - histogram[1]
                : i == last ? histogram[last] - histogram[last - 1]
                : (histogram[i + 1] - histogram[i - 1]) / 2.0;
            if (!(gradient <= found.Largest)) found = found with { Largest = gradient, LargestAt = i };
            if (!(gradient >= found.Smallest)) found = found with { Smallest = gradient, SmallestAt = i };
        }

        return found;
    }
}

/// <summary>Terms of Shannon entropies in bits.</summary>
internal static class Entropies
{
    /// <summary>PyRadiomics adds the spacing of doubles at 1 inside each logarithm; IBSI takes 0 log 0 as 0.</summary>
    public static double Epsilon(RadiomicsProfile profile) => profile == RadiomicsProfile.PyRadiomics ? double.BitIncrement(1) - 1 : 0;

    /// <summary>-p log2(p + epsilon); 0 for p = 0.</summary>
    public static double Term(double p, double epsilon) => p > 0 ? -p * Math.Log2(p + epsilon) : 0;
}
