using MathNet.Numerics.LinearAlgebra;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// Grey level co-occurrence: how often two levels stand side by side. Symmetric matrices of the 13 directions at distance 1, features averaged over them.
/// IBSI family LFYI, aggregation ITBB (3D, averaged).
/// </summary>
internal static class Glcm
{
    private const double Epsilon = 2.2e-16;

    public static readonly string[] Names =
    [
        "Autocorrelation", "ClusterProminence", "ClusterShade", "ClusterTendency", "Contrast", "Correlation", "DifferenceAverage", "DifferenceEntropy", "DifferenceVariance",
        "Id", "Idm", "Idmn", "Idn", "Imc1", "Imc2", "InverseVariance", "JointAverage", "JointEnergy", "JointEntropy", "MCC", "MaximumProbability",
        "SumAverage", "SumEntropy", "SumSquares",
    ];

    private static readonly (int X, int Y, int Z)[] Directions =
        [.. from z in Enumerable.Range(-1, 3) from y in Enumerable.Range(-1, 3) from x in Enumerable.Range(-1, 3) where (z, y, x).CompareTo((0, 0, 0)) > 0 select (x, y, z)];

    /// <summary>Adds the 24 features of PyRadiomics, in its names; NaN where no two voxels of the region are neighbours.</summary>
    public static void AddTo(Dictionary<string, double> values, RoiImage roi, Discretisation levels, RadiomicsSettings settings)
    {
        double[] sums = new double[Names.Length];
        int directions = 0;
        double[] matrix = new double[levels.Count * levels.Count];
        foreach ((int X, int Y, int Z) direction in Directions)
        {
            if (!Fill(matrix, roi, levels, direction)) continue;
            directions++;
            double[] features = Features(matrix, levels.Count, settings.Profile == RadiomicsProfile.Pyradiomics ? Epsilon : 0);
            for (int i = 0; i < sums.Length; i++) sums[i] += features[i];
        }

        for (int i = 0; i < sums.Length; i++) values["original_glcm_" + Names[i]] = directions > 0 ? sums[i] / directions : double.NaN;
    }

    /// <summary>Probabilities of level pairs in one direction and its opposite; false when there is no pair.</summary>
    private static bool Fill(double[] matrix, RoiImage roi, Discretisation levels, (int X, int Y, int Z) d)
    {
        Array.Clear(matrix);
        (int sx, int sy, int sz) = roi.Size;
        ReadOnlySpan<int> level = levels.Levels;
        long pairs = 0;
        int step = (d.Z * sy + d.Y) * sx + d.X;
        for (int z = Math.Max(0, -d.Z); z < sz - Math.Max(0, d.Z); z++)
            for (int y = Math.Max(0, -d.Y); y < sy - Math.Max(0, d.Y); y++)
                for (int x = Math.Max(0, -d.X); x < sx - Math.Max(0, d.X); x++)
                {
                    int at = (z * sy + y) * sx + x, a = level[at], b = level[at + step];
                    if (a == 0 || b == 0) continue;
                    matrix[(a - 1) * levels.Count + b - 1]++;
                    matrix[(b - 1) * levels.Count + a - 1]++;
                    pairs += 2;
                }

        if (pairs == 0) return false;
        for (int i = 0; i < matrix.Length; i++) matrix[i] /= pairs;
        return true;
    }

    private static double[] Features(double[] p, int n, double epsilon)
    {
        double[] px = new double[n], sum = new double[2 * n + 1], difference = new double[n];
        double mean = 0, variance = 0, energy = 0, entropy = 0, largest = 0, auto = 0, id = 0, idm = 0, idn = 0, idmn = 0, inverseVariance = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double v = p[i * n + j];
                if (v == 0) continue;
                int k = Math.Abs(i - j);
                px[i] += v;
                sum[i + j + 2] += v;
                difference[k] += v;
                mean += v * (i + 1);
                auto += v * (i + 1) * (j + 1);
                energy += v * v;
                entropy -= v * Math.Log2(v + epsilon);
                largest = Math.Max(largest, v);
                id += v / (1 + k);
                idm += v / (1 + (double)k * k);
                idn += v / (1 + (double)k / n);
                idmn += v / (1 + (double)k * k / ((double)n * n));
                if (k > 0) inverseVariance += v / ((double)k * k);
            }

