namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>Largest distances between vertices of the marching-cubes surface (midpoints between a voxel inside and its neighbour outside),
/// mm.</summary>
/// <param name="SliceMm">Both vertices in one plane of constant z (axial).</param>
/// <param name="ColumnMm">In one plane of constant y (coronal).</param>
/// <param name="RowMm">In one plane of constant x (sagittal).</param>
/// <param name="ThreeDMm">Anywhere (IBSI L0JK).</param>
internal readonly record struct Diameters(double SliceMm, double ColumnMm, double RowMm, double ThreeDMm)
{
    /// <param name="region">The region.</param>
    /// <param name="cancellation">Ends the search.</param>
    public static Diameters Of(PaddedMask region, CancellationToken cancellation)
    {
        (Axis x, Axis y, Axis z) = Axes(region);
        List<GridPoint> corners = [];
        double slice = LargestInPlanes(region.Voxels, z, x, y, corners, cancellation);
        double column = LargestInPlanes(region.Voxels, y, x, z, null, cancellation),
            row = LargestInPlanes(region.Voxels, x, y, z, null, cancellation);
        (double X, double Y, double Z)[] places =
            [.. corners.Select(p => (p.X * 0.5 * x.SpacingMm, p.Y * 0.5 * y.SpacingMm, p.Z * 0.5 * z.SpacingMm))];
        return new Diameters(slice, column, row, Largest(places, cancellation));
    }

    /// <summary>Vertices of the surface among which are all corners of its convex hull: the corners of each axial plane's own hull. In half voxels.</summary>
    public static IReadOnlyList<GridPoint> PlaneCorners(PaddedMask region, CancellationToken cancellation)
    {
        (Axis x, Axis y, Axis z) = Axes(region);
        List<GridPoint> corners = [];
        LargestInPlanes(region.Voxels, z, x, y, corners, cancellation);
        return corners;
    }

    private static (Axis X, Axis Y, Axis Z) Axes(PaddedMask region) =>
        (new(region.Grid.SizeX, 1, region.Grid.SpacingXMm), new(region.Grid.SizeY, region.StrideY, region.Grid.SpacingYMm),
            new(region.Grid.SizeZ, region.StrideZ, region.Grid.SpacingZMm));

    /// <summary>
    /// The farthest pair of a plane are corners of the plane's convex hull, and the farthest pair of the body are corners of their plane's:
    /// so no other vertex is ever compared.
    /// </summary>
    private static double LargestInPlanes(byte[] mask, Axis normal, Axis u, Axis v, List<GridPoint>? hull,
        CancellationToken cancellation)
    {
        double largest = 0;
        List<(int U, int V)> points = [];
        for (int half = 1; half <= 2 * normal.Size + 1; half++)
        {
            cancellation.ThrowIfCancellationRequested();
            points.Clear();
            if (half % 2 == 0) AddOutline(mask, half / 2 * normal.Stride, u, v, points);
            else AddFaces(mask, half / 2 * normal.Stride, normal.Stride, u, v, points);
            List<(int U, int V)> corners = ConvexHull(points);
            for (int i = 0; i < corners.Count; i++)
            {
                hull?.Add(new GridPoint(corners[i].U, corners[i].V, half));
                for (int j = 0; j < i; j++)
                {
                    double du = (corners[i].U - corners[j].U) * 0.5 * u.SpacingMm, dv = (corners[i].V - corners[j].V) * 0.5 * v.SpacingMm;
                    largest = Math.Max(largest, du * du + dv * dv);
                }
            }
        }

        return Math.Sqrt(largest);
    }

    /// <summary>A plane through voxel centres: the vertices at both ends of each line of voxels, coordinates in half voxels.</summary>
    private static void AddOutline(byte[] mask, int plane, Axis u, Axis v, List<(int, int)> points)
    {
        for (int j = 1; j <= v.Size; j++)
        {
            int first = 1, last = u.Size, line = plane + j * v.Stride;
            while (first <= last && mask[line + first * u.Stride] == 0) first++;
            if (first > last) continue;
            while (mask[line + last * u.Stride] == 0) last--;
            points.AddRange([(2 * first - 1, 2 * j), (2 * last + 1, 2 * j)]);
        }

        for (int i = 1; i <= u.Size; i++)
        {
            int first = 1, last = v.Size, line = plane + i * u.Stride;
            while (first <= last && mask[line + first * v.Stride] == 0) first++;
            if (first > last) continue;
            while (mask[line + last * v.Stride] == 0) last--;
            points.AddRange([(2 * i, 2 * first - 1), (2 * i, 2 * last + 1)]);
        }
    }

    /// <summary>A plane between two layers of voxels: the first and last vertex of each line.</summary>
    private static void AddFaces(byte[] mask, int plane, int next, Axis u, Axis v, List<(int, int)> points)
    {
        for (int j = 1; j <= v.Size; j++)
        {
            int first = 1, last = u.Size, line = plane + j * v.Stride;
            while (first <= last && mask[line + first * u.Stride] == mask[line + first * u.Stride + next]) first++;
            if (first > last) continue;
            while (mask[line + last * u.Stride] == mask[line + last * u.Stride + next]) last--;
            points.AddRange([(2 * first, 2 * j), (2 * last, 2 * j)]);
        }
    }

    /// <summary>Andrew's monotone chain; exact, as coordinates are whole numbers.</summary>
    private static List<(int U, int V)> ConvexHull(List<(int U, int V)> points)
    {
        points.Sort();
        List<(int U, int V)> hull = [];
        for (int pass = 0; pass < 2; pass++, points.Reverse())
        {
            int start = hull.Count;
            foreach ((int U, int V) point in points)
            {
                while (hull.Count >= start + 2 && !TurnsLeft(hull[^2], hull[^1], point)) hull.RemoveAt(hull.Count - 1);
                hull.Add(point);
            }

            // The last point of one chain is the first of the other.
            if (hull.Count > start + 1) hull.RemoveAt(hull.Count - 1);
        }

        return hull;

        static bool TurnsLeft((int U, int V) a, (int U, int V) b, (int U, int V) c) =>
            (long)(b.U - a.U) * (c.V - a.V) - (long)(b.V - a.V) * (c.U - a.U) > 0;
    }

    /// <summary>Farthest pair of points: outermost first, so that the search ends once no pair left can be longer than the best.</summary>
    private static double Largest(IReadOnlyList<(double X, double Y, double Z)> points, CancellationToken cancellation)
    {
        double cx = points.Average(p => p.X), cy = points.Average(p => p.Y), cz = points.Average(p => p.Z);
        double[] radii = [.. points.Select(p => Math.Sqrt((p.X - cx) * (p.X - cx) + (p.Y - cy) * (p.Y - cy) + (p.Z - cz) * (p.Z - cz)))];
        (double X, double Y, double Z)[] outermost = [.. points];
        Array.Sort(radii, outermost);
        double square = 0, best = 0;
        for (int i = outermost.Length - 1; i > 0 && radii[i] + radii[i - 1] >= best; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int j = i - 1; j >= 0 && radii[i] + radii[j] >= best; j--)
            {
                double dx = outermost[i].X - outermost[j].X, dy = outermost[i].Y - outermost[j].Y, dz = outermost[i].Z - outermost[j].Z;
                double distance = dx * dx + dy * dy + dz * dz;
                if (distance > square) (square, best) = (distance, Math.Sqrt(distance) * (1 - 1e-12));
            }
        }

        return Math.Sqrt(square);
    }

    private readonly record struct Axis(int Size, int Stride, double SpacingMm);
}
