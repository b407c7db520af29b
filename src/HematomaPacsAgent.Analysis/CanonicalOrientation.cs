using System.Numerics;

namespace HematomaPacsAgent.Analysis;

/// <summary>
/// An axial volume in the order that everything after loading expects: columns grow to the patient's left, rows to posterior, slices to the head
/// (LPS, PS3.3 §C.7.6.2.1.1). Prone, decubitus, feet-first and mirrored stacks are permuted and flipped to it, never interpolated, so that a mask
/// goes back to the source grid voxel by voxel. Tilt and uneven spacing stay what they are.
/// </summary>
public sealed class CanonicalOrientation
{
    // The nearest axes are only clear where the slices are nearer to axial than to anything else.
    private const float LeastAxial = 0.75f;

    private readonly VolumeGeometry source;

    // Source voxel of canonical (column, row, slice) = first + column * alongColumns + row * alongRows + slice * alongSlices.
    private readonly int first, alongColumns, alongRows, alongSlices;

    private CanonicalOrientation(Volume volume)
    {
        VolumeGeometry g = source = volume.Geometry;
        Vector3 row = g.RowDirection, column = g.ColumnDirection;
        bool transposed = Math.Abs(row.X) + Math.Abs(column.Y) < Math.Abs(row.Y) + Math.Abs(column.X);
        Vector3 left = transposed ? column : row, back = transposed ? row : column;
        bool flipColumns = left.X < 0, flipRows = back.Y < 0;
        (left, back) = (flipColumns ? -left : left, flipRows ? -back : back);
        bool flipSlices = Vector3.Dot(Vector3.Cross(left, back), g.Normal) < 0;
        int columns = transposed ? g.Rows : g.Columns, rows = transposed ? g.Columns : g.Rows;

        (int stepColumns, int stepRows) = transposed ? (g.Columns, 1) : (1, g.Columns);
        (alongColumns, alongRows) = (flipColumns ? -stepColumns : stepColumns, flipRows ? -stepRows : stepRows);
        alongSlices = flipSlices ? -g.PixelsPerSlice : g.PixelsPerSlice;
        int firstPixel = (flipColumns ? (columns - 1) * stepColumns : 0) + (flipRows ? (rows - 1) * stepRows : 0);
        first = firstPixel + (flipSlices ? (g.Slices - 1) * g.PixelsPerSlice : 0);
        IsIdentity = !transposed && !flipColumns && !flipRows && !flipSlices;
        if (IsIdentity)
        {
            Volume = volume;
            return;
        }

        VolumeGeometry canonical = new(columns, rows, left, back, transposed ? g.RowSpacingMm : g.ColumnSpacingMm,
            transposed ? g.ColumnSpacingMm : g.RowSpacingMm,
            [.. Enumerable.Range(0, g.Slices).Select(k => g.ToPatient(firstPixel % g.Columns, firstPixel / g.Columns, flipSlices ? g.Slices - 1 - k : k))],
            g.SliceThicknessMm);
        Volume = new Volume(canonical, new short[volume.Hounsfield.Length]);
        Each((from, to) => Volume.Hounsfield[to] = volume.Hounsfield[from]);
    }

    /// <summary>The volume in canonical order: the same object where it was so already.</summary>
    public Volume Volume { get; }

    /// <summary>Whether the source was in canonical order already.</summary>
    public bool IsIdentity { get; }

    /// <exception cref="ArgumentException">The slices are not axial (more than about 41 degrees off).</exception>
    public static CanonicalOrientation Of(Volume volume) => Math.Abs(volume.Geometry.Normal.Z) >= LeastAxial ? new(volume)
        : throw new ArgumentException($"slices with the normal {volume.Geometry.Normal} are not axial: they have no canonical order");

    /// <summary>A mask of the canonical volume on the source grid: the same object where they are one.</summary>
    /// <exception cref="ArgumentException">The mask is not of the canonical volume.</exception>
    public Mask ToSource(Mask mask)
    {
        if (!ReferenceEquals(mask.Geometry, Volume.Geometry)) throw new ArgumentException("the mask lies on another grid than the canonical volume");
        if (IsIdentity) return mask;
        Mask result = new(source);
        Each((to, from) => result.Voxels[to] = mask.Voxels[from]);
        return result;
    }

    /// <summary>The source's slice that a canonical slice is.</summary>
    public int ToSourceSlice(int slice) => alongSlices > 0 ? slice : source.Slices - 1 - slice;

    private void Each(Action<int, int> pair)
    {
        VolumeGeometry g = Volume.Geometry;
        Parallel.For(0, g.Slices, slice =>
        {
            int canonical = slice * g.PixelsPerSlice;
            for (int row = 0; row < g.Rows; row++)
                for (int column = 0, at = first + slice * alongSlices + row * alongRows; column < g.Columns; column++, at += alongColumns)
                    pair(at, canonical++);
        });
    }
}
