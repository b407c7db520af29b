using System.Numerics;
using HematomaPacsAgent.Analysis.Measurements;

namespace HematomaPacsAgent.Analysis.Tests.Measurements;

/// <summary>A head whose brain is pushed aside by a known distance: most at its middle, nothing at the skull, front and back.</summary>
internal static class DisplacedBrain
{
    private const double Width = 55, Length = 75, Height = 35;

    /// <param name="volume">A head, upright.</param>
    /// <param name="space">Nothing outside it moves.</param>
    /// <param name="plane">The true midline.</param>
    /// <param name="at">A place on it where the displacement is largest, LPS mm.</param>
    /// <param name="leftMm">How far that place goes to the left.</param>
    public static Volume Of(Volume volume, Mask space, MidsagittalPlane plane, Vector3 at, double leftMm)
    {
        VolumeGeometry g = volume.Geometry;
        short[] moved = (short[])volume.Hounsfield.Clone();
        Vector3 back = Vector3.Normalize(Vector3.Cross(Vector3.UnitZ, plane.Normal));
        Parallel.For(0, g.Slices, slice =>
        {
            for (int row = 1; row < g.Rows - 1; row++)
                for (int column = 1; column < g.Columns - 1; column++)
                {
                    int i = (slice * g.Rows + row) * g.Columns + column;
                    Vector3 place = g.ToPatient(column, row, slice);
                    double along = Vector3.Dot(place - at, back) / Length, up = (place.Z - at.Z) / Height;
                    double aside = plane.AsideMm(place) / Width;
                    if (!space.Voxels[i] || Math.Abs(aside) > 1 || Math.Abs(along) > 1) continue;
                    double mm = leftMm * Bump(aside) * Bump(along) * Math.Exp(-up * up);
                    Vector3 from = (float)-mm * plane.Normal;
                    double x = column + Vector3.Dot(from, g.RowDirection) / g.ColumnSpacingMm, y = row + Vector3.Dot(from, g.ColumnDirection) / g.RowSpacingMm;
                    moved[i] = Sample(volume, slice, x, y);
                }
        });
        return new Volume(g, moved);
    }

    /// <summary>1 in the middle, falling smoothly to 0 at the ends: the falx holds the midline to the skull in front and behind.</summary>
    private static double Bump(double part) => (1 - part * part) * (1 - part * part);

    private static short Sample(Volume volume, int slice, double x, double y)
    {
        VolumeGeometry g = volume.Geometry;
        int x0 = Math.Clamp((int)x, 0, g.Columns - 2), y0 = Math.Clamp((int)y, 0, g.Rows - 2), i = y0 * g.Columns + x0;
        double fx = x - x0, fy = y - y0;
        ReadOnlySpan<short> hu = volume.Slice(slice);
        return (short)Math.Round((hu[i] * (1 - fx) + hu[i + 1] * fx) * (1 - fy) + (hu[i + g.Columns] * (1 - fx) + hu[i + g.Columns + 1] * fx) * fy);
    }
}
