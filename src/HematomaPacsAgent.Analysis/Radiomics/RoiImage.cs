namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// A region of interest cut out to its bounding box: intensities and flags, x fastest, then y, then z. Immutable. Beside the intensity mask,
/// whose voxels are measured, there is a morphological mask, whose form is: they differ after re-segmentation (IBSI manual 2.5).
/// </summary>
internal sealed class RoiImage
{
    private readonly double[] intensities;
    private readonly bool[] inside;
    private readonly bool[] morphology;

    /// <param name="intensities">One value a voxel, x fastest, then y, then z; inside the mask each is finite.</param>
    /// <param name="mask">One flag a voxel.</param>
    /// <param name="sizeX">Voxels along x, at least 1; likewise y and z.</param>
    /// <param name="sizeY">Voxels along y.</param>
    /// <param name="sizeZ">Voxels along z.</param>
    /// <param name="spacingXMm">Distance between voxel centres along x, mm, above 0; likewise y and z.</param>
    /// <param name="spacingYMm">Along y.</param>
    /// <param name="spacingZMm">Along z.</param>
    /// <exception cref="RadiomicsException">A size, spacing or intensity is out of range, the counts differ, or the mask is
    /// empty.</exception>
    public RoiImage(ReadOnlySpan<double> intensities, ReadOnlySpan<bool> mask, int sizeX, int sizeY, int sizeZ,
        double spacingXMm, double spacingYMm, double spacingZMm)
        : this(new ImageGrid(sizeX, sizeY, sizeZ, spacingXMm, spacingYMm, spacingZMm), intensities, mask)
    {
    }

    private RoiImage(ImageGrid grid, ReadOnlySpan<double> intensities, ReadOnlySpan<bool> mask)
        : this(grid.Crop(Around(grid, intensities.Length, mask)), Around(grid, intensities.Length, mask).Cut(intensities, grid.SizeX, grid.SizeY),
            Around(grid, intensities.Length, mask).Cut(mask, grid.SizeX, grid.SizeY))
    {
    }

    /// <summary>A region whose box is cut already.</summary>
    /// <param name="box">The box's grid.</param>
    /// <param name="intensities">One value a voxel of the box.</param>
    /// <param name="inside">The intensity mask; at least one voxel.</param>
    /// <param name="morphology">The morphological mask; null where it is the intensity mask.</param>
    /// <exception cref="RadiomicsException">The counts differ, the mask is empty, or a voxel inside has no finite intensity.</exception>
    internal RoiImage(ImageGrid box, double[] intensities, bool[] inside, bool[]? morphology = null)
    {
        if (intensities.Length != box.Count || inside.Length != box.Count || (morphology ?? inside).Length != box.Count)
            throw new RadiomicsException($"{intensities.Length} intensities and {inside.Length} flags for a box of {box.Count} voxels");
        (Grid, this.intensities, this.inside, this.morphology) = (box, intensities, inside, morphology ?? inside);
        Values = Gather();
    }

    /// <summary>The bounding box.</summary>
    public ImageGrid Grid { get; }

    /// <summary>Voxels of the bounding box along x.</summary>
    public int SizeX => Grid.SizeX;

    /// <summary>Voxels of the bounding box along y.</summary>
    public int SizeY => Grid.SizeY;

    /// <summary>Voxels of the bounding box along z.</summary>
    public int SizeZ => Grid.SizeZ;

    public double SpacingXMm => Grid.SpacingXMm;
    public double SpacingYMm => Grid.SpacingYMm;
    public double SpacingZMm => Grid.SpacingZMm;

    public double VoxelVolumeMm3 => SpacingXMm * SpacingYMm * SpacingZMm;

    /// <summary>Voxels in the region, at least 1.</summary>
    public int VoxelCount => Values.Length;

    /// <summary>Intensity of each voxel of the box, HU for CT.</summary>
    internal ReadOnlySpan<double> Intensities => intensities;

    /// <summary>Whether each voxel of the box belongs to the intensity mask.</summary>
    internal ReadOnlySpan<bool> Inside => inside;

    /// <summary>Whether each voxel of the box belongs to the morphological mask.</summary>
    internal ReadOnlySpan<bool> Morphology => morphology;

    /// <summary>Intensities of the region's voxels alone, in voxel order.</summary>
    internal double[] Values { get; }

    private static Box Around(ImageGrid grid, int count, ReadOnlySpan<bool> mask) => count == grid.Count && mask.Length == count
        ? Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ)
        : throw new RadiomicsException($"{count} intensities and {mask.Length} flags for {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");

    private double[] Gather()
    {
        var values = new double[inside.AsSpan().Count(true)];
        if (values.Length == 0) throw new RadiomicsException("the mask is empty: there is no region to measure");
        for (int i = 0, k = 0; i < inside.Length; i++)
        {
            if (!inside[i]) continue;
            if (!double.IsFinite(intensities[i]))
                throw new RadiomicsException($"a voxel of the region has intensity {intensities[i]}: resample or mask it first");
            values[k++] = intensities[i];
        }

        return values;
    }
}
