namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Intensity statistics (IBSI UHIW; PyRadiomics <c>firstorder</c>) of the N intensities x of a region. Moments are population moments, m_k
/// = mean((x - mean)^k); percentiles interpolate linearly between ranks. Units are those of the image (HU for CT).
/// </summary>
internal static class FirstOrder
{
    public static readonly IReadOnlyList<Feature<FirstOrderMeasures>> Features =
    [
        new("10Percentile", "stat_p10", "QG58", "[hnsf'U]", m => m.P10),
        new("90Percentile", "stat_p90", "8DWT", "[hnsf'U]", m => m.P90),
        new("Energy", "stat_energy", "N8CA", "[hnsf'U]2", m => m.Energy),
        new("InterquartileRange", "stat_iqr", "SALO", "[hnsf'U]", m => m.InterquartileRange),
        new("Kurtosis", "stat_kurt", "IPH6", "1", m => m.Kurtosis, OtherInPyRadiomics: true),
        new("Maximum", "stat_max", "84IY", "[hnsf'U]", m => m.Maximum),
        new("MeanAbsoluteDeviation", "stat_mad", "4FUA", "[hnsf'U]", m => m.MeanAbsoluteDeviation),
        new("Mean", "stat_mean", "Q4LE", "[hnsf'U]", m => m.Mean),
        new("Median", "stat_median", "Y12H", "[hnsf'U]", m => m.Median),
        new("Minimum", "stat_min", "1GSF", "[hnsf'U]", m => m.Minimum),
        new("Range", "stat_range", "2OJQ", "[hnsf'U]", m => m.Range),
        new("RobustMeanAbsoluteDeviation", "stat_rmad", "1128", "[hnsf'U]", m => m.RobustMeanAbsoluteDeviation),
        new("RootMeanSquared", "stat_rms", "5ZWQ", "[hnsf'U]", m => m.RootMeanSquared),
        new("Skewness", "stat_skew", "KE2A", "1", m => m.Skewness),
        new("TotalEnergy", null, null, "[hnsf'U]2.mm3", m => m.TotalEnergy),
        new("Variance", "stat_var", "ECT3", "[hnsf'U]2", m => m.Variance),
        new(null, "stat_medad", "N72L", "[hnsf'U]", m => m.MedianAbsoluteDeviation),
        new(null, "stat_cov", "7TET", "1", m => m.CoefficientOfVariation),
        new(null, "stat_qcod", "9S40", "1", m => m.QuartileCoefficientOfDispersion),
    ];

    /// <param name="values">The intensities of the intensity mask in any order, at least one.</param>
    /// <param name="voxelMm3">Volume of a voxel, for the total energy.</param>
    /// <param name="profile">PyRadiomics' kurtosis is raw, IBSI's excess.</param>
    /// <param name="voxelArrayShift">PyRadiomics adds it to each intensity in the energies; IBSI does not.</param>
    /// <exception cref="RadiomicsException">There is no value.</exception>
    public static FirstOrderMeasures Measure(ReadOnlySpan<double> values, double voxelMm3, RadiomicsProfile profile, double voxelArrayShift)
    {
        if (values.IsEmpty) throw new RadiomicsException("the mask is empty: there is no region to measure");
        double[] sorted = [.. values];
        Array.Sort(sorted);
        bool pyRadiomics = profile == RadiomicsProfile.PyRadiomics;
        return new FirstOrderMeasures(sorted, voxelMm3, pyRadiomics ? voxelArrayShift : 0, excess: pyRadiomics ? 0 : 3);
    }
}

