namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// The surface inside one marching cube for each of the 256 ways its corners can lie inside the region (Lorensen and Cline 1987; every
/// crossing at an edge's midpoint). Derived here instead of listed: on each face of the cube each run of inside corners is cut off by one
/// segment; the segments close to polygons, and each polygon is cut into a fan of triangles.
/// </summary>
/// <remarks>
/// Corner k lies at x = k &amp; 1, y = k &gt;&gt; 1 &amp; 1, z = k &gt;&gt; 2. Two conventions are needed to give PyRadiomics' numbers to
/// the last digit, because four crossings on one face, and polygons of more than four corners, can be cut in several ways: a cube whose
/// corner 6 is inside has the surface of its complement (so diagonal neighbours touch in some cubes and not in others), and the fan is the
/// one with the largest area. The seven-cornered polygon has fans of nearly that area; its mirror-symmetric one, which has the largest
/// single triangle, is meant.
/// </remarks>
internal static class CubeCases
{
    private const int PivotCorner = 6;

    private static readonly (int A, int B)[] Edges =
    [
        .. from a in Enumerable.Range(0, 8)
           from axis in Enumerable.Range(0, 3)
           where (a >> axis & 1) == 0
           select (a, a | 1 << axis),
    ];

    /// <summary>Corners of each face, counter-clockwise seen from outside.</summary>
    private static readonly int[][] Faces =
    [
        .. from axis in Enumerable.Range(0, 3)
           from side in Enumerable.Range(0, 2)
           let u = 1 << (axis + 1) % 3
           let v = 1 << (axis + 2) % 3
           let at = side << axis
           select side == 1 ? new[] { at, at | u, at | u | v, at | v } : [at, at | v, at | u | v, at | u],
    ];

    /// <summary>PyRadiomics' triangles of each case: three corners a triangle, facing out of the region; coordinates in cube edges, 0, ½ or 1.</summary>
    public static IReadOnlyList<IReadOnlyList<Triangle>> Triangles { get; } =
        [.. Enumerable.Range(0, 256).Select(inside => Cut(inside, joined: (inside >> PivotCorner & 1) == 1))];

    /// <summary>
    /// The IBSI profile's: diagonal neighbours always touch, as they do in zones and neighbourhoods of 26. IBSI leaves this open; with this
    /// rule the values agree with MIRP's, while PyRadiomics' rule is not the same from all sides.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<Triangle>> JoinedTriangles { get; } = [.. Enumerable.Range(0, 256).Select(inside => Cut(inside, joined: true))];

    private static IReadOnlyList<Triangle> Cut(int inside, bool joined) =>
        joined
            ? [.. Cut(inside ^ 0xff, joined: false).Select(triangle => new Triangle(triangle.A, triangle.C, triangle.B))]
            : [.. Polygons(inside).SelectMany(BestFan)];

    private static IEnumerable<Point[]> Polygons(int inside)
    {
        // Each crossed edge is entered from one of its faces and left from the other, so the segments chain up.
        var next = new Dictionary<int, int>();
        foreach (int[] face in Faces)
            for (int start = 0; start < 4; start++)
            {
                if (IsInside(face[start]) && !IsInside(face[(start + 3) % 4]))
                {
                    int end = start;
                    while (IsInside(face[(end + 1) % 4])) end++;
                    next.Add(EdgeBetween(face[(start + 3) % 4], face[start]), EdgeBetween(face[end % 4], face[(end + 1) % 4]));
                }
            }

        while (next.Count > 0)
        {
            List<Point> polygon = [];
            for (int edge = next.Keys.First(); next.Remove(edge, out int following); edge = following)
                polygon.Add(Point.Middle(Edges[edge].A, Edges[edge].B));
            yield return [.. polygon];
        }

        bool IsInside(int corner) => (inside >> corner & 1) == 1;
    }

    private static int EdgeBetween(int a, int b) => Array.IndexOf(Edges, (Math.Min(a, b), Math.Max(a, b)));

    private static IEnumerable<Triangle> BestFan(Point[] polygon) =>
        Enumerable.Range(0, polygon.Length)
            .Select(apex => Enumerable.Range(1, polygon.Length - 2)
                .Select(i => new Triangle(polygon[apex], polygon[(apex + i) % polygon.Length],
                    polygon[(apex + i + 1) % polygon.Length])).ToArray())
            .MaxBy(fan => fan.Sum(triangle => triangle.Area) + 0.2 * fan.Max(triangle => triangle.Area))!;

    internal readonly record struct Point(double X, double Y, double Z)
    {
        public static Point Middle(int a, int b) =>
            new(((a & 1) + (b & 1)) / 2.0, ((a >> 1 & 1) + (b >> 1 & 1)) / 2.0, ((a >> 2) + (b >> 2)) / 2.0);

        public static Point operator -(Point a, Point b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

        public Point Scaled(double x, double y, double z) => new(X * x, Y * y, Z * z);

        public Point Cross(Point b) => new(Y * b.Z - Z * b.Y, Z * b.X - X * b.Z, X * b.Y - Y * b.X);

        public double Dot(Point b) => X * b.X + Y * b.Y + Z * b.Z;
    }

    internal readonly record struct Triangle(Point A, Point B, Point C)
    {
        /// <summary>Normal with the length of twice the area.</summary>
        public Point DoubleArea => (B - A).Cross(C - A);

        public double Area => Math.Sqrt(DoubleArea.Dot(DoubleArea)) / 2;

        /// <summary>Six times the volume of the tetrahedron with the origin.</summary>
        public double SixVolumes => A.Dot(B.Cross(C));

        public Triangle Scaled(double x, double y, double z) => new(A.Scaled(x, y, z), B.Scaled(x, y, z), C.Scaled(x, y, z));
    }
}
