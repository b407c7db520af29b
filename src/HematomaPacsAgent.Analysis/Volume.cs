namespace HematomaPacsAgent.Analysis;

/// <summary>A CT volume in Hounsfield units on its acquisition grid.</summary>
public sealed class Volume
{
    /// <param name="geometry">The grid.</param>
    /// <param name="hounsfield">Voxels, slice by slice, row by row; as many as the geometry has.</param>
    /// <exception cref="ArgumentException">The counts differ.</exception>
    public Volume(VolumeGeometry geometry, short[] hounsfield)
    {
        if (hounsfield.LongLength != (long)geometry.PixelsPerSlice * geometry.Slices)
            throw new ArgumentException($"{hounsfield.LongLength} voxels for a grid of {geometry.Columns} x {geometry.Rows} x {geometry.Slices}");
        (Geometry, Hounsfield) = (geometry, hounsfield);
    }

    public VolumeGeometry Geometry { get; }

    /// <summary>Index = (slice * Rows + row) * Columns + column.</summary>
    public short[] Hounsfield { get; }

    /// <summary>One slice, row by row.</summary>
    public ReadOnlySpan<short> Slice(int slice) => Hounsfield.AsSpan(slice * Geometry.PixelsPerSlice, Geometry.PixelsPerSlice);
}
