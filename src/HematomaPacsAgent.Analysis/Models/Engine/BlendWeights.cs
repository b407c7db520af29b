namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>How much each voxel of a patch counts where patches overlap.</summary>
internal static class BlendWeights
{
    private const double MonaiLeast = 1e-3, Truncate = 4, FloatLeast = 1e-30;

    /// <returns>One weight a voxel, the last side running fastest; above 0, at most 1.</returns>
    public static float[] Of(IReadOnlyList<int> patch, ModelInferer inferer)
    {
        int count = patch.Aggregate((product, side) => product * side);
        if (inferer.Blend == BlendRule.Constant)
        {
            float[] ones = new float[count];
            Array.Fill(ones, 1f);
            return ones;
        }

        bool nnUnet = inferer.Tiling == TilingRule.NnUnet;
        // A side of one voxel (a slice) takes no part.
        Func<int, double, double[]> along = nnUnet ? Filtered : Sampled;
        double[][] sides = [.. patch.Select(side => side == 1 ? [1.0] : along(side, side * inferer.SigmaScale))];
        double[] weights = [1.0];
        foreach (double[] side in sides) weights = [.. weights.SelectMany(outer => side.Select(inner => outer * inner))];
        double most = nnUnet ? weights.Max() : 1, least = weights.Where(weight => weight > 0).Min() / most;
        least = Math.Max(least, nnUnet ? FloatLeast : MonaiLeast);
        return Array.ConvertAll(weights, weight => (float)Math.Max(weight / most, least));
    }

    /// <summary>nnU-Net: a single 1 at side/2 under scipy's gaussian_filter (mode constant, cut off at four standard deviations).</summary>
    private static double[] Filtered(int side, double sigma)
    {
        int radius = (int)(Truncate * sigma + 0.5), centre = side / 2;
        double sum = Enumerable.Range(-radius, 2 * radius + 1).Sum(Gaussian);
        return [.. Enumerable.Range(0, side).Select(i => Math.Abs(i - centre) <= radius ? Gaussian(i - centre) / sum : 0)];
        double Gaussian(int x) => Math.Exp(-0.5 * x * x / (sigma * sigma));
    }

    /// <summary>MONAI's importance map: a Gaussian around the patch's middle.</summary>
    private static double[] Sampled(int side, double sigma) =>
        [.. Enumerable.Range(0, side).Select(i => i - (side - 1) / 2.0).Select(x => Math.Exp(-x * x / (2 * sigma * sigma)))];
}
