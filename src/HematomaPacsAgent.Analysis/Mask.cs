namespace HematomaPacsAgent.Analysis;

/// <summary>A binary region on the grid of a <see cref="Volume"/>.</summary>
public sealed class Mask
{
    /// <param name="geometry">The grid.</param>
    /// <param name="voxels">One flag a voxel, in the order of <see cref="Volume.Hounsfield"/>.</param>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public Mask(VolumeGeometry geometry, bool[] voxels)
    {
        if (voxels.LongLength != (long)geometry.PixelsPerSlice * geometry.Slices)
            throw new ArgumentException($"{voxels.LongLength} flags for a grid of {geometry.Columns} x {geometry.Rows} x {geometry.Slices}");
        (Geometry, Voxels) = (geometry, voxels);
    }

    public Mask(VolumeGeometry geometry) : this(geometry, new bool[(long)geometry.PixelsPerSlice * geometry.Slices]) { }

    public VolumeGeometry Geometry { get; }

    public bool[] Voxels { get; }

    public ReadOnlySpan<bool> Slice(int slice) => Voxels.AsSpan(slice * Geometry.PixelsPerSlice, Geometry.PixelsPerSlice);

    public int CountIn(int slice) => Slice(slice).Count(true);

    public bool IsEmpty => !Voxels.AsSpan().Contains(true);

    /// <summary>Sum of the voxels' volumes, millilitres; each slice counts with its own extent.</summary>
    public double VolumeMl => Enumerable.Range(0, Geometry.Slices).Sum(slice => CountIn(slice) * Geometry.VoxelMl(slice));

    /// <summary>The slice with the most voxels set; -1 when none is.</summary>
    public int LargestSlice =>
        IsEmpty ? -1 : Enumerable.Range(0, Geometry.Slices).MaxBy(CountIn);
}
