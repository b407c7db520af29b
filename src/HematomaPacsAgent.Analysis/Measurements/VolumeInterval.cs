namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>Between what volumes a hematoma lies under a stated doubt. Not a confidence interval: no coverage is claimed.</summary>
/// <param name="LowMl">Smallest volume, ml.</param>
/// <param name="HighMl">Largest volume, ml.</param>
/// <param name="Method">What was varied, e.g. <see cref="HalfPixel"/>.</param>
public sealed record VolumeInterval(double LowMl, double HighMl, string Method)
{
    public const string HalfPixel = "surface-half-pixel";

    /// <summary>
    /// The volume where the surface moves by half a pixel within each slice, inwards and outwards: half of the pixels that touch the other side
    /// by an edge change sides. It grows with the surface and with the pixels; the borders of slices above and below stay.
    /// </summary>
    public static VolumeInterval Surface(Mask mask)
    {
        VolumeGeometry g = mask.Geometry;
        double volumeMl = 0, innerMl = 0, outerMl = 0;
        for (int slice = 0; slice < g.Slices; slice++)
        {
            ReadOnlySpan<bool> set = mask.Slice(slice);
            int all = mask.CountIn(slice), inner = 0, outer = 0;
            if (all == 0) continue;
            for (int row = 0; row < g.Rows; row++)
                for (int column = 0; column < g.Columns; column++)
                {
                    int at = row * g.Columns + column;
                    bool here = set[at];
                    bool atEdge = (column > 0 ? set[at - 1] : here) != here || (column < g.Columns - 1 ? set[at + 1] : here) != here
                        || (row > 0 ? set[at - g.Columns] : here) != here || (row < g.Rows - 1 ? set[at + g.Columns] : here) != here;
                    if (!atEdge) continue;
                    if (here) inner++;
                    else outer++;
                }

            double ml = g.VoxelMl(slice);
            (volumeMl, innerMl, outerMl) = (volumeMl + all * ml, innerMl + inner * ml, outerMl + outer * ml);
        }

        return new VolumeInterval(volumeMl - innerMl / 2, volumeMl + outerMl / 2, HalfPixel);
    }
}
