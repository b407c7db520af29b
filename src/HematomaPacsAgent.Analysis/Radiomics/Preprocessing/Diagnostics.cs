namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>What an image is, in numbers: PyRadiomics' <c>diagnostics_Image-*</c>, IBSI's diagnostic features of the image (manual, section 4).</summary>
/// <param name="Grid">Size and spacing.</param>
/// <param name="Mean">Of all voxels.</param>
/// <param name="Minimum">Of all voxels.</param>
/// <param name="Maximum">Of all voxels.</param>
internal sealed record ImageDiagnostics(ImageGrid Grid, double Mean, double Minimum, double Maximum)
{
    public static ImageDiagnostics Of(ScalarImage image)
    {
        double sum = 0, minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        int row = image.Grid.SizeX;
        for (int from = 0; from < image.Voxels.Length; from += row)
        {
            // Sums of rows keep the rounding of a long sum small.
            double part = 0;
            foreach (double x in image.Voxels.AsSpan(from, row)) (part, minimum, maximum) = (part + x, Math.Min(minimum, x), Math.Max(maximum, x));
            sum += part;
        }

        return new ImageDiagnostics(image.Grid, sum / image.Voxels.Length, minimum, maximum);
    }
}

/// <summary>What a region is, in numbers: PyRadiomics' <c>diagnostics_Mask-*</c>, IBSI's diagnostic features of the mask.</summary>
/// <param name="BoundingBox">PyRadiomics <c>BoundingBox</c>.</param>
/// <param name="VoxelCount">PyRadiomics <c>VoxelNum</c>.</param>
/// <param name="ComponentCount">Parts of the region that do not touch each other, not even at a corner; PyRadiomics <c>VolumeNum</c>.</param>
/// <param name="CentreIndex">Mean voxel index; PyRadiomics <c>CenterOfMassIndex</c>.</param>
/// <param name="CentreMm">The same place in the patient, LPS mm; PyRadiomics <c>CenterOfMass</c>.</param>
/// <param name="Mean">Of the intensities in the region.</param>
/// <param name="Minimum">Of the intensities in the region.</param>
/// <param name="Maximum">Of the intensities in the region.</param>
internal sealed record RegionDiagnostics(Box BoundingBox, int VoxelCount, int ComponentCount, (double X, double Y, double Z) CentreIndex,
    (double X, double Y, double Z) CentreMm, double Mean, double Minimum, double Maximum)
{
    /// <exception cref="RadiomicsException">The mask is empty.</exception>
    public static RegionDiagnostics Of(ScalarImage image, ReadOnlySpan<bool> mask)
    {
        ImageGrid grid = image.Grid;
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        double sum = 0, minimum = double.PositiveInfinity, maximum = double.NegativeInfinity;
        long sumX = 0, sumY = 0, sumZ = 0;
        int count = 0;
        RunComponents components = new(box.SizeY);
        for (int z = box.Z; z < box.Z + box.SizeZ; z++)
        {
            components.NextSlice();
            for (int y = box.Y; y < box.Y + box.SizeY; y++)
            {
                components.NextRow();
                int row = (z * grid.SizeY + y) * grid.SizeX;
                ReadOnlySpan<bool> flags = mask.Slice(row, grid.SizeX);
                for (int x = box.X; x < box.X + box.SizeX; x++)
                {
                    if (!flags[x]) continue;
                    int first = x;
                    for (; x < box.X + box.SizeX && flags[x]; x++)
                    {
                        double value = image.Voxels[row + x];
                        (sum, minimum, maximum) = (sum + value, Math.Min(minimum, value), Math.Max(maximum, value));
                        sumX += x;
                    }

                    components.AddRun(first, x - 1);
                    (sumY, sumZ, count) = (sumY + (long)y * (x - first), sumZ + (long)z * (x - first), count + x - first);
                }
            }
        }

        (double X, double Y, double Z) centre = ((double)sumX / count, (double)sumY / count, (double)sumZ / count);
        return new RegionDiagnostics(box, count, components.Count, centre, grid.ToPatient(centre.X, centre.Y, centre.Z), sum / count, minimum, maximum);
    }
}
