namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>Volume and area of the marching-cubes surface around a region.</summary>
/// <param name="VolumeMm3">Sum of the signed tetrahedra between the triangles and a fixed point.</param>
/// <param name="AreaMm2">Sum of the triangles' areas.</param>
internal readonly record struct SurfaceMesh(double VolumeMm3, double AreaMm2)
{
    public static SurfaceMesh Around(PaddedMask region, RadiomicsProfile profile)
    {
        // No triangle is ever made: cubes of one case differ only by their position o, and shifting a triangle by o adds o·(normal) to its
        // tetrahedron. So it is enough to count each case and to add up where it occurs, in whole numbers.
        Span<CaseCount> cases = stackalloc CaseCount[256];
        ReadOnlySpan<byte> mask = region.Voxels;
        ImageGrid grid = region.Grid;
        int width = region.StrideY, strideZ = region.StrideZ;
        for (int z = 0; z <= grid.SizeZ; z++)
            for (int y = 0; y <= grid.SizeY; y++)
            {
                ReadOnlySpan<byte> a = mask.Slice(z * strideZ + y * width, width), b = mask.Slice(z * strideZ + (y + 1) * width, width);
                ReadOnlySpan<byte> c = mask.Slice((z + 1) * strideZ + y * width, width),
                    d = mask.Slice((z + 1) * strideZ + (y + 1) * width, width);
                for (int x = 0, left = 0; x < width; x++)
                {
                    int right = a[x] | b[x] << 2 | c[x] << 4 | d[x] << 6;
                    int corners = left | right << 1;
                    left = right;
                    if (corners is not (0 or 255)) cases[corners].Add(x - 1, y, z);
                }
            }

        IReadOnlyList<IReadOnlyList<CubeCases.Triangle>> triangles = profile == RadiomicsProfile.Ibsi ? CubeCases.JoinedTriangles : CubeCases.Triangles;
        var (sx, sy, sz) = (grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm);
        double sixVolumes = 0, area = 0;
        for (int corners = 1; corners < 255; corners++)
        {
            CaseCount found = cases[corners];
            if (found.Cubes == 0) continue;
            CubeCases.Point where = new(found.X * sx, found.Y * sy, found.Z * sz);
            foreach (CubeCases.Triangle unit in triangles[corners])
            {
                CubeCases.Triangle triangle = unit.Scaled(sx, sy, sz);
                area += found.Cubes * triangle.Area;
                sixVolumes += found.Cubes * triangle.SixVolumes + where.Dot(triangle.DoubleArea);
            }
        }

        return new SurfaceMesh(sixVolumes / 6, area);
    }

    private struct CaseCount
    {
        public long Cubes, X, Y, Z;

        public void Add(int x, int y, int z)
        {
            Cubes++;
            (X, Y, Z) = (X + x, Y + y, Z + z);
        }
    }
}
