using System.Numerics;

namespace HematomaPacsAgent.Analysis.Tests;

/// <summary>The eight ways in which an axial slice can lie on its matrix: turned by quarter turns, and mirrored.</summary>
public sealed record Orientations(bool Transposed, bool FlipColumns, bool FlipRows)
{
    public static IEnumerable<Orientations> All => from transposed in (bool[])[false, true]
        from columns in (bool[])[false, true] from rows in (bool[])[false, true] select new Orientations(transposed, columns, rows);

    /// <summary>The same head at the same place in the patient, its voxels in another order. A mirrored matrix has its normal to the feet, so that
    /// its slices, which ascend along it, begin at the vertex.</summary>
    public Volume Of(Volume volume)
    {
        VolumeGeometry g = volume.Geometry;
        int columns = Transposed ? g.Rows : g.Columns, rows = Transposed ? g.Columns : g.Rows;
        Vector3 across = (Transposed ? g.ColumnDirection : g.RowDirection) * (FlipColumns ? -1 : 1);
        Vector3 down = (Transposed ? g.RowDirection : g.ColumnDirection) * (FlipRows ? -1 : 1);
        bool feetwards = Vector3.Dot(Vector3.Cross(across, down), g.Normal) < 0;
        (int Column, int Row) At(int x, int y)
        {
            (x, y) = (FlipColumns ? columns - 1 - x : x, FlipRows ? rows - 1 - y : y);
            return Transposed ? (y, x) : (x, y);
        }

        int Slice(int k) => feetwards ? g.Slices - 1 - k : k;
        (int firstColumn, int firstRow) = At(0, 0);
        VolumeGeometry turned = new(columns, rows, across, down, Transposed ? g.RowSpacingMm : g.ColumnSpacingMm, Transposed ? g.ColumnSpacingMm : g.RowSpacingMm,
            [.. Enumerable.Range(0, g.Slices).Select(k => g.ToPatient(firstColumn, firstRow, Slice(k)))], g.SliceThicknessMm);
        short[] hounsfield = new short[volume.Hounsfield.Length];
        for (int k = 0, i = 0; k < g.Slices; k++)
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++, i++)
                {
                    (int column, int row) = At(x, y);
                    hounsfield[i] = volume.Hounsfield[(Slice(k) * g.Rows + row) * g.Columns + column];
                }

        return new Volume(turned, hounsfield);
    }
}
