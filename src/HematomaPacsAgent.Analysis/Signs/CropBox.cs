using System.Numerics;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>The part of a grid around a hematoma. It may reach beyond the image, so that the image's edge is no wall.</summary>
internal readonly record struct CropBox(int Column, int Row, int Slice, int Columns, int Rows, int Slices)
{
    /// <exception cref="ArgumentException">The mask is empty.</exception>
    public static CropBox Around(Mask mask, int pad)
    {
        VolumeGeometry g = mask.Geometry;
        int left = int.MaxValue, right = -1, top = int.MaxValue, bottom = -1, first = -1, last = -1;
        for (int line = 0; line < g.Slices * g.Rows; line++)
        {
            ReadOnlySpan<bool> row = mask.Voxels.AsSpan(line * g.Columns, g.Columns);
            int start = row.IndexOf(true);
            if (start < 0) continue;
            (left, right) = (Math.Min(left, start), Math.Max(right, row.LastIndexOf(true)));
            (top, bottom) = (Math.Min(top, line % g.Rows), Math.Max(bottom, line % g.Rows));
            if (first < 0) first = line / g.Rows;
            last = line / g.Rows;
        }

        if (last < 0) throw new ArgumentException("signs are judged on a hematoma; the mask is empty", nameof(mask));
        (first, last) = (Math.Max(0, first - 1), Math.Min(g.Slices - 1, last + 1));
        return new CropBox(left - pad, top - pad, first, right - left + 1 + 2 * pad, bottom - top + 1 + 2 * pad, last - first + 1);
    }

    public VolumeGeometry Grid(VolumeGeometry source)
    {
        CropBox box = this;
        Vector3[] origins = [.. Enumerable.Range(Slice, Slices).Select(slice => source.ToPatient(box.Column, box.Row, slice))];
        return new VolumeGeometry(Columns, Rows, source.RowDirection, source.ColumnDirection, source.ColumnSpacingMm, source.RowSpacingMm, origins,
            Slices == 1 ? source.SliceExtentsMm[Slice] : source.SliceThicknessMm);
    }

    /// <summary>The voxels within; beyond the image the default.</summary>
    public T[] Cut<T>(T[] voxels, VolumeGeometry source)
    {
        T[] cut = new T[Columns * Rows * Slices];
        int left = Math.Max(0, Column), right = Math.Min(source.Columns, Column + Columns);
        for (int s = 0; s < Slices; s++)
            for (int y = Math.Max(0, Row); y < Math.Min(source.Rows, Row + Rows); y++)
                Array.Copy(voxels, ((Slice + s) * source.Rows + y) * source.Columns + left, cut, (s * Rows + y - Row) * Columns + left - Column, right - left);
        return cut;
    }
}
