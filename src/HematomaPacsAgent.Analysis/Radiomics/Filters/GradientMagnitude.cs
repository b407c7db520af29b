namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// PyRadiomics <c>gradient</c>, ITK's GradientMagnitudeImageFilter: sqrt(sum over the axes of ((x[i+1] - x[i-1]) / (2 spacing))^2); beyond the image
/// its edge voxel goes on. Computed in double precision and rounded to single, as there. Unit: the image's per mm (per voxel without spacing).
/// </summary>
internal static class GradientMagnitude
{
    public static double[] Compute(ScalarImage image, Box wanted, bool useSpacing, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        double factorX = Factor(grid.SpacingXMm), factorY = Factor(grid.SpacingYMm), factorZ = Factor(grid.SpacingZMm);
        var response = new double[wanted.Count];
        int lastX = grid.SizeX - 1, target = 0;
        for (int z = wanted.Z; z < wanted.Z + wanted.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = wanted.Y; y < wanted.Y + wanted.SizeY; y++)
            {
                ReadOnlySpan<double> row = Row(y, z), before = Row(Math.Max(0, y - 1), z), after = Row(Math.Min(grid.SizeY - 1, y + 1), z),
                    below = Row(y, Math.Max(0, z - 1)), above = Row(y, Math.Min(grid.SizeZ - 1, z + 1));
                for (int x = wanted.X; x < wanted.X + wanted.SizeX; x++)
                {
                    // The factor goes to each of the two voxels, as in ITK: the last bit depends on it.
                    double gx = factorX * row[Math.Min(lastX, x + 1)] - factorX * row[Math.Max(0, x - 1)];
                    double gy = factorY * after[x] - factorY * before[x];
                    double gz = factorZ * above[x] - factorZ * below[x];
                    response[target++] = (float)Math.Sqrt(gx * gx + gy * gy + gz * gz);
                }
            }
        }

        return response;

        double Factor(double spacing) => useSpacing ? 0.5 * (1 / spacing) : 0.5;

        ReadOnlySpan<double> Row(int y, int z) => image.Voxels.AsSpan((z * grid.SizeY + y) * grid.SizeX, grid.SizeX);
    }
}
