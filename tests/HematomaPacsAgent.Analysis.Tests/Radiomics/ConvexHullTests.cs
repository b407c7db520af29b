using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class ConvexHullTests
{
    private static readonly ImageGrid Unit = new(1, 1, 1, 2, 2, 2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Few values a coordinate, so that most points share planes and lines with others.</summary>
    private static readonly Gen<GridPoint[]> Points =
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 4], Gen.Int[0, 4], (x, y, z) => new GridPoint(x, y, z)).Array[4, 60];

    [Fact]
    public void Every_point_lies_within_and_the_triangles_close_to_one_convex_surface() =>
        Points.Sample(points =>
        {
            if (Flat(points)) return;
            ConvexHull hull = ConvexHull.Around(points, Cancellation);
            (int A, int B, int C)[] triangles = [.. hull.Triangles];
            HashSet<(int, int)> edges = [];
            foreach ((int a, int b, int c) in triangles)
            {
                foreach (GridPoint p in points) Assert.True(Height(points[a], points[b], points[c], p) <= 0);
                // Each edge is walked once each way, by two neighbours.
                Assert.True(edges.Add((a, b)) && edges.Add((b, c)) && edges.Add((c, a)));
                Assert.Contains(points, p => Height(points[a], points[b], points[c], p) < 0);
            }

            Assert.All(edges, edge => Assert.Contains((edge.Item2, edge.Item1), edges));
            // Euler: V - E + F = 2 with E = 3 F / 2.
            Assert.Equal(2, triangles.SelectMany(t => new[] { t.A, t.B, t.C }).Distinct().Count() - triangles.Length / 2);
        }, iter: 2000);

    [Fact]
    public void The_order_of_the_points_does_not_matter() =>
        Gen.Select(Points, Gen.Int[1, 1000]).Sample((points, seed) =>
        {
            if (Flat(points)) return;
            GridPoint[] shuffled = [.. points];
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(SixVolumes(points), SixVolumes(shuffled));
        }, iter: 300);

    [Fact]
    public void A_cube_full_of_points_has_the_volume_of_its_corners_and_three_directions_of_sides()
    {
        GridPoint[] points = [.. Enumerable.Range(0, 125).Select(i => new GridPoint(i % 5, i / 5 % 5, i / 25))];
        Assert.Equal(6 * 64, SixVolumes(points));
        Assert.Equal([(0, 0, 1), (0, 1, 0), (1, 0, 0)], ConvexHull.Around(points, Cancellation).Normals.Order());
    }

    [Fact]
    public void Points_in_a_plane_are_refused()
    {
        GridPoint[] plane = [.. Enumerable.Range(0, 30).Select(i => new GridPoint(i % 6, i / 6, i % 6 + 2 * (i / 6)))];
        Assert.Throws<RadiomicsException>(() => ConvexHull.Around(plane, Cancellation));
        Assert.Throws<RadiomicsException>(() => ConvexHull.Around([], Cancellation));
    }

    [Fact]
    public void A_lattice_too_long_for_whole_number_arithmetic_is_refused() =>
        Assert.Throws<RadiomicsException>(() =>
            ConvexHull.Around([new(0, 0, 0), new(int.MaxValue, 0, 0), new(int.MinValue, 5, 0), new(0, 0, 1)], Cancellation));

    [Fact]
    public void The_corners_of_a_large_lattice_are_told_apart_exactly()
    {
        // On the slanted side of a tetrahedron, and one step of a million outside it.
        const int far = 1 << 20;
        GridPoint[] points = [new(0, 0, 0), new(far, 0, 0), new(0, far, 0), new(0, 0, far)];
        GridPoint on = new(far / 2, far / 4, far / 4), outside = on with { Z = far / 4 + 1 };
        Assert.Equal(points, ConvexHull.Around([.. points, on], Cancellation).Corners);
        Assert.Equal([.. points, outside], ConvexHull.Around([.. points, outside], Cancellation).Corners);
    }

    [Fact]
    public void The_smallest_box_of_a_turned_box_is_that_box()
    {
        // Edges (6, 8, 0), (-4, 3, 0) and (0, 0, 7): 10 x 5 x 7, turned in the plane.
        GridPoint[] corners = [.. from a in Enumerable.Range(0, 2) from b in Enumerable.Range(0, 2) from c in Enumerable.Range(0, 2)
            select new GridPoint(6 * a - 4 * b, 8 * a + 3 * b, 7 * c)];
        MinimalBox box = MinimalBox.Around(ConvexHull.Around(corners, Cancellation), Unit, Cancellation);
        Assert.Equal(350, box.VolumeMm3, 1e-9);
        Assert.Equal(2 * (50 + 35 + 70), box.AreaMm2, 1e-9);
    }

    [Fact]
    public void The_smallest_box_holds_all_points_and_beats_the_plain_box_and_that_of_any_side() =>
        Points.Sample(points =>
        {
            if (Flat(points)) return;
            ImageGrid grid = new(1, 1, 1, 1, 1.4, 5);
            ConvexHull hull = ConvexHull.Around(points, Cancellation);
            MinimalBox box = MinimalBox.Around(hull, grid, Cancellation);
            double hullVolume = SixVolumes(points) / 6.0 * 0.5 * 0.7 * 2.5;
            Assert.InRange(box.VolumeMm3, hullVolume * (1 - 1e-9), double.MaxValue);
            double diagonal = box.LengthMm * box.LengthMm + box.WidthMm * box.WidthMm + box.HeightMm * box.HeightMm;
            foreach (GridPoint a in points)
                foreach (GridPoint b in points)
                {
                    double x = (a.X - b.X) * 0.5, y = (a.Y - b.Y) * 0.7, z = (a.Z - b.Z) * 2.5;
                    Assert.True(x * x + y * y + z * z <= diagonal * (1 + 1e-9));
                }
        }, iter: 200);

    [Fact]
    public void The_smallest_ellipsoid_of_a_box_has_its_corners_on_it()
    {
        // A box's ellipsoid has semi-axes sqrt(3) times its half edges, whatever lies inside.
        (double X, double Y, double Z)[] points = [.. from a in new[] { -1, 1 } from b in new[] { -1, 1 } from c in new[] { -1, 1 }
            select (100 + 7.0 * a, -50 + 3.0 * b, 0.25 * c), (101, -49, 0.1), (100, -50, 0)];
        PrincipalAxes axes = EnclosingEllipsoid.Around(points, Cancellation);
        Assert.Equal(7 * Math.Sqrt(3), 2 * Math.Sqrt(axes.Major), 1e-7);
        Assert.Equal(3 * Math.Sqrt(3), 2 * Math.Sqrt(axes.Minor), 1e-7);
        Assert.Equal(0.25 * Math.Sqrt(3), 2 * Math.Sqrt(axes.Least), 1e-7);
    }

    [Fact]
    public void The_smallest_ellipsoid_grows_with_space_and_is_at_most_27_times_the_hull() =>
        Points.Sample(points =>
        {
            if (Flat(points)) return;
            double once = Volume(points, 1, 1, 1), stretched = Volume(points, 3, 0.5, 40), hull = SixVolumes(points) / 6.0;
            // An affine map takes the smallest ellipsoid to the smallest; a third of it fits into the hull.
            Assert.Equal(60, stretched / once, 1e-6);
            Assert.InRange(once, hull, 27 * hull * (1 + 1e-9));
        }, iter: 200);

    [Fact]
    public void Points_in_a_plane_have_no_smallest_ellipsoid() =>
        Assert.Throws<RadiomicsException>(() => EnclosingEllipsoid.Around([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)], Cancellation));

    private static double Volume(GridPoint[] points, double x, double y, double z) =>
        EnclosingEllipsoid.Around([.. points.Select(p => (p.X * x, p.Y * y, p.Z * z))], Cancellation).EllipsoidVolumeMm3;

    private static long SixVolumes(GridPoint[] points) =>
        ConvexHull.Around(points, Cancellation).Triangles.Sum(t => -Height(points[t.A], points[t.B], points[t.C], points[0]));

    private static bool Flat(GridPoint[] points) =>
        !(from b in points from c in points from d in points where Height(points[0], b, c, d) != 0 select d).Any();

    private static long Height(GridPoint a, GridPoint b, GridPoint c, GridPoint p)
    {
        long ux = b.X - a.X, uy = b.Y - a.Y, uz = b.Z - a.Z, vx = c.X - a.X, vy = c.Y - a.Y, vz = c.Z - a.Z;
        return (uy * vz - uz * vy) * (p.X - a.X) + (uz * vx - ux * vz) * (p.Y - a.Y) + (ux * vy - uy * vx) * (p.Z - a.Z);
    }
}
