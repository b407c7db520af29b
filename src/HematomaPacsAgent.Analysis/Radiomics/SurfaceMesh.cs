namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// The surface of a region by marching cubes with vertices in the middle of cut edges. The triangles of each of the 256 corner patterns are worked out here: on each face of
/// the cube the cut edges are joined so that set corners stay apart, the joins close to polygons, and these are split into fans.
/// </summary>
/// <remarks>IBSI: morphological mesh, e.g. for RNU0 and C0JK. Lorensen and Cline, SIGGRAPH 1987.</remarks>
internal static class SurfaceMesh
{
    // Corner c lies at bits (x, y, z) of c.
    private static readonly (int A, int B)[] Edges = [.. from a in Enumerable.Range(0, 8) from bit in (int[])[1, 2, 4] where (a & bit) == 0 select (a, a | bit)];

    // Corners of each face, counterclockwise seen from outside.
    private static readonly int[][] Faces = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];

    private static readonly int[][] Triangles = [.. Enumerable.Range(0, 256).Select(TrianglesOf)];

    /// <summary>Volume (mm³), area (mm²) and vertices (in half voxels) of the region's surface.</summary>
    public static (double VolumeMm3, double AreaMm2, HashSet<(int X, int Y, int Z)> Vertices) Of(RoiImage roi)
    {
        double volume = 0, area = 0;
        HashSet<(int, int, int)> vertices = [];
        (int sx, int sy, int sz) = roi.Size;
        Span<(int X, int Y, int Z)> corner = stackalloc (int, int, int)[3];
        for (int z = -1; z < sz; z++)
            for (int y = -1; y < sy; y++)
                for (int x = -1; x < sx; x++)
                {
                    int pattern = 0;
                    for (int c = 0; c < 8; c++)
                        if (Set(x + (c & 1), y + (c >> 1 & 1), z + (c >> 2))) pattern |= 1 << c;
                    int[] triangles = Triangles[pattern];
                    for (int t = 0; t < triangles.Length; t += 3)
                    {
                        for (int k = 0; k < 3; k++)
                        {
                            (int a, int b) = Edges[triangles[t + k]];
                            corner[k] = (2 * x + (a & 1) + (b & 1), 2 * y + (a >> 1 & 1) + (b >> 1 & 1), 2 * z + (a >> 2) + (b >> 2));
                            vertices.Add(corner[k]);
                        }

                        (double X, double Y, double Z) p = Mm(corner[0]), q = Mm(corner[1]), r = Mm(corner[2]);
                        (double X, double Y, double Z) n = Cross((q.X - p.X, q.Y - p.Y, q.Z - p.Z), (r.X - p.X, r.Y - p.Y, r.Z - p.Z));
                        area += Math.Sqrt(n.X * n.X + n.Y * n.Y + n.Z * n.Z) / 2;
                        volume += (p.X * n.X + p.Y * n.Y + p.Z * n.Z) / 6;
                    }
                }

        return (Math.Abs(volume), area, vertices);

        bool Set(int x, int y, int z) => x >= 0 && y >= 0 && z >= 0 && x < sx && y < sy && z < sz && roi.Mask[(z * sy + y) * sx + x];
        (double, double, double) Mm((int X, int Y, int Z) half) => (half.X * roi.SpacingMm.X / 2, half.Y * roi.SpacingMm.Y / 2, half.Z * roi.SpacingMm.Z / 2);
    }

    private static (double X, double Y, double Z) Cross((double X, double Y, double Z) a, (double X, double Y, double Z) b) =>
        (a.Y * b.Z - a.Z * b.Y, a.Z * b.X - a.X * b.Z, a.X * b.Y - a.Y * b.X);

    /// <summary>As in Lorensen and Cline's table, a pattern with more than four set corners takes the triangles of its opposite, turned round.</summary>
    private static int[] TrianglesOf(int pattern)
    {
        if (System.Numerics.BitOperations.PopCount((uint)pattern) <= 4) return SeparatedTriangles(pattern);
        int[] triangles = SeparatedTriangles(~pattern & 0xFF);
        Array.Reverse(triangles);
        return triangles;
    }

    private static int[] SeparatedTriangles(int pattern)
    {
        // From each cut edge to the next one around the polygon it belongs to.
        Dictionary<int, int> next = [];
        foreach (int[] face in Faces)
            for (int i = 0; i < 4; i++)
            {
                if (Set(face[i]) || !Set(face[(i + 1) % 4])) continue;
                // A run of set corners begins here; it ends where the next corner is not set.
                int last = i + 1;
                while (Set(face[(last + 1) % 4])) last++;
                next[EdgeOf(face[i], face[(i + 1) % 4])] = EdgeOf(face[last % 4], face[(last + 1) % 4]);
            }

        List<int> triangles = [];
        while (next.Count > 0)
        {
            List<int> polygon = [];
            for (int at = next.Keys.Min(); next.Remove(at, out int following); at = following) polygon.Add(at);
            triangles.AddRange(Split(polygon).Triangles);
        }

        return [.. triangles];

        bool Set(int corner) => (pattern >> corner & 1) == 1;
    }

    /// <summary>Of all ways to split a polygon of edge middles into triangles, the one that encloses most.</summary>
    private static (double Volume, List<int> Triangles) Split(List<int> polygon)
    {
        (double Volume, List<int> Triangles) best = (polygon.Count < 3 ? 0 : double.NegativeInfinity, []);
        for (int k = 1; k < polygon.Count - 1; k++)
        {
            var before = Split([.. polygon.Take(k + 1)]);
            var after = Split([.. polygon.Skip(k)]);
            double volume = before.Volume + after.Volume + Volume(polygon[0], polygon[k], polygon[^1]);
            if (volume > best.Volume + 1e-12) best = (volume, [.. before.Triangles, polygon[0], polygon[k], polygon[^1], .. after.Triangles]);
        }

        return best;
    }

    private static double Volume(int a, int b, int c)
    {
        (double X, double Y, double Z) p = Middle(a), n = Cross(Middle(b), Middle(c));
        return (p.X * n.X + p.Y * n.Y + p.Z * n.Z) / 6;
    }

    private static (double, double, double) Middle(int edge)
    {
        (int a, int b) = Edges[edge];
        return (((a & 1) + (b & 1)) / 2.0, ((a >> 1 & 1) + (b >> 1 & 1)) / 2.0, ((a >> 2) + (b >> 2)) / 2.0);
    }

    private static int EdgeOf(int a, int b) => Array.IndexOf(Edges, (Math.Min(a, b), Math.Max(a, b)));
}
