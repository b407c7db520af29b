namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>How dense the brain around a hematoma is.</summary>
internal static class SurroundingBrain
{
    private const double ReachMm = 25;
    private const int LeastHu = 20, MostHu = 45, FewestVoxels = 200;
    private const double LowestHu = 30, HighestHu = 40, UsualHu = 35;

    /// <summary>
    /// The median of what may be brain around the hematoma, HU. Edema and old infarcts beside it must not make the brain darker than brain is, nor
    /// the blur of blood brighter: 30 to 40, and 35 where nothing can be measured.
    /// </summary>
    public static double MedianHu(Volume volume, Mask blood, CropBox box)
    {
        VolumeGeometry g = volume.Geometry;
        int acrossX = (int)Math.Ceiling(ReachMm / g.ColumnSpacingMm), acrossY = (int)Math.Ceiling(ReachMm / g.RowSpacingMm);
        int step = Math.Max(1, (int)(1.5 / Math.Min(g.ColumnSpacingMm, g.RowSpacingMm)));
        int[] histogram = new int[MostHu - LeastHu + 1];
        int count = 0;
        for (int s = box.Slice; s < box.Slice + box.Slices; s++)
            for (int y = Math.Max(0, box.Row - acrossY); y < Math.Min(g.Rows, box.Row + box.Rows + acrossY); y += step)
                for (int x = Math.Max(0, box.Column - acrossX); x < Math.Min(g.Columns, box.Column + box.Columns + acrossX); x += step)
                {
                    int i = (s * g.Rows + y) * g.Columns + x, hu = volume.Hounsfield[i];
                    if (blood.Voxels[i] || hu is < LeastHu or > MostHu) continue;
                    histogram[hu - LeastHu]++;
                    count++;
                }

        if (count < FewestVoxels) return UsualHu;
        int median = 0;
        for (int below = histogram[0]; 2 * below < count; below += histogram[++median]) { }
        return Math.Clamp(median + LeastHu, LowestHu, HighestHu);
    }
}
