using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>A difference of two mean densities and its 95 % interval, HU.</summary>
internal readonly record struct Difference(double Hu, double Low, double High);

/// <summary>What noise does to densities.</summary>
internal static class ClotNoise
{
    private const double LagMm = 2.5, UsualHu = 4;
    private const int FewestPairs = 30;

    /// <summary>
    /// SD of a voxel's noise, HU: the median difference of voxels 2.5 mm apart, which a kernel no longer ties together and a few borders do not move.
    /// </summary>
    public static double Estimate(Clot clot)
    {
        VolumeGeometry g = clot.Grid;
        int x = Math.Max(1, (int)Math.Round(LagMm / g.ColumnSpacingMm)), y = Math.Max(1, (int)Math.Round(LagMm / g.RowSpacingMm)) * g.Columns;
        List<int> differences = [];
        for (int i = 0; i < clot.Core.Length; i++)
        {
            if (!clot.Core[i]) continue;
            if (i + x < clot.Core.Length && clot.Core[i + x]) differences.Add(Math.Abs(clot.Raw[i + x] - clot.Raw[i]));
            if (i + y < clot.Core.Length && clot.Core[i + y]) differences.Add(Math.Abs(clot.Raw[i + y] - clot.Raw[i]));
        }

        if (differences.Count < FewestPairs) return UsualHu;
        differences.Sort();
        return Math.Max(0.5, 1.4826 * differences[differences.Count / 2] / Math.Sqrt(2));
    }

    /// <param name="brightHu">Mean of the bright part.</param>
    /// <param name="brightMm2">Its area, all slices together.</param>
    /// <param name="darkHu">Mean of the dark part.</param>
    /// <param name="darkMm2">Its area.</param>
    /// <param name="noiseHu">Of one voxel; 0 leaves no doubt.</param>
    public static Difference Between(double brightHu, double brightMm2, double darkHu, double darkMm2, double noiseHu)
    {
        double hu = brightHu - darkHu, half = 0;
        if (noiseHu > 0)
        {
            double samples = 1 / Math.Max(1, brightMm2 / NoiseCellMm2) + 1 / Math.Max(1, darkMm2 / NoiseCellMm2);
            half = 1.96 * Math.Sqrt(noiseHu * noiseHu * samples + UniformityHu * UniformityHu);
        }

        return new Difference(hu, hu - half, hu + half);
    }

    /// <summary>
    /// The density that the brightest part of some size has: the uppermost peak of the histogram. A median would be the dark part's where that is the
    /// larger one.
    /// </summary>
    public static double BrightLevel(float[] smooth, bool[] core)
    {
        const int Low = -50, Bins = 251, Half = 3;
        const double Share = 0.08;
        int[] counts = new int[Bins], window = new int[Bins];
        int all = 0;
        for (int i = 0; i < core.Length; i++)
            if (core[i])
            {
                counts[Math.Clamp((int)MathF.Round(smooth[i]) - Low, 0, Bins - 1)]++;
                all++;
            }

        for (int v = 0; v < Bins; v++)
            for (int k = Math.Max(0, v - Half); k <= Math.Min(Bins - 1, v + Half); k++) window[v] += counts[k];
        int peak = Array.IndexOf(window, window.Max());
        for (int v = Bins - 1; v > peak; v--)
            if (window[v] >= Share * all && !window.AsSpan(Math.Max(0, v - 2 * Half), Math.Min(Bins, v + 2 * Half + 1) - Math.Max(0, v - 2 * Half))
                    .ContainsAnyInRange(window[v] + 1, int.MaxValue))
                peak = v;
        double sum = 0;
        int count = 0;
        for (int k = Math.Max(0, peak - Half); k <= Math.Min(Bins - 1, peak + Half); k++)
            (sum, count) = (sum + (double)counts[k] * (k + Low), count + counts[k]);
        return sum / count;
    }
}
