using System.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// A region of interest cut out to its bounding box: intensities and flags, x fastest, then y, then z. Immutable.
/// </summary>
public sealed class RoiImage
{
    private const double ToleranceMm = 1e-3;

    private readonly double[] intensities;
    private readonly bool[] inside;

    /// <summary>Cuts the region out of a CT. The slice spacing is the geometry's median; uneven or tilted stacks add to
    /// <see cref="Warnings"/>.</summary>
    /// <exception cref="RadiomicsException">The mask is empty or lies on another grid.</exception>
    public static RoiImage From(Volume volume, Mask mask) => new(volume, mask);

    private RoiImage(Volume volume, Mask mask)
    {
        CheckSameGrid(volume.Geometry, mask.Geometry);
        VolumeGeometry grid = volume.Geometry;
        (SpacingXMm, SpacingYMm, SpacingZMm) = (grid.ColumnSpacingMm, grid.RowSpacingMm, grid.MedianSliceSpacingMm);
        Box box = Box.Around(mask.Voxels, grid.Columns, grid.Rows, grid.Slices);
        (SizeX, SizeY, SizeZ) = (box.SizeX, box.SizeY, box.SizeZ);
        short[] source = volume.Hounsfield;
        (intensities, inside) = (new double[box.Count], box.Cut<bool>(mask.Voxels, grid.Columns, grid.Rows));
        int target = 0;
        foreach (short value in box.Cut<short>(source, grid.Columns, grid.Rows)) intensities[target++] = value;
        Values = Gather();
        Warnings = Unevenness(grid);
    }

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
    {
        if (sizeX < 1 || sizeY < 1 || sizeZ < 1)
            throw new RadiomicsException($"an image of {sizeX} x {sizeY} x {sizeZ} voxels: each size must be at least 1");
        if (!(spacingXMm > 0 && spacingYMm > 0 && spacingZMm > 0) || !double.IsFinite(spacingXMm * spacingYMm * spacingZMm))
            throw new RadiomicsException($"spacing {spacingXMm} x {spacingYMm} x {spacingZMm} mm: each must be finite and above 0");
        if (intensities.Length != (Int128)sizeX * sizeY * sizeZ || mask.Length != intensities.Length)
            throw new RadiomicsException(
                $"{intensities.Length} intensities and {mask.Length} flags for {sizeX} x {sizeY} x {sizeZ} voxels");
        (SpacingXMm, SpacingYMm, SpacingZMm) = (spacingXMm, spacingYMm, spacingZMm);
        Box box = Box.Around(mask, sizeX, sizeY, sizeZ);
        (SizeX, SizeY, SizeZ) = (box.SizeX, box.SizeY, box.SizeZ);
        (this.intensities, inside) = (box.Cut(intensities, sizeX, sizeY), box.Cut(mask, sizeX, sizeY));
        Values = Gather();
        Warnings = [];
    }

    /// <summary>Voxels of the bounding box along x.</summary>
    public int SizeX { get; }

    /// <summary>Voxels of the bounding box along y.</summary>
    public int SizeY { get; }

    /// <summary>Voxels of the bounding box along z.</summary>
    public int SizeZ { get; }

    public double SpacingXMm { get; }
    public double SpacingYMm { get; }
    public double SpacingZMm { get; }

    public double VoxelVolumeMm3 => SpacingXMm * SpacingYMm * SpacingZMm;

    /// <summary>Voxels in the region, at least 1.</summary>
    public int VoxelCount => Values.Length;

    /// <summary>What the features leave out of account: uneven slice distances, gantry tilt.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Intensity of each voxel of the box, HU for CT.</summary>
    internal ReadOnlySpan<double> Intensities => intensities;

    /// <summary>Whether each voxel of the box belongs to the region.</summary>
    internal ReadOnlySpan<bool> Inside => inside;

    /// <summary>Intensities of the region's voxels alone, in voxel order.</summary>
    internal double[] Values { get; }

    /// <summary>The flags as 0 and 1 with a border of one empty voxel on each side: (SizeX + 2) x (SizeY + 2) x (SizeZ + 2).</summary>
    internal byte[] PaddedMask()
    {
        var padded = new byte[checked((SizeX + 2) * (SizeY + 2) * (SizeZ + 2))];
        for (int z = 0, source = 0; z < SizeZ; z++)
            for (int y = 0; y < SizeY; y++)
                for (int x = 0, target = ((z + 1) * (SizeY + 2) + y + 1) * (SizeX + 2) + 1; x < SizeX; x++)
                    padded[target++] = inside[source++] ? (byte)1 : (byte)0;
        return padded;
    }

    private double[] Gather()
    {
        var values = new double[inside.AsSpan().Count(true)];
        for (int i = 0, k = 0; i < inside.Length; i++)
        {
            if (!inside[i]) continue;
            if (!double.IsFinite(intensities[i]))
                throw new RadiomicsException($"a voxel of the region has intensity {intensities[i]}: resample or mask it first");
            values[k++] = intensities[i];
        }

        return values;
    }

    private static void CheckSameGrid(VolumeGeometry image, VolumeGeometry mask)
    {
        if (ReferenceEquals(image, mask)) return;
        if ((image.Columns, image.Rows, image.Slices) != (mask.Columns, mask.Rows, mask.Slices))
            throw new RadiomicsException($"the mask has {mask.Columns} x {mask.Rows} x {mask.Slices} voxels, the image " +
                $"{image.Columns} x {image.Rows} x {image.Slices}: draw or resample the mask on the image's grid");
        Check("column spacing", Math.Abs(image.ColumnSpacingMm - mask.ColumnSpacingMm));
        Check("row spacing", Math.Abs(image.RowSpacingMm - mask.RowSpacingMm));
        Check("row direction", (image.RowDirection - mask.RowDirection).Length() * image.ColumnSpacingMm * image.Columns);
        Check("column direction", (image.ColumnDirection - mask.ColumnDirection).Length() * image.RowSpacingMm * image.Rows);
        for (int slice = 0; slice < image.Slices; slice++)
            Check($"origin of slice {slice}", Vector3.Distance(image.Origins[slice], mask.Origins[slice]));

        static void Check(string field, double offMm)
        {
            // Float coordinates of some hundred mm carry 3e-5 mm of rounding; a directions' error is measured at the far edge of the image.
            if (offMm > (field.EndsWith("direction", StringComparison.Ordinal) ? 10 * ToleranceMm : ToleranceMm))
                throw new RadiomicsException(
                    $"mask and image differ in {field} by {offMm:G3} mm: draw or resample the mask on the image's grid");
        }
    }

    private static List<string> Unevenness(VolumeGeometry grid)
    {
        List<string> warnings = [];
        if (grid.Slices < 2) return warnings;
        double median = grid.MedianSliceSpacingMm;
        double[] steps = [.. Enumerable.Range(1, grid.Slices - 1).Select(k => grid.SlicePositionsMm[k] - grid.SlicePositionsMm[k - 1])];
        if (steps.Max() - steps.Min() > 0.01 * median)
            warnings.Add($"slice distances vary from {steps.Min():F2} to {steps.Max():F2} mm; radiomics take each as {median:F2} mm");
        Vector3 way = grid.Origins[^1] - grid.Origins[0];
        float along = Vector3.Dot(way, grid.Normal);
        double tilt = Math.Atan2((way - along * grid.Normal).Length(), along) * 180 / Math.PI;
        if (tilt > 1) warnings.Add($"gantry tilt of {tilt:F1} degrees; radiomics take the slices as stacked upright");
        return warnings;
    }
}
