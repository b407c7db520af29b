namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>A point on a lattice of half voxels.</summary>
internal readonly record struct GridPoint(int X, int Y, int Z);

/// <summary>
/// Convex hull of points with whole-number coordinates, as triangles facing outwards. Points are added one by one (Clarkson and Shor 1989): the
/// triangles a new point sees are replaced by triangles between it and the horizon.
/// </summary>
/// <remarks>
/// All orientations are exact in 64 bits, so a point in the plane of a triangle does not see it, as if it lay a hair further in. That keeps
/// what a point sees in one piece with a closed horizon, and makes no triangle without area: a horizon edge belongs to a triangle that the
/// point sees strictly. A flat side of the hull may consist of several triangles.
/// </remarks>
internal sealed class ConvexHull
{
    /// <summary>6 D^3, the most a determinant of differences up to D can be, must stay below 2^63.</summary>
    private const int MostExtent = 1 << 20;

    private readonly List<Facet> facets = [];

    private ConvexHull(IReadOnlyList<GridPoint> points, CancellationToken cancellation)
    {
        Points = points;
        if (points.Count > 0 && Math.Max(Extent(p => p.X), Math.Max(Extent(p => p.Y), Extent(p => p.Z))) > MostExtent)
            throw new RadiomicsException($"a region longer than {MostExtent / 2} voxels has no exact convex hull: resample it first");
        int[] first = FirstTetrahedron();
        HashSet<(int, int)> edges = [];
        List<Facet> seen = [];
        // In the order of a sweep each point would lie outside the hull of those before; jumping about leaves most points inside at once.
        for (long i = 0, at = 0, step = CoprimeStep(points.Count); i < points.Count; i++, at = (at + step) % points.Count)
        {
            if (i % 64 == 0) cancellation.ThrowIfCancellationRequested();
            if (!first.Contains((int)at)) Add((int)at, edges, seen);
        }

        int Extent(Func<GridPoint, int> coordinate) => (int)Math.Min(int.MaxValue, (long)points.Max(coordinate) - points.Min(coordinate));
    }

    /// <exception cref="RadiomicsException">All points lie in one plane.</exception>
    public static ConvexHull Around(IReadOnlyList<GridPoint> points, CancellationToken cancellation) => new(points, cancellation);

    /// <summary>The points given.</summary>
    public IReadOnlyList<GridPoint> Points { get; }

    /// <summary>Triangles of the hull, counter-clockwise seen from outside; numbers of <see cref="Points"/>.</summary>
    public IEnumerable<(int A, int B, int C)> Triangles => facets.Select(facet => (facet.A, facet.B, facet.C));

    /// <summary>Points that are corners of triangles: all corners of the hull, and maybe points on its flat sides.</summary>
    public IEnumerable<GridPoint> Corners =>
        facets.SelectMany(facet => new[] { facet.A, facet.B, facet.C }).Distinct().Order().Select(corner => Points[corner]);

    /// <summary>Outward normals of the sides, in lattice units, one a side and its parallels, without common factor.</summary>
    public IEnumerable<(long X, long Y, long Z)> Normals => facets.Select(facet => facet.LineOfNormal()).Distinct();

    private void Add(int point, HashSet<(int, int)> edges, List<Facet> seen)
    {
        GridPoint p = Points[point];
        edges.Clear();
        seen.Clear();
        int kept = 0;
        for (int i = 0; i < facets.Count; i++)
        {
            Facet facet = facets[i];
            if (facet.Height(Points[facet.A], p) > 0) seen.Add(facet);
            else facets[kept++] = facet;
        }

        if (seen.Count == 0) return;
        facets.RemoveRange(kept, facets.Count - kept);
        foreach (Facet facet in seen)
        {
            edges.Add((facet.A, facet.B));
            edges.Add((facet.B, facet.C));
            edges.Add((facet.C, facet.A));
        }

        // The horizon: edges whose other side is not seen.
        foreach ((int a, int b) in edges)
            if (!edges.Contains((b, a))) facets.Add(new Facet(Points, a, b, point));
    }

    private int[] FirstTetrahedron()
    {
        for (int b = 1; b < Points.Count; b++)
        {
            if (Points[b] == Points[0]) continue;
            for (int c = b + 1; c < Points.Count; c++)
            {
                Facet facet = new(Points, 0, b, c);
                if (facet is { X: 0, Y: 0, Z: 0 }) continue;
                for (int d = c + 1; d < Points.Count; d++)
                {
                    long height = facet.Height(Points[0], Points[d]);
                    if (height == 0) continue;
                    (int u, int v) = height > 0 ? (c, b) : (b, c);
                    facets.AddRange([new(Points, 0, u, v), new(Points, 0, v, d), new(Points, v, u, d), new(Points, u, 0, d)]);
                    return [0, b, c, d];
                }

                break;
            }

            break;
        }

        throw new RadiomicsException("the points lie in one plane: they have no convex hull with a volume");
    }

    private static long CoprimeStep(int count)
    {
        long step = Math.Max(1, (long)(count * 0.6180339887498949));
        while (GreatestDivisor(step, count) != 1) step++;
        return step;
    }

    private static long GreatestDivisor(long a, long b)
    {
        while (b != 0) (a, b) = (b, a % b);
        return Math.Abs(a);
    }

    private readonly struct Facet
    {
        public Facet(IReadOnlyList<GridPoint> points, int a, int b, int c)
        {
            (A, B, C) = (a, b, c);
            GridPoint o = points[a], p = points[b], q = points[c];
            long ux = p.X - o.X, uy = p.Y - o.Y, uz = p.Z - o.Z, vx = q.X - o.X, vy = q.Y - o.Y, vz = q.Z - o.Z;
            (X, Y, Z) = (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx);
        }

        public int A { get; }
        public int B { get; }
        public int C { get; }
        public long X { get; }
        public long Y { get; }
        public long Z { get; }

        /// <summary>Six times the volume of the tetrahedron with <paramref name="point"/>; above 0 outside.</summary>
        public long Height(GridPoint corner, GridPoint point) => X * (point.X - corner.X) + Y * (point.Y - corner.Y) + Z * (point.Z - corner.Z);

        public (long X, long Y, long Z) LineOfNormal()
        {
            long divisor = GreatestDivisor(GreatestDivisor(X, Y), Z);
            if (X < 0 || (X == 0 && (Y < 0 || (Y == 0 && Z < 0)))) divisor = -divisor;
            return (X / divisor, Y / divisor, Z / divisor);
        }
    }
}
