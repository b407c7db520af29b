namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>What an interpolation does outside the voxels' centres.</summary>
internal enum OutsideRule
{
    /// <summary>As ITK: up to half a voxel beyond the outermost centres the image goes on (splines mirrored, else the edge voxel); beyond that, 0.</summary>
    ZeroBeyondVoxels,

    /// <summary>A place beyond the outermost centres takes the value of the nearest centre.</summary>
    Clamp,
}

/// <summary>
/// Interpolation along one axis: which source samples, with which weights, make each output sample. Interpolation on grids that are parallel to
/// each other is separable, so three such plans are a resampling.
/// </summary>
internal sealed class AxisPlan
{
    /// <summary>Samples beyond the ones weighted that the spline coefficients are computed from: farther ones count less than
    /// 0.268^32 = 5e-19.</summary>
    private const int SplineReach = 32;

    /// <summary>Voxels; coordinates carry rounding of some 1e-13.</summary>
    private const double Tie = 1e-9;

    private AxisPlan(int taps, int[] index, double[] weight, bool spline, int sourceSize)
    {
        (Taps, Index, Weight, IsSpline) = (taps, index, weight, spline);
        (int low, int high) = (int.MaxValue, 0);
        foreach (int at in index) (low, high) = (Math.Min(low, at), Math.Max(high, at));
        if (spline) (low, high) = (Math.Max(0, low - SplineReach), Math.Min(sourceSize - 1, high + SplineReach));
        (SourceFrom, SourceCount) = (low, high - low + 1);
        for (int i = 0; i < index.Length; i++) index[i] -= low;
    }

    /// <summary>Samples weighted for one output sample: 1, 2 or 4.</summary>
    public int Taps { get; }

    /// <summary>For output sample i, the entries i Taps to i Taps + Taps - 1: source samples, counted from <see cref="SourceFrom"/>.</summary>
    public int[] Index { get; }

    /// <summary>Weights that go with <see cref="Index"/>; all 0 for a place outside.</summary>
    public double[] Weight { get; }

    /// <summary>Whether the samples must be turned into spline coefficients first.</summary>
    public bool IsSpline { get; }

    /// <summary>First source sample needed.</summary>
    public int SourceFrom { get; }

    /// <summary>Source samples needed.</summary>
    public int SourceCount { get; }

    /// <summary>Output samples.</summary>
    public int Count => Index.Length / Taps;

    /// <param name="sourceSize">Samples of the source along the axis.</param>
    /// <param name="start">Place of the first output sample, in source samples.</param>
    /// <param name="step">Distance of output samples, in source samples.</param>
    /// <param name="count">Output samples, at least 1.</param>
    /// <param name="interpolator">Between the samples.</param>
    /// <param name="outside">Beyond the samples.</param>
    public static AxisPlan Create(int sourceSize, double start, double step, int count, Interpolator interpolator, OutsideRule outside)
    {
        // Where every place is a sample's, all interpolators return the samples; taking them saves time and rounding.
        if (interpolator != Interpolator.Nearest && Math.Abs(step - 1) * (sourceSize + count) < Tie && Math.Abs(start - Math.Round(start)) < Tie)
            interpolator = Interpolator.Nearest;
        int taps = interpolator switch { Interpolator.Nearest => 1, Interpolator.Linear => 2, _ => 4 };
        var index = new int[checked(count * taps)];
        var weight = new double[index.Length];
        Span<int> at = stackalloc int[4];
        Span<double> by = stackalloc double[4];
        for (int i = 0; i < count; i++)
        {
            double x = start + i * step;
            bool zero = outside == OutsideRule.ZeroBeyondVoxels && (x < -0.5 - Tie || x > sourceSize - 0.5 - Tie);
            if (outside == OutsideRule.Clamp) x = Math.Clamp(x, 0, sourceSize - 1);
            Weigh(interpolator, Math.Clamp(x, -0.5, sourceSize - 0.5), sourceSize, at, by);
            for (int tap = 0; tap < taps; tap++) (index[i * taps + tap], weight[i * taps + tap]) = (at[tap], zero ? 0 : by[tap]);
        }

        return new AxisPlan(taps, index, weight, interpolator == Interpolator.CubicSpline && sourceSize > 1, sourceSize);
    }

    private static void Weigh(Interpolator interpolator, double x, int size, Span<int> at, Span<double> by)
    {
        int below;
        switch (interpolator)
        {
            case Interpolator.Nearest:
                (at[0], by[0]) = (Math.Clamp((int)Math.Floor(x + 0.5 + Tie), 0, size - 1), 1);
                break;
            case Interpolator.Linear:
                x = Math.Clamp(x, 0, size - 1);
                below = Math.Min((int)x, Math.Max(0, size - 2));
                (at[0], at[1]) = (below, Math.Min(below + 1, size - 1));
                (by[0], by[1]) = (1 - (x - below), x - below);
                break;
            default:
                below = (int)Math.Floor(x);
                CubicSpline.Weigh(x - below, by);
                for (int tap = 0; tap < 4; tap++) at[tap] = Mirrored(below - 1 + tap, size);
                break;
        }
    }

    /// <summary>Mirrored at the outermost samples, which are not doubled.</summary>
    private static int Mirrored(int i, int size)
    {
        if (size == 1) return 0;
        int period = 2 * size - 2;
        i = Math.Abs(i) % period;
        return i < size ? i : period - i;
    }
}
