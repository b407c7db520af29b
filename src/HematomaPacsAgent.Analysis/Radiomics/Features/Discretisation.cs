namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>Puts intensities into grey levels: fixed bin width (IBSI Q3RU) or fixed bin number (IBSI K15C).</summary>
internal static class Discretisation
{
    /// <exception cref="RadiomicsException">More levels than the settings allow, or an intensity below the bin origin.</exception>
    public static DiscretisedRoi Apply(RoiImage roi, RadiomicsSettings settings, RadiomicsProfile profile = RadiomicsProfile.PyRadiomics,
        double? binOrigin = null)
    {
        double minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        foreach (double value in roi.Values) (minimum, maximum) = (Math.Min(minimum, value), Math.Max(maximum, value));
        Binning binning = (settings.BinCount, profile) switch
        {
            (int count, RadiomicsProfile.PyRadiomics) => EvenEdges(minimum, maximum, count),
            (int count, _) => new Binning(minimum, maximum > minimum ? (maximum - minimum) / count : 1, count, ByEdges: false),
            (null, RadiomicsProfile.PyRadiomics) => MultiplesOfWidth(minimum, maximum, settings.BinWidth),
            _ => FromOrigin(minimum, maximum, binOrigin ?? minimum, settings.BinWidth),
        };
        // Counted in double: a range of 1e300 must end in this message, not in an overflow or an allocation.
        double needed = Math.Min(binning.MostLevels, Math.Floor((maximum - binning.Low) / binning.Width) + 1);
        if (!(needed <= settings.MaxGreyLevels))
            throw new RadiomicsException(
                $"{needed:G6} grey levels between {minimum:G6} and {maximum:G6}, at most {settings.MaxGreyLevels} allowed: " +
                (settings.BinCount is null ? $"use a bin width above {settings.BinWidth:G6}, a bin count, or restrict the region's intensities"
                    : "use fewer bins"));
        double[] values = roi.Values;
        var levels = new int[values.Length];
        for (int i = 0; i < values.Length; i++) levels[i] = binning.LevelOf(values[i]);
        // The farthest neighbour looked at must lie in the border; runs and zones look one voxel around.
        return new DiscretisedRoi(roi, settings.Distances.Max(), levels);
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
