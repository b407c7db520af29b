namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Grey levels 1..Count of the voxels in a region; 0 outside it.</summary>
/// <remarks>IBSI Q3RU (fixed bin size).</remarks>
public sealed class Discretisation
{
    private Discretisation(int[] levels, int count) => (Levels, Count) = (levels, count);

    /// <summary>One level a voxel of the region's bounding box.</summary>
    public int[] Levels { get; }

    /// <summary>The highest level.</summary>
    public int Count { get; }

    /// <summary>
    /// Fixed bin width. PyRadiomics counts bins from multiples of the width and numbers the lowest occupied one 1; IBSI counts from the region's minimum.
    /// </summary>
    /// <exception cref="RadiomicsException">More levels than the settings allow.</exception>
    public static Discretisation FixedWidth(RoiImage roi, RadiomicsSettings settings)
    {
        double lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        for (int i = 0; i < roi.Mask.Length; i++)
            if (roi.Mask[i]) (lowest, highest) = (Math.Min(lowest, roi.Intensities[i]), Math.Max(highest, roi.Intensities[i]));
        double origin = settings.Profile == RadiomicsProfile.Pyradiomics ? lowest - Modulo(lowest, settings.BinWidth) : lowest;
        double levels = Math.Floor((highest - origin) / settings.BinWidth) + 1;
        if (!(levels <= settings.MostGreyLevels))
            throw new RadiomicsException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"a bin width of {settings.BinWidth} makes {levels:F0} grey levels of the range {lowest} to {highest}; "
                + $"at most {settings.MostGreyLevels} fit. Remedy: a larger bin width"));
        int[] level = new int[roi.Mask.Length];
        for (int i = 0; i < level.Length; i++)
            if (roi.Mask[i]) level[i] = (int)Math.Floor((roi.Intensities[i] - origin) / settings.BinWidth) + 1;
        return new Discretisation(level, (int)levels);
    }

    private static double Modulo(double value, double width) => value - Math.Floor(value / width) * width;
}
