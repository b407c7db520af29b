namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Intensity statistics of a region. IBSI family UHIW; entropy and uniformity are of the discretised histogram (family ZVCW).</summary>
internal static class FirstOrder
{
    private const double Epsilon = 2.2e-16;

    /// <summary>Adds the 18 features of PyRadiomics, in its names. Units: HU, or HU to the power the name implies; entropy in bits.</summary>
    public static void AddTo(Dictionary<string, double> values, RoiImage roi, Discretisation levels, RadiomicsSettings settings)
    {
        double[] x = roi.Inside();
        Array.Sort(x);
        int n = x.Length;
        double mean = x.Average(), m2 = 0, m3 = 0, m4 = 0, energy = 0, deviation = 0;
        foreach (double value in x)
        {
            double d = value - mean;
            (m2, m3, m4) = (m2 + d * d, m3 + d * d * d, m4 + d * d * d * d);
            energy += value * value;
            deviation += Math.Abs(d);
        }

        (m2, m3, m4) = (m2 / n, m3 / n, m4 / n);
        double p10 = Percentile(x, 10), p25 = Percentile(x, 25), p75 = Percentile(x, 75), p90 = Percentile(x, 90);
        double[] robust = [.. x.Where(value => value >= p10 && value <= p90)];
        double robustMean = robust.Average();
        double[] p = Histogram(levels, n);

        Add("10Percentile", p10); // IBSI QG58
        Add("90Percentile", p90); // 8DWT
        Add("Energy", energy); // N8CA: sum of squares
        Add("Entropy", -p.Sum(share => share * Math.Log2(share + (settings.Profile == RadiomicsProfile.Pyradiomics ? Epsilon : 0)))); // TLU2
        Add("InterquartileRange", p75 - p25); // SALO
        Add("Kurtosis", (m2 > 0 ? m4 / (m2 * m2) : settings.Profile == RadiomicsProfile.Ibsi ? 3 : 0) - (settings.Profile == RadiomicsProfile.Ibsi ? 3 : 0)); // IPH6 is the excess
        Add("Maximum", x[^1]); // 84IY
        Add("MeanAbsoluteDeviation", deviation / n); // 4FUA
        Add("Mean", mean); // Q4LE
        Add("Median", Percentile(x, 50)); // Y12H
        Add("Minimum", x[0]); // 1GSF
        Add("Range", x[^1] - x[0]); // 2OJQ
        Add("RobustMeanAbsoluteDeviation", robust.Sum(value => Math.Abs(value - robustMean)) / robust.Length); // 1128
        Add("RootMeanSquared", Math.Sqrt(energy / n)); // 5ZWQ
        Add("Skewness", m2 > 0 ? m3 / Math.Pow(m2, 1.5) : 0); // KE2A
        Add("TotalEnergy", energy * roi.VoxelMm3);
        Add("Uniformity", p.Sum(share => share * share)); // BJ5W
        Add("Variance", m2); // ECT3

        void Add(string name, double value) => values["original_firstorder_" + name] = value;
    }

    private static double[] Histogram(Discretisation levels, int count)
    {
        double[] histogram = new double[levels.Count + 1];
        foreach (int level in levels.Levels) histogram[level]++;
        return [.. histogram.Skip(1).Where(voxels => voxels > 0).Select(voxels => voxels / count)];
    }

    /// <summary>Linear between order statistics, as NumPy does it.</summary>
    private static double Percentile(double[] sorted, double percent)
    {
        double at = percent / 100 * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[below];
    }
}