        double prominence = 0, shade = 0, tendency = 0, sumAverage = 0, sumEntropy = 0, contrast = 0, differenceAverage = 0, differenceEntropy = 0;
        for (int i = 0; i < n; i++) variance += px[i] * (i + 1 - mean) * (i + 1 - mean);
        for (int k = 2; k <= 2 * n; k++)
        {
            double d = k - 2 * mean, v = sum[k];
            if (v == 0) continue;
            (tendency, shade, prominence) = (tendency + v * d * d, shade + v * d * d * d, prominence + v * d * d * d * d);
            sumAverage += k * v;
            sumEntropy -= v * Math.Log2(v + epsilon);
        }

        for (int k = 0; k < n; k++)
        {
            double v = difference[k];
            if (v == 0) continue;
            contrast += v * k * k;
            differenceAverage += v * k;
            differenceEntropy -= v * Math.Log2(v + epsilon);
        }

        double differenceVariance = 0;
        for (int k = 0; k < n; k++) differenceVariance += difference[k] * (k - differenceAverage) * (k - differenceAverage);
        (double imc1, double imc2) = InformationCorrelation(p, px, n, entropy, epsilon);
        // A region of one level is perfectly correlated with itself.
        double correlation = variance > 0 ? (auto - mean * mean) / variance : 1;
        return
        [
            auto, prominence, shade, tendency, contrast, correlation, differenceAverage, differenceEntropy, differenceVariance, id, idm, idmn, idn, imc1, imc2, inverseVariance,
            mean, energy, entropy, MaximalCorrelation(p, px, n), largest, sumAverage, sumEntropy, variance,
        ];
    }

    /// <remarks>IBSI R8DG and JN9H.</remarks>
    private static (double First, double Second) InformationCorrelation(double[] p, double[] px, int n, double hxy, double epsilon)
    {
        double hx = 0, hxy1 = 0, hxy2 = 0;
        for (int i = 0; i < n; i++)
        {
            if (px[i] == 0) continue;
            hx -= px[i] * Math.Log2(px[i] + epsilon);
            for (int j = 0; j < n; j++)
            {
                double q = px[i] * px[j];
                if (q == 0) continue;
                double log = Math.Log2(q + epsilon);
                hxy1 -= p[i * n + j] * log;
                hxy2 -= q * log;
            }
        }

        return (hx > 0 ? (hxy - hxy1) / hx : 0, hxy2 > hxy ? Math.Sqrt(1 - Math.Exp(-2 * (hxy2 - hxy))) : 0);
    }

    /// <summary>Square root of the second largest eigenvalue of Q(i,j) = sum over k of p(i,k) p(j,k) / (px(i) py(k)).</summary>
    private static double MaximalCorrelation(double[] p, double[] px, int n)
    {
        int[] present = [.. Enumerable.Range(0, n).Where(i => px[i] > 0)];
        if (present.Length < 2) return 1;
        // Q is similar to S Sᵀ with S(i,k) = p(i,k) / sqrt(px(i) py(k)), which is symmetric: safe and exact to decompose.
        Matrix<double> s = Matrix<double>.Build.Dense(present.Length, present.Length, (i, k) => p[present[i] * n + present[k]] / Math.Sqrt(px[present[i]] * px[present[k]]));
        double[] eigenvalues = [.. (s * s.Transpose()).Evd(Symmetricity.Symmetric).EigenValues.Select(value => value.Real).OrderDescending()];
        return Math.Sqrt(Math.Max(0, eigenvalues[1]));
    }
}
