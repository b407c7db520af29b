namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Local intensity (IBSI 9ST6): means of the image over a ball of 1 cm3 (radius 6.2 mm) around a voxel's centre, of all voxels whose centres lie
/// in it, inside the region or not.
/// </summary>
internal static class LocalIntensity
{
    public static readonly IReadOnlyList<Feature<LocalIntensityMeasures>> Features =
    [
        new(null, "loc_peak_loc", "VJGA", "[hnsf'U]", m => m.LocalPeak),
        new(null, "loc_peak_glob", "0F91", "[hnsf'U]", m => m.GlobalPeak),
    ];

    /// <summary>(3 / (4 pi))^(1/3) cm.</summary>
    public static readonly double RadiusMm = 10 * Math.Cbrt(3 / (4 * Math.PI));

    /// <param name="image">The image with the region's surroundings. A voxel that is not finite counts as one outside the image.</param>
    /// <param name="box">Where the region's box lies in it.</param>
    /// <param name="mask">Flags of the box: the intensity mask.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">The box is not part of the image, the counts differ, or the mask is empty.</exception>
    public static LocalIntensityMeasures Measure(ScalarImage image, Box box, ReadOnlySpan<bool> mask, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        if (box.X < 0 || box.Y < 0 || box.Z < 0 || box.X + (long)box.SizeX > grid.SizeX || box.Y + (long)box.SizeY > grid.SizeY
            || box.Z + (long)box.SizeZ > grid.SizeZ || mask.Length != box.Count)
            throw new RadiomicsException($"{mask.Length} flags of {box} in an image of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");
        if (!mask.Contains(true)) throw new RadiomicsException("the mask is empty: there is no region to measure");
        Box around = box.Grown(Reach(grid.SpacingXMm), Reach(grid.SpacingYMm), Reach(grid.SpacingZMm), grid.SizeX, grid.SizeY, grid.SizeZ);
        RowSums sums = new(image, around);
        List<Row> ball = Ball(grid);
        double highest = double.NegativeInfinity, local = double.NegativeInfinity, global = double.NegativeInfinity;
        for (int z = 0, i = 0; z < box.SizeZ; z++)
        {
            for (int y = 0; y < box.SizeY; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int x = 0; x < box.SizeX; x++, i++)
                {
                    if (!mask[i]) continue;
                    double intensity = image.Voxels[((box.Z + z) * grid.SizeY + box.Y + y) * grid.SizeX + box.X + x];
                    double mean = sums.Mean(ball, box.X + x - around.X, box.Y + y - around.Y, box.Z + z - around.Z);
                    global = Math.Max(global, mean);
                    // Of several voxels with the highest intensity the one with the highest mean counts.
                    if (intensity > highest) (highest, local) = (intensity, mean);
                    else if (intensity == highest) local = Math.Max(local, mean);
                }
            }
        }

        return new LocalIntensityMeasures(local, global);
    }

    private static int Reach(double spacingMm) => (int)Math.Min(int.MaxValue / 4, RadiusMm / spacingMm);

    private static List<Row> Ball(ImageGrid grid)
    {
        int reachY = Reach(grid.SpacingYMm), reachZ = Reach(grid.SpacingZMm);
        if ((2L * reachY + 1) * (2L * reachZ + 1) > 1_000_000)
            throw new RadiomicsException($"spacing {grid.SpacingYMm} x {grid.SpacingZMm} mm: too fine for a mean over 1 cm3, resample the image first");
        List<Row> rows = [];
        for (int z = -reachZ; z <= reachZ; z++)
            for (int y = -reachY; y <= reachY; y++)
            {
                double left = RadiusMm * RadiusMm - y * grid.SpacingYMm * (y * grid.SpacingYMm) - z * grid.SpacingZMm * (z * grid.SpacingZMm);
                if (left >= 0) rows.Add(new Row(y, z, (int)Math.Min(int.MaxValue / 4, Math.Sqrt(left) / grid.SpacingXMm)));
            }

        return rows;
    }

    /// <summary>Voxels x - Half to x + Half of the row at (y + Y, z + Z).</summary>
    private readonly record struct Row(int Y, int Z, int Half);

    /// <summary>Running sums and counts along each row, so that a stretch of a row is one subtraction.</summary>
    private sealed class RowSums
    {
        private readonly Box box;
        private readonly double[] sums;
        private readonly int[] counts;

        public RowSums(ScalarImage image, Box box)
        {
            this.box = box;
            int width = box.SizeX + 1;
            (sums, counts) = (new double[checked(width * box.SizeY * box.SizeZ)], new int[width * box.SizeY * box.SizeZ]);
            int at = 0;
            for (int z = box.Z; z < box.Z + box.SizeZ; z++)
                for (int y = box.Y; y < box.Y + box.SizeY; y++, at++)
                    foreach (double value in image.Voxels.AsSpan((z * image.Grid.SizeY + y) * image.Grid.SizeX + box.X, box.SizeX))
                    {
                        bool counted = double.IsFinite(value);
                        (sums[at + 1], counts[at + 1]) = counted ? (sums[at] + value, counts[at] + 1) : (sums[at], counts[at]);
                        at++;
                    }
        }

        public double Mean(List<Row> ball, int x, int y, int z)
        {
            double sum = 0;
            int count = 0;
            foreach (Row row in ball)
            {
                int v = y + row.Y, w = z + row.Z;
                if ((uint)v >= (uint)box.SizeY || (uint)w >= (uint)box.SizeZ) continue;
                int start = (w * box.SizeY + v) * (box.SizeX + 1), first = start + Math.Max(0, x - row.Half),
                    last = start + Math.Min(box.SizeX, x + row.Half + 1);
                sum += sums[last] - sums[first];
                count += counts[last] - counts[first];
            }

            return sum / count;
        }
    }
}

/// <param name="LocalPeak">Mean around the voxel of highest intensity.</param>
/// <param name="GlobalPeak">Highest mean around any voxel of the region.</param>
internal sealed record LocalIntensityMeasures(double LocalPeak, double GlobalPeak);
