namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// A region in grey levels 1, 2, … instead of HU, with a border of level 0 so that neighbours need no bounds check.
/// </summary>
internal sealed class DiscretisedRoi
{
    /// <param name="roi">The region.</param>
    /// <param name="border">Empty voxels on each side, at least the farthest neighbour looked at.</param>
    /// <param name="levels">Level of each voxel of the region, in voxel order, 1 to <paramref name="greyLevels"/>.</param>
    /// <param name="greyLevels">The highest level.</param>
    public DiscretisedRoi(RoiImage roi, int border, ReadOnlySpan<int> levels, int greyLevels)
    {
        GreyLevels = greyLevels;
        StrideY = roi.SizeX + 2 * border;
        StrideZ = checked(StrideY * (roi.SizeY + 2 * border));
        Grid = new int[checked(StrideZ * (roi.SizeZ + 2 * border))];
        Positions = new int[levels.Length];
        Histogram = new int[greyLevels + 1];
        ReadOnlySpan<bool> inside = roi.Inside;
        int k = 0;
        for (int z = 0, source = 0; z < roi.SizeZ; z++)
            for (int y = 0; y < roi.SizeY; y++)
                for (int x = 0, target = (z + border) * StrideZ + (y + border) * StrideY + border; x < roi.SizeX; x++, target++)
                {
                    if (!inside[source++]) continue;
                    Grid[target] = levels[k];
                    Positions[k] = target;
                    Histogram[levels[k++]]++;
                }
    }

    /// <summary>Ng: the highest level (levels in between may be empty).</summary>
    public int GreyLevels { get; }

    /// <summary>Level of each voxel of the padded box; 0 outside the region.</summary>
    public int[] Grid { get; }

    /// <summary>Index into <see cref="Grid"/> of each voxel of the region.</summary>
    public int[] Positions { get; }

    /// <summary>Voxels a level; index 0 stays 0.</summary>
    public int[] Histogram { get; }

    public int StrideY { get; }

    public int StrideZ { get; }
}

/// <summary>Puts intensities into grey levels: fixed bin width (IBSI Q3RU) or fixed bin number (IBSI K15C).</summary>
internal static class Discretisation
{
    /// <exception cref="RadiomicsException">More levels than the settings allow, or an intensity below the bin origin.</exception>
    public static DiscretisedRoi Apply(RoiImage roi, RadiomicsSettings settings)
    {
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        foreach (double value in roi.Values) (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        Binning binning = (settings.BinCount, settings.Profile) switch
        {
            (int count, RadiomicsProfile.PyRadiomics) => EvenEdges(minimum, maximum, count),
            (int count, _) => new Binning(minimum, maximum > minimum ? (maximum - minimum) / count : 1, count, ByEdges: false),
            (null, RadiomicsProfile.PyRadiomics) => MultiplesOfWidth(minimum, maximum, settings.BinWidth),
            _ => FromOrigin(minimum, maximum, settings.BinOrigin ?? minimum, settings.BinWidth),
        };
        // Counted in double: a range of 1e300 must end in this message, not in an overflow or an allocation.
        double needed = Math.Min(binning.MostLevels, Math.Floor((maximum - binning.Low) / binning.Width) + 1);
        if (!(needed <= settings.MaxGreyLevels))
            throw new RadiomicsException(
                $"{needed:G6} grey levels between {minimum:G6} and {maximum:G6}, at most {settings.MaxGreyLevels} allowed: " +
                $"use a bin width above {settings.BinWidth:G6}, a bin count, or restrict the region's intensities");
        double[] values = roi.Values;
        var levels = new int[values.Length];
        int highest = 0;
        for (int i = 0; i < values.Length; i++) highest = Math.Max(highest, levels[i] = binning.LevelOf(values[i]));
        // IBSI's fixed bin number has that many levels even if the range is one value; fixed width ends at the highest level seen.
        return new DiscretisedRoi(roi, settings.Distances.Max(), levels, highest);
    }

    /// <summary>
    /// PyRadiomics' edges lie at multiples of the width counted from 0 HU, and the lowest occupied bin is level 1; an intensity on an edge
    /// belongs to the bin above.
    /// </summary>
    private static Binning MultiplesOfWidth(double minimum, double maximum, double width)
    {
        double above = minimum % width;
        double low = minimum - (above < 0 ? above + width : above);
        // Rounding of low + width is what numpy.arange multiplies; with it, edges and so levels agree to the last bit.
        double step = low + width - low;
        return step > 0 ? new Binning(low, step, double.PositiveInfinity, ByEdges: true) : throw Lost(width, maximum);
    }

    /// <summary>PyRadiomics' fixed bin number: equal bins from minimum to maximum, the last closed; a single value lies in the middle
    /// bin.</summary>
    private static Binning EvenEdges(double minimum, double maximum, int count) =>
        maximum > minimum
            ? new Binning(minimum, (maximum - minimum) / count, count, ByEdges: true)
            : new Binning(minimum - 0.5, 1.0 / count, count, ByEdges: true);

    /// <summary>IBSI: level = floor((x - origin) / width) + 1; the origin is level 1 whether or not that bin is occupied.</summary>
    private static Binning FromOrigin(double minimum, double maximum, double origin, double width)
    {
        if (minimum < origin)
            throw new RadiomicsException(
                $"intensity {minimum:G6} lies below the bin origin {origin:G6}: re-segment the region to that bound first");
        return maximum + width > maximum ? new Binning(origin, width, double.PositiveInfinity, ByEdges: false) : throw Lost(width, maximum);
    }

    private static RadiomicsException Lost(double width, double intensity) =>
        new($"bin width {width:G6} is lost in rounding at intensity {intensity:G6}: use a wider bin");

    private readonly record struct Binning(double Low, double Width, double MostLevels, bool ByEdges)
    {
        public int LevelOf(double value)
        {
            double index = Math.Floor((value - Low) / Width);
            if (ByEdges)
            {
                // The quotient can round across an edge; the edges themselves decide.
                if (value < Low + index * Width) index--;
                else if (value >= Low + (index + 1) * Width) index++;
            }

            return (int)Math.Clamp(index + 1, 1, MostLevels);
        }
    }
}
