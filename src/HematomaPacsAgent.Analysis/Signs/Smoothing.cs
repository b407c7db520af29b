namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>A Gaussian within a slice that takes nothing from outside a region.</summary>
internal static class Smoothing
{
    /// <summary>Writes the smoothed density of a region's voxels; leaves the others as they are.</summary>
    public static void Within(Clot clot, bool[] region, float[] target)
    {
        VolumeGeometry g = clot.Grid;
        float[] across = Kernel(g.ColumnSpacingMm), down = Kernel(g.RowSpacingMm);
        float[] sums = new float[g.PixelsPerSlice], weights = new float[g.PixelsPerSlice];
        int spanX = across.Length - 1, spanY = down.Length - 1;
        for (int s = 0; s < g.Slices; s++)
        {
            int first = s * g.PixelsPerSlice;
            if (!region.AsSpan(first, g.PixelsPerSlice).Contains(true)) continue;
            for (int y = 0; y < g.Rows; y++)
                for (int x = 0; x < g.Columns; x++)
                {
                    float sum = 0, weight = 0;
                    for (int k = Math.Max(0, x - spanX); k <= Math.Min(g.Columns - 1, x + spanX); k++)
                    {
                        int from = first + y * g.Columns + k;
                        if (!region[from]) continue;
                        float w = across[Math.Abs(k - x)];
                        sum += w * clot.Raw[from];
                        weight += w;
                    }

                    (sums[y * g.Columns + x], weights[y * g.Columns + x]) = (sum, weight);
                }

            for (int i = 0; i < sums.Length; i++)
            {
                if (!region[first + i]) continue;
                int y = i / g.Columns, x = i % g.Columns;
                float sum = 0, weight = 0;
                for (int k = Math.Max(0, y - spanY); k <= Math.Min(g.Rows - 1, y + spanY); k++)
                {
                    float w = down[Math.Abs(k - y)];
                    sum += w * sums[k * g.Columns + x];
                    weight += w * weights[k * g.Columns + x];
                }

                target[first + i] = sum / weight;
            }
        }
    }

    private static float[] Kernel(double mm)
    {
        int span = (int)Math.Ceiling(2.5 * SignCriteria.SmoothingMm / mm);
        return [.. Enumerable.Range(0, span + 1).Select(k => (float)Math.Exp(-0.5 * Math.Pow(k * mm / SignCriteria.SmoothingMm, 2)))];
    }
}
