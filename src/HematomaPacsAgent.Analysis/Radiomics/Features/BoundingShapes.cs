namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// How full a region makes the shapes around it (IBSI morphology HCUG): its mesh volume V and area A over those of the convex hull of the
/// mesh's vertices, of the minimal oriented box and of the minimal ellipsoid around that hull. The latter two have IBSI codes but no
/// standard values.
/// </summary>
internal static class BoundingShapes
{
    public static readonly IReadOnlyList<Feature<BoundingShapesMeasures>> Features =
    [
        new(null, "morph_vol_dens_conv_hull", "R3ER", "1", m => m.Mesh.VolumeMm3 / m.HullVolumeMm3),
        new(null, "morph_area_dens_conv_hull", "7T7F", "1", m => m.Mesh.AreaMm2 / m.HullAreaMm2),
        new(null, "morph_vol_dens_ombb", "ZH1A", "1", m => m.Mesh.VolumeMm3 / m.Box.VolumeMm3),
        new(null, "morph_area_dens_ombb", "IQYR", "1", m => m.Mesh.AreaMm2 / m.Box.AreaMm2),
        new(null, "morph_vol_dens_mvee", "SWZ1", "1", m => m.Mesh.VolumeMm3 / m.Ellipsoid.EllipsoidVolumeMm3),
        new(null, "morph_area_dens_mvee", "BRI8", "1", m => m.Mesh.AreaMm2 / m.Ellipsoid.EllipsoidAreaMm2),
    ];

    /// <param name="grid">Sizes and spacing of the box.</param>
    /// <param name="morphological">Flags of the box: the region's form.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="RadiomicsException">The counts differ or the mask is empty.</exception>
    public static BoundingShapesMeasures Measure(ImageGrid grid, ReadOnlySpan<bool> morphological, CancellationToken cancellation)
    {
        if (morphological.Length != grid.Count) throw new RadiomicsException($"{morphological.Length} flags of form for {grid.Count} voxels");
        Box tight = Box.Around(morphological, grid.SizeX, grid.SizeY, grid.SizeZ);
        PaddedMask region = new(grid.Crop(tight), tight.Cut(morphological, grid.SizeX, grid.SizeY));
        ConvexHull hull = ConvexHull.Around(Diameters.PlaneCorners(region, cancellation), cancellation);
        (double sx, double sy, double sz) = (grid.SpacingXMm / 2, grid.SpacingYMm / 2, grid.SpacingZMm / 2);
        double sixVolumes = 0, area = 0;
        CubeCases.Point? origin = null;
        foreach ((int a, int b, int c) in hull.Triangles)
        {
            CubeCases.Point p = Place(hull.Points[a]);
            origin ??= p;
            CubeCases.Triangle triangle = new(p - origin.Value, Place(hull.Points[b]) - origin.Value, Place(hull.Points[c]) - origin.Value);
            area += triangle.Area;
            sixVolumes += triangle.SixVolumes;
        }

        (double, double, double)[] corners = [.. hull.Corners.Select(p => (p.X * sx, p.Y * sy, p.Z * sz))];
        return new BoundingShapesMeasures(SurfaceMesh.Around(region, RadiomicsProfile.Ibsi), sixVolumes / 6, area, MinimalBox.Around(hull, grid, cancellation),
            Ellipsoid(corners, cancellation));

        // An ellipsoid that cannot be found costs its own two features, not those of the hull and the box.
        static PrincipalAxes Ellipsoid((double, double, double)[] corners, CancellationToken cancellation)
        {
            try
            {
                return EnclosingEllipsoid.Around(corners, cancellation);
            }
            catch (RadiomicsException)
            {
                return new PrincipalAxes(double.NaN, double.NaN, double.NaN);
            }
        }

        CubeCases.Point Place(GridPoint p) => new(p.X * sx, p.Y * sy, p.Z * sz);
    }
}

/// <param name="Mesh">V and A.</param>
/// <param name="HullVolumeMm3">Volume of the convex hull of the mesh's vertices.</param>
/// <param name="HullAreaMm2">Area of its surface.</param>
/// <param name="Box">Minimal oriented bounding box (OMBB).</param>
/// <param name="Ellipsoid">Minimal enclosing ellipsoid (MVEE).</param>
internal sealed record BoundingShapesMeasures(SurfaceMesh Mesh, double HullVolumeMm3, double HullAreaMm2, MinimalBox Box, PrincipalAxes Ellipsoid);
