namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Size and form of a region of one slice (PyRadiomics <c>shape2D</c>): A and P are area and length of the marching-squares outline, whose
/// vertices lie midway between a pixel inside and its neighbour outside; diagonal neighbours do not touch. Axis lengths come from the
/// covariance (over N) of the pixel centres.
/// </summary>
internal static class Shape2D
{
    public static readonly IReadOnlyList<Feature<Shape2DMeasures>> Features =
    [
        new("Elongation", null, null, "1", m => Math.Sqrt(m.Minor / m.Major)),
        new("MajorAxisLength", null, null, "mm", m => 4 * Math.Sqrt(m.Major)),
        new("MaximumDiameter", null, null, "mm", m => m.DiameterMm),
        new("MeshSurface", null, null, "mm2", m => m.AreaMm2),
        new("MinorAxisLength", null, null, "mm", m => 4 * Math.Sqrt(m.Minor)),
        new("Perimeter", null, null, "mm", m => m.PerimeterMm),
        new("PerimeterSurfaceRatio", null, null, "/mm", m => m.PerimeterMm / m.AreaMm2),
        new("PixelSurface", null, null, "mm2", m => m.PixelAreaMm2),
        new("Sphericity", null, null, "1", m => m.Sphericity),
    ];

    /// <param name="grid">Sizes and spacing of the box.</param>
    /// <param name="mask">Flags of the box.</param>
    /// <param name="outOfPlane">PyRadiomics' force2Ddimension: 0 for z (axial slices), 1 for y, 2 for x; null when force2D is off.</param>
    /// <param name="cancellation">Ends the search for the diameter.</param>
    /// <exception cref="RadiomicsException">force2D is off, or the region has more than one slice.</exception>
    public static Shape2DMeasures Measure(ImageGrid grid, ReadOnlySpan<bool> mask, int? outOfPlane, CancellationToken cancellation)
    {
        if (outOfPlane is not (0 or 1 or 2))
            throw new RadiomicsException("shape2D measures a region of one slice only: set force2D, and force2Ddimension to the dimension across the slice");
        if (mask.Length != grid.Count) throw new RadiomicsException($"{mask.Length} flags for {grid.Count} voxels");
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        int slices = outOfPlane switch { 0 => box.SizeZ, 1 => box.SizeY, _ => box.SizeX };
        if (slices > 1)
            throw new RadiomicsException($"the region has {slices} slices in dimension {outOfPlane} (force2Ddimension), shape2D measures one only: " +
                "use shape, or a mask of one slice");
        PaddedMask region = new(grid.Crop(box), box.Cut(mask, grid.SizeX, grid.SizeY));
        ImageGrid cut = region.Grid;
        Axis x = new(cut.SizeX, 1, cut.SpacingXMm), y = new(cut.SizeY, region.StrideY, cut.SpacingYMm), z = new(cut.SizeZ, region.StrideZ, cut.SpacingZMm);
        Diameters diameters = Diameters.Of(region, cancellation);
        return outOfPlane switch
        {
            0 => Measure(region.Voxels, z, x, y, diameters.SliceMm),
            1 => Measure(region.Voxels, y, x, z, diameters.ColumnMm),
            _ => Measure(region.Voxels, x, y, z, diameters.RowMm),
        };
    }

    private static Shape2DMeasures Measure(ReadOnlySpan<byte> mask, Axis normal, Axis u, Axis v, double diameterMm)
    {
        // A square of four pixel centres holds 1/8 of its area for one corner inside, 1/2 for two in a row, 2/8 for two across, 7/8 for three.
        long corners = 0, alongU = 0, alongV = 0, eighths = 0, n = 0, sumU = 0, sumV = 0;
        for (int j = 0; j <= v.Size; j++)
            for (int i = 0; i <= u.Size; i++)
            {
                int at = normal.Stride + j * v.Stride + i * u.Stride, a = mask[at], b = mask[at + u.Stride], c = mask[at + v.Stride],
                    d = mask[at + u.Stride + v.Stride];
                if (a == 1) (n, sumU, sumV) = (n + 1, sumU + i, sumV + j);
                switch (a + b + c + d)
                {
                    case 1: (corners, eighths) = (corners + 1, eighths + 1); break;
                    case 2 when a == d: (corners, eighths) = (corners + 2, eighths + 2); break;
                    case 2 when a == b: (alongU, eighths) = (alongU + 1, eighths + 4); break;
                    case 2: (alongV, eighths) = (alongV + 1, eighths + 4); break;
                    case 3: (corners, eighths) = (corners + 1, eighths + 7); break;
                    case 4: eighths += 8; break;
                }
            }

        double uu = 0, vv = 0, uv = 0, meanU = (double)sumU / n, meanV = (double)sumV / n;
        for (int j = 1; j <= v.Size; j++)
            for (int i = 1; i <= u.Size; i++)
            {
                if (mask[normal.Stride + j * v.Stride + i * u.Stride] == 0) continue;
                double du = (i - meanU) * u.SpacingMm, dv = (j - meanV) * v.SpacingMm;
                (uu, vv, uv) = (uu + du * du, vv + dv * dv, uv + du * dv);
            }

        (uu, vv, uv) = (uu / n, vv / n, uv / n);
        double half = (uu - vv) / 2, major = (uu + vv) / 2 + Math.Sqrt(half * half + uv * uv);
        // From the determinant, so that a thin region's small eigenvalue keeps its digits.
        double minor = major > 0 ? Math.Max(0, (uu * vv - uv * uv) / major) : 0;
        double pixel = u.SpacingMm * v.SpacingMm, diagonal = Math.Sqrt(u.SpacingMm * u.SpacingMm + v.SpacingMm * v.SpacingMm) / 2;
        return new Shape2DMeasures(eighths * pixel / 8, corners * diagonal + alongU * u.SpacingMm + alongV * v.SpacingMm, n * pixel, diameterMm, major, minor);
    }

    private readonly record struct Axis(int Size, int Stride, double SpacingMm);
}

/// <param name="AreaMm2">A: area within the outline.</param>
/// <param name="PerimeterMm">P: its length.</param>
/// <param name="PixelAreaMm2">Pixels times the area of one.</param>
/// <param name="DiameterMm">Largest distance between two vertices of the outline.</param>
/// <param name="Major">Larger eigenvalue of the covariance, mm2.</param>
/// <param name="Minor">Smaller eigenvalue.</param>
internal sealed record Shape2DMeasures(double AreaMm2, double PerimeterMm, double PixelAreaMm2, double DiameterMm, double Major, double Minor)
{
    /// <summary>2 sqrt(pi A) / P; 1 for a disc.</summary>
    public double Sphericity => 2 * Math.Sqrt(Math.PI * AreaMm2) / PerimeterMm;
}
