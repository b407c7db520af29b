namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Oriented bounding box of a convex hull: the smallest by volume of the boxes that have one side on a side of the hull, each with the
/// smallest rectangle around the hull's shadow on that side. A rectangle of smallest area has an edge on an edge of the shadow (Freeman and
/// Shapira 1975), so the search is finite and exact within this class. IBSI does not standardise the box; the least of all boxes (O'Rourke
/// 1985) may touch the hull with edges only, and is then somewhat smaller.
/// </summary>
internal readonly record struct MinimalBox(double LengthMm, double WidthMm, double HeightMm)
{
    /// <summary>Volumes closer than this are the same box found twice; the smaller area is then meant, whichever comes first.</summary>
    private const double SameVolume = 1e-12;

    public double VolumeMm3 => LengthMm * WidthMm * HeightMm;

    public double AreaMm2 => 2 * (LengthMm * WidthMm + WidthMm * HeightMm + LengthMm * HeightMm);

    public static MinimalBox Around(ConvexHull hull, ImageGrid grid, CancellationToken cancellation)
    {
        // The lattice has half voxels.
        (double sx, double sy, double sz) = (grid.SpacingXMm / 2, grid.SpacingYMm / 2, grid.SpacingZMm / 2);
        Vector[] corners = [.. hull.Corners.Select(p => new Vector(p.X * sx, p.Y * sy, p.Z * sz))];
        var shadow = new (double U, double V)[corners.Length];
        var outline = new (double U, double V)[2 * corners.Length + 1];
        MinimalBox best = new(double.PositiveInfinity, 1, 1);
        foreach ((long x, long y, long z) in hull.Normals)
        {
            cancellation.ThrowIfCancellationRequested();
            // A plane's normal scales against its points.
            Vector normal = new Vector(x / sx, y / sy, z / sz).Unit(), u = normal.Across(), v = normal.Cross(u);
            double low = double.PositiveInfinity, high = double.NegativeInfinity;
            for (int i = 0; i < corners.Length; i++)
            {
                double height = corners[i].Dot(normal);
                (low, high) = (Math.Min(low, height), Math.Max(high, height));
                shadow[i] = (corners[i].Dot(u), corners[i].Dot(v));
            }

            ReadOnlySpan<(double U, double V)> polygon = outline.AsSpan(0, Outline(shadow, outline));
            for (int i = 0; i < polygon.Length; i++)
            {
                MinimalBox box = OnEdge(polygon, i) with { HeightMm = high - low };
                double off = box.VolumeMm3 / best.VolumeMm3 - 1;
                if (off < -SameVolume || (off <= SameVolume && box.AreaMm2 < best.AreaMm2)) best = box;
            }
        }

        return best;
    }

    /// <summary>The rectangle around a polygon that has one side on the polygon's edge from corner <paramref name="edge"/> to the next.</summary>
    private static MinimalBox OnEdge(ReadOnlySpan<(double U, double V)> polygon, int edge)
    {
        (double U, double V) from = polygon[edge], to = polygon[(edge + 1) % polygon.Length];
        double du = to.U - from.U, dv = to.V - from.V, length = Math.Sqrt(du * du + dv * dv);
        (du, dv) = (du / length, dv / length);
        double first = 0, last = 0, right = 0, left = 0;
        foreach ((double U, double V) corner in polygon)
        {
            // Nothing lies to the right but by rounding: of an edge as short as that, which may point anywhere, the rectangle still holds all.
            double along = (corner.U - from.U) * du + (corner.V - from.V) * dv, across = (corner.V - from.V) * du - (corner.U - from.U) * dv;
            (first, last) = (Math.Min(first, along), Math.Max(last, along));
            (right, left) = (Math.Min(right, across), Math.Max(left, across));
        }

        return new MinimalBox(last - first, left - right, 0);
    }

    /// <summary>Andrew's monotone chain, counter-clockwise; what rounding takes for a corner, or for none, lies on the outline to the last digit.</summary>
    private static int Outline((double U, double V)[] points, (double U, double V)[] outline)
    {
        Array.Sort(points);
        int count = 0;
        foreach ((double U, double V) point in points) Push(point, 0);
        int lower = count - 1;
        for (int i = points.Length - 2; i >= 0; i--) Push(points[i], lower);
        // The last point is the first again.
        return count - 1;

        void Push((double U, double V) point, int start)
        {
            while (count >= start + 2 && !TurnsLeft(outline[count - 2], outline[count - 1], point)) count--;
            outline[count++] = point;
        }

        static bool TurnsLeft((double U, double V) a, (double U, double V) b, (double U, double V) c) =>
            (b.U - a.U) * (c.V - a.V) - (b.V - a.V) * (c.U - a.U) > 0;
    }

    private readonly record struct Vector(double X, double Y, double Z)
    {
        public double Dot(Vector b) => X * b.X + Y * b.Y + Z * b.Z;

        public Vector Cross(Vector b) => new(Y * b.Z - Z * b.Y, Z * b.X - X * b.Z, X * b.Y - Y * b.X);

        public Vector Unit()
        {
            double length = Math.Sqrt(Dot(this));
            return new Vector(X / length, Y / length, Z / length);
        }

        /// <summary>A unit vector at right angles: the axis least along this one, less its part along it.</summary>
        public Vector Across()
        {
            (double x, double y, double z) = (Math.Abs(X), Math.Abs(Y), Math.Abs(Z));
            Vector axis = x <= y && x <= z ? new(1, 0, 0) : y <= z ? new(0, 1, 0) : new(0, 0, 1);
            return Cross(axis).Unit();
        }
    }
}
