using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>What the thresholds of PyRadiomics' <c>resegmentRange</c> are.</summary>
public enum ResegmentMode
{
    /// <summary>Intensities.</summary>
    Absolute,

    /// <summary>Shares of the region's maximum.</summary>
    Relative,

    /// <summary>Standard deviations (population) from the region's mean.</summary>
    Sigma,
}

/// <summary>
/// Takes voxels out of a region by their intensity. The mask given stays as it is: it goes on as the morphological mask, the result is the
/// intensity mask.
/// </summary>
internal static class Resegmentation
{
    /// <summary>PyRadiomics' <c>resegmentMask</c>: lower threshold ≤ x, and with two thresholds x ≤ upper.</summary>
    /// <param name="image">The image.</param>
    /// <param name="mask">The region.</param>
    /// <param name="thresholds">PyRadiomics' <c>resegmentRange</c>: one or two, in any order.</param>
    /// <param name="mode">PyRadiomics' <c>resegmentMode</c>.</param>
    /// <exception cref="RadiomicsException">Not one or two thresholds, or at most one voxel is left.</exception>
    public static bool[] PyRadiomics(ScalarImage image, bool[] mask, IReadOnlyList<double> thresholds, ResegmentMode mode)
    {
        if (thresholds.Count is not (1 or 2) || !thresholds.All(double.IsFinite))
            throw new RadiomicsException($"resegmentRange [{Join(thresholds)}]: one or two finite thresholds");
        double[] sorted = [.. thresholds.Order()];
        double origin = 0, unit = 1;
        if (mode == ResegmentMode.Relative) unit = Maximum(image.Voxels, mask);
        else if (mode == ResegmentMode.Sigma) (origin, unit) = MeanAndSigma(image.Voxels, mask);
        double low = origin + unit * sorted[0], high = sorted.Length == 2 ? origin + unit * sorted[1] : double.PositiveInfinity;
        bool[] result = Between(image.Voxels, mask, low, high, out int left);
        // PyRadiomics stops at one voxel too.
        return left > 1 ? result : throw TooFew(left, low, high);
    }

    /// <summary>
    /// IBSI: first the range (USB3), then outliers: voxels farther than some standard deviations (population) from the mean, both taken over what
    /// the range left (7ACA). Either may be absent.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="mask">The region.</param>
    /// <param name="low">Lowest intensity kept.</param>
    /// <param name="high">Highest intensity kept.</param>
    /// <param name="outlierSigma">Standard deviations kept on each side of the mean, above 0.</param>
    /// <exception cref="RadiomicsException">The range is reversed, the number of deviations is not above 0, or no voxel is left.</exception>
    public static bool[] Ibsi(ScalarImage image, bool[] mask, double? low, double? high, double? outlierSigma)
    {
        if (low > high) throw new RadiomicsException($"re-segmentation range {low} to {high}: the lower bound lies above the upper");
        if (outlierSigma is { } k && !(k > 0)) throw new RadiomicsException($"outliers beyond {k} standard deviations: must be above 0");
        (double from, double to) = (low ?? double.NegativeInfinity, high ?? double.PositiveInfinity);
        bool[] result = Between(image.Voxels, mask, from, to, out int left);
        if (left > 0 && outlierSigma is { } limit)
        {
            (double mean, double sigma) = MeanAndSigma(image.Voxels, result);
            (from, to) = (mean - limit * sigma, mean + limit * sigma);
            result = Between(image.Voxels, result, from, to, out left);
        }

        return left > 0 ? result : throw TooFew(left, from, to);
    }

    private static bool[] Between(double[] voxels, bool[] mask, double low, double high, out int left)
    {
        var result = new bool[mask.Length];
        left = 0;
        for (int i = 0; i < mask.Length; i++)
            if (mask[i] && voxels[i] >= low && voxels[i] <= high)
            {
                result[i] = true;
                left++;
            }

        return result;
    }

    private static double Maximum(double[] voxels, bool[] mask)
    {
        double maximum = double.NegativeInfinity;
        for (int i = 0; i < mask.Length; i++)
            if (mask[i]) maximum = Math.Max(maximum, voxels[i]);
        return maximum;
    }

    private static (double Mean, double Sigma) MeanAndSigma(double[] voxels, bool[] mask)
    {
        double sum = 0, squares = 0;
        int n = 0;
        for (int i = 0; i < mask.Length; i++)
            if (mask[i]) (sum, n) = (sum + voxels[i], n + 1);
        double mean = sum / n;
        for (int i = 0; i < mask.Length; i++)
            if (mask[i]) squares += (voxels[i] - mean) * (voxels[i] - mean);
        return (mean, Math.Sqrt(squares / n));
    }

    private static RadiomicsException TooFew(int left, double low, double high) => new(string.Create(CultureInfo.InvariantCulture,
        $"re-segmentation to intensities from {low:G6} to {high:G6} leaves {left} voxel(s) of the region: widen the range"));

    private static string Join(IReadOnlyList<double> values) => string.Join(", ", values.Select(value => value.ToString(CultureInfo.InvariantCulture)));
}
