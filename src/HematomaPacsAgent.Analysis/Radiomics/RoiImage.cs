namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>A region of interest cut from its image: what lies in its bounding box.</summary>
public sealed class RoiImage
{
    /// <param name="intensities">Index (z * SizeY + y) * SizeX + x.</param>
    /// <param name="mask">One flag a voxel.</param>
    /// <param name="size">Voxels along x, y and z.</param>
    /// <param name="spacingMm">Voxel size along x, y and z.</param>
    /// <exception cref="RadiomicsException">The mask is empty, counts differ, or a spacing is not positive.</exception>
    public RoiImage(double[] intensities, bool[] mask, (int X, int Y, int Z) size, (double X, double Y, double Z) spacingMm)
    {
        long count = (long)size.X * size.Y * size.Z;
        if (intensities.LongLength != count || mask.LongLength != count)
            throw new RadiomicsException($"{intensities.LongLength} intensities and {mask.LongLength} mask values for {size.X} x {size.Y} x {size.Z} voxels");
        if (!(spacingMm.X > 0 && spacingMm.Y > 0 && spacingMm.Z > 0)) throw new RadiomicsException($"voxel size {spacingMm} mm is not positive");
        VoxelCount = mask.Count(set => set);
        if (VoxelCount == 0) throw new RadiomicsException("the region of interest is empty");
        (Intensities, Mask, Size, SpacingMm) = (intensities, mask, size, spacingMm);
    }

    public double[] Intensities { get; }
    public bool[] Mask { get; }
    public (int X, int Y, int Z) Size { get; }
    public (double X, double Y, double Z) SpacingMm { get; }
    public int VoxelCount { get; }
    public double VoxelMm3 => SpacingMm.X * SpacingMm.Y * SpacingMm.Z;

    /// <summary>The voxels inside the region, in index order.</summary>
    public double[] Inside()
    {
        double[] values = new double[VoxelCount];
        for (int i = 0, n = 0; i < Mask.Length; i++)
            if (Mask[i]) values[n++] = Intensities[i];
        return values;
    }

    /// <summary>Cuts the region out of a volume. Where slices are unevenly spaced the median spacing stands for all.</summary>
    /// <exception cref="RadiomicsException">The mask is empty or lies on another grid; the message names what differs.</exception>
    public static RoiImage From(Volume volume, Mask mask)
    {
        VolumeGeometry v = volume.Geometry, m = mask.Geometry;
        if ((v.Columns, v.Rows, v.Slices) != (m.Columns, m.Rows, m.Slices))
            throw new RadiomicsException($"image of {v.Columns} x {v.Rows} x {v.Slices} and mask of {m.Columns} x {m.Rows} x {m.Slices} voxels differ");
        float apart = Enumerable.Range(0, v.Slices).Max(k => (v.Origins[k] - m.Origins[k]).Length());
        if (apart > 0.01f) throw new RadiomicsException(FormattableString.Invariant($"image and mask lie {apart:F2} mm apart"));

        (int x0, int y0, int z0, int x1, int y1, int z1) = (int.MaxValue, int.MaxValue, int.MaxValue, -1, -1, -1);
        for (int i = 0; i < mask.Voxels.Length; i++)
        {
            if (!mask.Voxels[i]) continue;
            int x = i % v.Columns, y = i % v.PixelsPerSlice / v.Columns, z = i / v.PixelsPerSlice;
            (x0, y0, z0) = (Math.Min(x0, x), Math.Min(y0, y), Math.Min(z0, z));
            (x1, y1, z1) = (Math.Max(x1, x), Math.Max(y1, y), Math.Max(z1, z));
        }

        if (x1 < 0) throw new RadiomicsException("the region of interest is empty");
        (int X, int Y, int Z) size = (x1 - x0 + 1, y1 - y0 + 1, z1 - z0 + 1);
        double[] intensities = new double[size.X * size.Y * size.Z];
        bool[] inside = new bool[intensities.Length];
        for (int i = 0; i < intensities.Length; i++)
        {
            int source = ((z0 + i / (size.X * size.Y)) * v.Rows + y0 + i / size.X % size.Y) * v.Columns + x0 + i % size.X;
            (intensities[i], inside[i]) = (volume.Hounsfield[source], mask.Voxels[source]);
        }

        return new RoiImage(intensities, inside, size, (v.ColumnSpacingMm, v.RowSpacingMm, v.MedianSliceSpacingMm));
    }
}
