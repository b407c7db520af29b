namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// Features of the discretised intensities (IBSI ZVCW), p(i) the share of voxels at level i. PyRadiomics files them under
/// <c>firstorder</c>.
/// </summary>
internal static class IntensityHistogram
{
    public static readonly IReadOnlyList<Feature<HistogramMeasures>> Features =
    [
        new("Entropy", "ih_entropy", "TLU2", "1", m => m.Entropy),
        new("Uniformity", "ih_uniformity", "BJ5W", "1", m => m.Uniformity),
    ];

    public static HistogramMeasures Measure(DiscretisedRoi roi, RadiomicsSettings settings)
    {
        double entropy = 0, uniformity = 0, n = roi.Positions.Length, epsilon = Entropies.Epsilon(settings.Profile);
        foreach (int count in roi.Histogram)
        {
            double p = count / n;
            entropy += Entropies.Term(p, epsilon);
            uniformity += p * p;
        }

        return new HistogramMeasures(entropy, uniformity);
    }
}

/// <param name="Entropy">-sum(p log2 p), bits.</param>
/// <param name="Uniformity">sum(p^2), above 0 to 1.</param>
internal sealed record HistogramMeasures(double Entropy, double Uniformity);

/// <summary>Terms of Shannon entropies in bits.</summary>
internal static class Entropies
{
    /// <summary>PyRadiomics adds the spacing of doubles at 1 inside each logarithm; IBSI takes 0 log 0 as 0.</summary>
    public static double Epsilon(RadiomicsProfile profile) => profile == RadiomicsProfile.PyRadiomics ? double.BitIncrement(1) - 1 : 0;

    /// <summary>-p log2(p + epsilon); 0 for p = 0.</summary>
    public static double Term(double p, double epsilon) => p > 0 ? -p * Math.Log2(p + epsilon) : 0;
}