/// <summary>The statistics of one sorted list of intensities.</summary>
internal sealed class FirstOrderMeasures
{
    /// <param name="sorted">Ascending, not empty.</param>
    /// <param name="voxelMm3">Volume of a voxel, for the total energy.</param>
    /// <param name="shift">Added to each intensity in the energies.</param>
    /// <param name="excess">Taken off the kurtosis: 3 makes it IBSI's excess kurtosis.</param>
    public FirstOrderMeasures(ReadOnlySpan<double> sorted, double voxelMm3, double shift, double excess)
    {
        int n = sorted.Length;
        (Minimum, Maximum) = (sorted[0], sorted[^1]);
        (P10, Median, P90) = (Percentile(sorted, 0.10), Percentile(sorted, 0.50), Percentile(sorted, 0.90));
        double p25 = Percentile(sorted, 0.25), p75 = Percentile(sorted, 0.75);
        InterquartileRange = p75 - p25;
        QuartileCoefficientOfDispersion = (p75 - p25) / (p75 + p25);
        double sum = 0, robustSum = 0;
        int robustCount = 0;
        foreach (double x in sorted)
        {
            sum += x;
            if (x < P10 || x > P90) continue;
            robustSum += x;
            robustCount++;
        }

        Mean = sum / n;
        double robustMean = robustSum / robustCount;
        double m2 = 0, m3 = 0, m4 = 0, absolute = 0, aroundMedian = 0, robust = 0;
        foreach (double x in sorted)
        {
            double d = x - Mean, square = d * d;
            m2 += square;
            m3 += square * d;
            m4 += square * square;
            absolute += Math.Abs(d);
            aroundMedian += Math.Abs(x - Median);
            Energy += (x + shift) * (x + shift);
            if (x >= P10 && x <= P90) robust += Math.Abs(x - robustMean);
        }

        (m2, m3, m4) = (m2 / n, m3 / n, m4 / n);
        (Variance, MeanAbsoluteDeviation, MedianAbsoluteDeviation) = (m2, absolute / n, aroundMedian / n);
        RobustMeanAbsoluteDeviation = robust / robustCount;
        RootMeanSquared = Math.Sqrt(Energy / n);
        TotalEnergy = Energy * voxelMm3;
        // Both conventions set the shape of a single value to 0.
        Skewness = m2 == 0 ? 0 : m3 / Math.Pow(m2, 1.5);
        Kurtosis = m2 == 0 ? 0 : m4 / (m2 * m2) - excess;
        CoefficientOfVariation = Math.Sqrt(m2) / Mean;
    }

    public double Minimum { get; }
    public double Maximum { get; }
    public double Range => Maximum - Minimum;
    public double Mean { get; }
    public double Median { get; }
    public double P10 { get; }
    public double P90 { get; }

    /// <summary>P75 - P25.</summary>
    public double InterquartileRange { get; }

    /// <summary>(P75 - P25) / (P75 + P25).</summary>
    public double QuartileCoefficientOfDispersion { get; }

    /// <summary>m2.</summary>
    public double Variance { get; }

    /// <summary>m3 / m2^1.5; 0 for a single value.</summary>
    public double Skewness { get; }

    /// <summary>m4 / m2^2 (PyRadiomics), less 3 (IBSI); 0 for a single value.</summary>
    public double Kurtosis { get; }

    /// <summary>mean(|x - mean|).</summary>
    public double MeanAbsoluteDeviation { get; }

    /// <summary>mean(|x - median|).</summary>
    public double MedianAbsoluteDeviation { get; }

    /// <summary>Mean absolute deviation of the intensities from P10 to P90 around their own mean.</summary>
    public double RobustMeanAbsoluteDeviation { get; }

    /// <summary>sqrt(m2) / mean.</summary>
    public double CoefficientOfVariation { get; }

    /// <summary>sum((x + shift)^2).</summary>
    public double Energy { get; }

    /// <summary>Energy times the volume of a voxel, mm3.</summary>
    public double TotalEnergy { get; }

    /// <summary>sqrt(Energy / N).</summary>
    public double RootMeanSquared { get; }

    private static double Percentile(ReadOnlySpan<double> sorted, double fraction)
    {
        double rank = (sorted.Length - 1) * fraction;
        int below = (int)rank;
        double weight = rank - below, low = sorted[below], high = sorted[Math.Min(below + 1, sorted.Length - 1)];
        // Interpolating from the nearer end keeps the result between both values whatever the rounding.
        return weight < 0.5 ? low + (high - low) * weight : high - (high - low) * (1 - weight);
    }
}
