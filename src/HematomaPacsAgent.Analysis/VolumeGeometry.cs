using System.Numerics;

namespace HematomaPacsAgent.Analysis;

/// <summary>
/// Where a stack of parallel slices lies in the patient. Coordinates are LPS in millimetres (PS3.3 C.7.6.2.1.1): x grows to the patient's left,
/// y to posterior, z to the head. Each slice keeps its own origin, so gantry tilt and uneven spacing are represented as they are, not corrected.
/// </summary>
public sealed class VolumeGeometry
{
    private readonly Vector3[] origins;
    private readonly double[] sliceExtentsMm;

    /// <param name="columns">Pixels in a row, at least 1.</param>
    /// <param name="rows">Pixels in a column, at least 1.</param>
    /// <param name="rowDirection">Unit vector along which the column index grows (first triplet of ImageOrientationPatient).</param>
    /// <param name="columnDirection">Unit vector along which the row index grows (second triplet), perpendicular to the first.</param>
    /// <param name="columnSpacingMm">Distance between neighbouring columns, mm (second value of PixelSpacing).</param>
    /// <param name="rowSpacingMm">Distance between neighbouring rows, mm (first value of PixelSpacing).</param>
    /// <param name="origins">Centre of each slice's first pixel (ImagePositionPatient), strictly ascending along <see cref="Normal"/>.</param>
    /// <param name="sliceThicknessMm">Nominal thickness, mm; used as the extent of a volume with one slice.</param>
    /// <exception cref="ArgumentException">A value is out of range, directions are not orthonormal, or origins do not ascend.</exception>
    public VolumeGeometry(int columns, int rows, Vector3 rowDirection, Vector3 columnDirection, double columnSpacingMm, double rowSpacingMm,
        IReadOnlyList<Vector3> origins, double sliceThicknessMm)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(origins.Count, 1);
        if (!(columnSpacingMm > 0 && rowSpacingMm > 0 && sliceThicknessMm > 0) || !double.IsFinite(columnSpacingMm * rowSpacingMm * sliceThicknessMm))
            throw new ArgumentException($"spacing {columnSpacingMm} x {rowSpacingMm} x {sliceThicknessMm} mm: each must be finite and above 0");
        if (Math.Abs(rowDirection.Length() - 1) > 1e-3 || Math.Abs(columnDirection.Length() - 1) > 1e-3 || Math.Abs(Vector3.Dot(rowDirection, columnDirection)) > 1e-3)
            throw new ArgumentException($"row direction {rowDirection} and column direction {columnDirection} are not perpendicular unit vectors");
        (Columns, Rows, RowDirection, ColumnDirection, ColumnSpacingMm, RowSpacingMm, SliceThicknessMm) =
            (columns, rows, rowDirection, columnDirection, columnSpacingMm, rowSpacingMm, sliceThicknessMm);
        Normal = Vector3.Normalize(Vector3.Cross(rowDirection, columnDirection));
        this.origins = [.. origins];
        SlicePositionsMm = [.. this.origins.Select(origin => (double)Vector3.Dot(origin, Normal))];
        for (int slice = 1; slice < Slices; slice++)
            if (SlicePositionsMm[slice] <= SlicePositionsMm[slice - 1])
                throw new ArgumentException($"slice {slice} lies at {SlicePositionsMm[slice]:F3} mm, not above slice {slice - 1} at {SlicePositionsMm[slice - 1]:F3} mm");
        sliceExtentsMm = [.. Enumerable.Range(0, Slices).Select(Extent)];
    }

    public int Columns { get; }
    public int Rows { get; }
    public int Slices => origins.Length;
    public int PixelsPerSlice => Columns * Rows;
    public Vector3 RowDirection { get; }
    public Vector3 ColumnDirection { get; }

    /// <summary>Unit vector from slice 0 to the last slice: row direction x column direction.</summary>
    public Vector3 Normal { get; }

    public double ColumnSpacingMm { get; }
    public double RowSpacingMm { get; }
    public double SliceThicknessMm { get; }

    /// <summary>Each slice's distance from the patient origin along <see cref="Normal"/>, mm, ascending.</summary>
    public IReadOnlyList<double> SlicePositionsMm { get; }

    /// <summary>Centre of each slice's first pixel, LPS mm.</summary>
    public IReadOnlyList<Vector3> Origins => origins;

    /// <summary>How much of the normal each slice stands for, mm: half the way to each neighbour; an end slice reaches out as far as it reaches in.</summary>
    public IReadOnlyList<double> SliceExtentsMm => sliceExtentsMm;

    /// <summary>Typical distance between neighbouring slices along the normal, mm (the median; the thickness for a single slice).</summary>
    public double MedianSliceSpacingMm =>
        Slices == 1 ? SliceThicknessMm : Enumerable.Range(1, Slices - 1).Select(k => SlicePositionsMm[k] - SlicePositionsMm[k - 1]).Order().ElementAt((Slices - 1) / 2);

    /// <summary>Volume of one voxel of a slice, millilitres.</summary>
    public double VoxelMl(int slice) => ColumnSpacingMm * RowSpacingMm * sliceExtentsMm[slice] / 1000;

    /// <summary>Centre of a voxel, LPS mm.</summary>
    public Vector3 ToPatient(double column, double row, int slice) =>
        origins[slice] + RowDirection * (float)(column * ColumnSpacingMm) + ColumnDirection * (float)(row * RowSpacingMm);

    private double Extent(int slice)
    {
        if (Slices == 1) return SliceThicknessMm;
        double below = slice > 0 ? SlicePositionsMm[slice] - SlicePositionsMm[slice - 1] : SlicePositionsMm[1] - SlicePositionsMm[0];
        double above = slice < Slices - 1 ? SlicePositionsMm[slice + 1] - SlicePositionsMm[slice] : below;
        return (below + above) / 2;
    }
}
