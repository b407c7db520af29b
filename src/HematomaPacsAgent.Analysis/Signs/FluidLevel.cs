using System.Numerics;
using static HematomaPacsAgent.Analysis.Signs.SignCriteria;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>
/// The interface below a dark part as a plane: a fluid level is flat and horizontal. A patient lies on the back, so that down is posterior (+y of LPS).
/// </summary>
/// <param name="Degrees">From horizontal.</param>
/// <param name="DegreesError">95 % of the angle by the interface's own roughness; 0 without noise.</param>
/// <param name="RoughnessMm">RMS distance of the interface from its plane.</param>
/// <param name="WidthMm">Widest stretch on a slice.</param>
/// <param name="Span">Share of the core's width at its height that it crosses, 0 to 1.</param>
/// <param name="RSquared">Share of the variance of density within 8 mm that a step at the plane explains.</param>
internal sealed record FluidLevel(double Degrees, double DegreesError, double RoughnessMm, double WidthMm, double Span, double RSquared)
{
    private const double NearMm = 8;

    public bool IsFlat => RoughnessMm <= LevelRoughnessMm && WidthMm >= LevelWidthMm && Span >= LevelSpan && RSquared >= LevelRSquared;

    /// <returns>Null where nothing bright lies below the part.</returns>
    public static FluidLevel? Of(Clot clot, HypodenseRegions all, HypodenseRegion region)
    {
        VolumeGeometry g = clot.Grid;
        List<(int Column, int Row, int Slice, Vector3 At)> edge = [];
        foreach (int i in region.Voxels)
        {
            if (i + g.Columns >= clot.Core.Length || !clot.Core[i + g.Columns] || all.Labels[i + g.Columns] != 0) continue;
            int s = i / g.PixelsPerSlice, y = i % g.PixelsPerSlice / g.Columns, x = i % g.Columns;
            edge.Add((x, y, s, g.ToPatient(x, y + 0.5, s)));
        }

        if (edge.Count < 5) return null;
        Plane plane = Plane.Fit([.. edge.Select(point => point.At)]);
        // The ends of a level bend where it meets the rim: what lies far off the plane is left out, twice.
        for (int again = 0; again < 2; again++)
        {
            double limit = Math.Max(g.RowSpacingMm, 2 * plane.RoughnessMm);
            var kept = edge.Where(point => Math.Abs(plane.Below(point.At)) <= limit).ToList();
            if (kept.Count < 5) break;
            edge = kept;
            plane = Plane.Fit([.. edge.Select(point => point.At)]);
        }

        var widest = edge.GroupBy(point => point.Slice).MaxBy(slice => slice.Select(point => point.Column).Distinct().Count())!;
        int columns = widest.Select(point => point.Column).Distinct().Count();
        int crossed = Crossed(clot, plane, widest.Key);
        return new FluidLevel(plane.Degrees, clot.NoiseHu > 0 ? plane.DegreesError(g.ColumnSpacingMm) : 0, plane.RoughnessMm, columns * g.ColumnSpacingMm,
            (double)columns / Math.Max(columns, crossed), RSquaredOf(clot, plane, [.. edge.Select(point => point.Slice).Distinct()]));
    }

    /// <summary>Columns of the core that the plane crosses on a slice.</summary>
    private static int Crossed(Clot clot, Plane plane, int slice)
    {
        VolumeGeometry g = clot.Grid;
        int count = 0;
        for (int x = 0; x < g.Columns; x++)
            for (int y = 0; y + 1 < g.Rows; y++)
            {
                int i = (slice * g.Rows + y) * g.Columns + x;
                if (!clot.Core[i] || plane.Below(g.ToPatient(x, y, slice)) > 0 || plane.Below(g.ToPatient(x, y + 1, slice)) <= 0) continue;
                count++;
                break;
            }

        return count;
    }

    private static double RSquaredOf(Clot clot, Plane plane, HashSet<int> slices)
    {
        VolumeGeometry g = clot.Grid;
        double[] sum = new double[2], squares = new double[2];
        int[] count = new int[2];
        foreach (int s in slices)
            for (int i = s * g.PixelsPerSlice; i < (s + 1) * g.PixelsPerSlice; i++)
            {
                if (!clot.Core[i]) continue;
                double below = plane.Below(g.ToPatient(i % g.Columns, i % g.PixelsPerSlice / g.Columns, s));
                if (Math.Abs(below) is < RimMm or > NearMm) continue;
                int side = below > 0 ? 1 : 0;
                count[side]++;
                sum[side] += clot.Smooth[i];
                squares[side] += (double)clot.Smooth[i] * clot.Smooth[i];
            }

        if (count[0] == 0 || count[1] == 0 || sum[1] / count[1] <= sum[0] / count[0]) return 0;
        double all = squares.Sum() - sum.Sum() * sum.Sum() / count.Sum();
        double rest = Enumerable.Range(0, 2).Sum(side => squares[side] - sum[side] * sum[side] / count[side]);
        return all > 0 ? 1 - rest / all : 0;
    }

    /// <summary>y = middle + slopes, in LPS mm.</summary>
    private sealed record Plane(Vector3 Middle, double SlopeX, double SlopeZ, double RoughnessMm, double SpreadXMm, int Points)
    {
        public double Degrees => Math.Atan(Math.Sqrt(SlopeX * SlopeX + SlopeZ * SlopeZ)) * 180 / Math.PI;

        /// <summary>Neighbouring columns share their noise: one point every 2 mm counts.</summary>
        public double DegreesError(double columnMm) =>
            1.96 * RoughnessMm / Math.Max(1e-6, SpreadXMm * Math.Sqrt(Math.Max(1, Points * columnMm / 2))) * 180 / Math.PI;

        public double Below(Vector3 at) => at.Y - Middle.Y - SlopeX * (at.X - Middle.X) - SlopeZ * (at.Z - Middle.Z);

        public static Plane Fit(Vector3[] points)
        {
            Vector3 middle = points.Aggregate(Vector3.Zero, (sum, p) => sum + p) / points.Length;
            double xx = 0, xz = 0, zz = 0, xy = 0, zy = 0;
            foreach (Vector3 p in points)
            {
                Vector3 d = p - middle;
                (xx, xz, zz, xy, zy) = (xx + d.X * d.X, xz + d.X * d.Z, zz + d.Z * d.Z, xy + d.X * d.Y, zy + d.Z * d.Y);
            }

            double determinant = xx * zz - xz * xz;
            // One slice tells nothing of the slope along z.
            (double slopeX, double slopeZ) = determinant > 1e-3 * Math.Max(1, xx)
                ? ((xy * zz - zy * xz) / determinant, (zy * xx - xy * xz) / determinant) : (xx > 0 ? xy / xx : 0, 0);
            Plane plane = new(middle, slopeX, slopeZ, 0, Math.Sqrt(xx / points.Length), points.Length);
            return plane with { RoughnessMm = Math.Sqrt(points.Sum(p => plane.Below(p) * plane.Below(p)) / points.Length) };
        }
    }
}
