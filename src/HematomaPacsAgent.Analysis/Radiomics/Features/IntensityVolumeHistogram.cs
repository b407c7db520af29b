namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Intensity-volume histogram (IBSI P88C): over levels G_1 .. G_Ng of equal distance, nu_i is the fraction of the region's voxels with level i
/// or above, gamma_i = (i - 1) / (Ng - 1) the intensity as a fraction of the range.
/// </summary>
internal static class IntensityVolumeHistogram
{
    public static readonly IReadOnlyList<Feature<IntensityVolumeHistogramMeasures>> Features =
    [
        new(null, "ivh_v10", "BC2M", "1", m => m.VolumeFractionAt(0.1)),
        new(null, "ivh_v90", "BC2M", "1", m => m.VolumeFractionAt(0.9)),
        new(null, "ivh_i10", "GBPN", "[hnsf'U]", m => m.IntensityAt(0.1)),
        new(null, "ivh_i90", "GBPN", "[hnsf'U]", m => m.IntensityAt(0.9)),
        new(null, "ivh_diff_v10_v90", "DDTU", "1", m => m.VolumeFractionAt(0.1) - m.VolumeFractionAt(0.9)),
        new(null, "ivh_diff_i10_i90", "CNV2", "[hnsf'U]", m => m.IntensityAt(0.1) - m.IntensityAt(0.9)),
        new(null, "ivh_auc", "9CMM", "1", m => m.AreaUnderCurve),
    ];

    /// <summary>Most levels that are allocated for.</summary>
    private const int MostLevels = 1 << 20;

    /// <param name="values">The intensities of the intensity mask, at least one.</param>
    /// <param name="choice">How the levels are made.</param>
    /// <exception cref="RadiomicsException">No value, one outside the given range, or too many levels.</exception>
    public static IntensityVolumeHistogramMeasures Measure(ReadOnlySpan<double> values, VolumeHistogramLevels choice)
    {
        if (values.IsEmpty) throw new RadiomicsException("the mask is empty: there is no region to measure");
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        foreach (double value in values) (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        bool numbered = choice.BinCount is not null;
        double low = numbered ? minimum : choice.Low ?? minimum, high = numbered ? maximum : choice.High ?? maximum;
        if (!(minimum >= low && maximum <= high))
            throw new RadiomicsException($"intensities {minimum:G6} to {maximum:G6} reach beyond the range of the intensity-volume histogram, {low:G6} to " +
                $"{high:G6}: re-segment the region to that range first");
        double width = choice.BinWidth ?? 1;
        double needed = choice switch
        {
            { BinCount: { } bins } => bins,
            // Whole intensities from low to high both included; of bins the last may be cut short.
            { BinWidth: null } => Math.Floor(high - low) + 1,
            { High: null } => Math.Floor((high - low) / width) + 1,
            _ => Math.Max(1, Math.Ceiling((high - low) / width)),
        };
        if (!(needed <= MostLevels))
            throw new RadiomicsException($"{needed:G6} levels of the intensity-volume histogram between {low:G6} and {high:G6}, at most {MostLevels} " +
                "allowed: use a larger bin width, a bin count, or a narrower range");
        int levels = (int)needed;
        var reached = new double[levels];
        foreach (double value in values)
        {
            double level = !numbered ? (value - low) / width : maximum > minimum ? levels * (value - minimum) / (maximum - minimum) : 0;
            // The last bin is closed.
            reached[Math.Min(levels - 1, (int)level)]++;
        }

        for (int i = levels - 2; i >= 0; i--) reached[i] += reached[i + 1];
        for (int i = 0; i < levels; i++) reached[i] /= values.Length;
        return choice switch
        {
            { BinCount: not null } => new IntensityVolumeHistogramMeasures(reached, 1, 1),
            { BinWidth: null } => new IntensityVolumeHistogramMeasures(reached, low, 1),
            _ => new IntensityVolumeHistogramMeasures(reached, low + width / 2, width),
        };
    }
}

/// <summary>
/// Levels of the intensity-volume histogram. IBSI's three cases: whole intensities as they are (CT in HU: neither width nor count set), real
/// intensities of calibrated unit in bins of a fixed width, each standing for its centre; arbitrary units in a fixed number of bins (1000),
/// numbered from 1.
/// </summary>
public sealed record VolumeHistogramLevels
{
    /// <summary>Width of a bin, above 0; unset for whole intensities.</summary>
    public double? BinWidth
    {
        get;
        init => field = value is null || (value > 0 && double.IsFinite(value.Value))
            ? value
            : throw new RadiomicsException($"bin width {value} of the intensity-volume histogram: must be finite and above 0");
    }

    /// <summary>Number of bins over the region's own intensities; replaces <see cref="BinWidth"/> and the range.</summary>
    public int? BinCount
    {
        get;
        init => field = value is null or > 0
            ? value
            : throw new RadiomicsException($"bin count {value} of the intensity-volume histogram: must be at least 1");
    }

    /// <summary>Lower bound of re-segmentation, which all intensities reach; unset, the region's minimum.</summary>
    public double? Low
    {
        get;
        init => field = value is null || double.IsFinite(value.Value)
            ? value
            : throw new RadiomicsException($"range of the intensity-volume histogram from {value}: must be finite");
    }

    /// <summary>Upper bound of re-segmentation, which no intensity exceeds; unset, the region's maximum.</summary>
    public double? High
    {
        get;
        init => field = value is null || double.IsFinite(value.Value)
            ? value
            : throw new RadiomicsException($"range of the intensity-volume histogram to {value}: must be finite");
    }
}

/// <param name="Fractions">nu_i: part of the voxels at level i or above; the first is 1.</param>
/// <param name="First">G_1.</param>
/// <param name="Step">G_2 - G_1.</param>
internal sealed record IntensityVolumeHistogramMeasures(IReadOnlyList<double> Fractions, double First, double Step)
{
    /// <summary>V_x: the largest volume fraction whose intensity fraction is at least x; NaN when there is one level only.</summary>
    public double VolumeFractionAt(double x)
    {
        int steps = Fractions.Count - 1;
        if (steps == 0) return double.NaN;
        int i = (int)(x * steps);
        // A quotient of whole numbers is rounded right, so a level just at x is found whatever x * steps became.
        while (i > 0 && (double)(i - 1) / steps >= x) i--;
        while ((double)i / steps < x) i++;
        return Fractions[i];
    }

    /// <summary>I_x: the lowest level present in at most the fraction x of the volume; one step above the last where that still holds more.</summary>
    public double IntensityAt(double x)
    {
        int i = 0;
        while (i < Fractions.Count && Fractions[i] > x) i++;
        return First + i * Step;
    }

    /// <summary>Area under nu over gamma by the trapezoidal rule; 0 for one level.</summary>
    public double AreaUnderCurve
    {
        get
        {
            double sum = 0;
            for (int i = 1; i < Fractions.Count; i++) sum += (Fractions[i] + Fractions[i - 1]) / 2;
            return Fractions.Count == 1 ? 0 : sum / (Fractions.Count - 1);
        }
    }
}
