using MathNet.Numerics.LinearAlgebra;
using MathNet.Numerics.LinearAlgebra.Double;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Size and form of a region (IBSI morphology HCUG; PyRadiomics <c>shape</c>): V and A are volume and area of the marching-cubes surface,
/// axis lengths come from the covariance of the voxel centres. The IBSI profile adds features that PyRadiomics lacks; its hull, box and
/// ellipsoid are in <see cref="BoundingShapes"/>, Moran's I and Geary's C in <see cref="SpatialCorrelation"/>.
/// </summary>
internal static class Shape
{
    public static readonly IReadOnlyList<Feature<ShapeMeasures>> Features =
    [
        new("Elongation", "morph_pca_elongation", "Q3CK", "1", m => Math.Sqrt(m.Axes.Minor / m.Axes.Major)),
        new("Flatness", "morph_pca_flatness", "N17B", "1", m => Math.Sqrt(m.Axes.Least / m.Axes.Major)),
        new("LeastAxisLength", "morph_pca_least_axis", "7J51", "mm", m => 4 * Math.Sqrt(m.Axes.Least), OtherInPyRadiomics: true),
        new("MajorAxisLength", "morph_pca_maj_axis", "TDIC", "mm", m => 4 * Math.Sqrt(m.Axes.Major), OtherInPyRadiomics: true),
        new("Maximum2DDiameterColumn", null, null, "mm", m => m.Diameters.ColumnMm),
        new("Maximum2DDiameterRow", null, null, "mm", m => m.Diameters.RowMm),
        new("Maximum2DDiameterSlice", null, null, "mm", m => m.Diameters.SliceMm),
        new("Maximum3DDiameter", "morph_diam", "L0JK", "mm", m => m.Diameters.ThreeDMm),
        new("MeshVolume", "morph_volume", "RNU0", "mm3", m => m.Mesh.VolumeMm3),
        new("MinorAxisLength", "morph_pca_min_axis", "P9VJ", "mm", m => 4 * Math.Sqrt(m.Axes.Minor), OtherInPyRadiomics: true),
        new("Sphericity", "morph_sphericity", "QCFX", "1", m => m.Sphericity),
        new("SurfaceArea", "morph_area_mesh", "C0JK", "mm2", m => m.Mesh.AreaMm2),
        new("SurfaceVolumeRatio", "morph_av", "2PR5", "/mm", m => m.Mesh.AreaMm2 / m.Mesh.VolumeMm3),
        new("VoxelVolume", "morph_vol_approx", "YEKZ", "mm3", m => m.VoxelVolumeMm3),
        new(null, "morph_comp_1", "SKGS", "1", m => m.Mesh.VolumeMm3 / (Math.Sqrt(Math.PI) * Math.Pow(m.Mesh.AreaMm2, 1.5))),
        new(null, "morph_comp_2", "BQWJ", "1", m => m.Sphericity * m.Sphericity * m.Sphericity),
        new(null, "morph_sph_dispr", "KRCK", "1", m => 1 / m.Sphericity),
        new(null, "morph_asphericity", "25C7", "1", m => 1 / m.Sphericity - 1),
        new(null, "morph_com", "KLMA", "mm", m => m.CentreShiftMm),
        new(null, "morph_vol_dens_aabb", "PBX1", "1", m => m.Mesh.VolumeMm3 / m.BoxVolumeMm3),
        new(null, "morph_area_dens_aabb", "R59B", "1", m => m.Mesh.AreaMm2 / m.BoxAreaMm2),
        new(null, "morph_vol_dens_aee", "6BDE", "1", m => m.Mesh.VolumeMm3 / m.Axes.EllipsoidVolumeMm3),
        new(null, "morph_area_dens_aee", "RDD2", "1", m => m.Mesh.AreaMm2 / m.Axes.EllipsoidAreaMm2),
        new(null, "morph_integ_int", "99N0", "[hnsf'U].mm3", m => m.Mesh.VolumeMm3 * m.MeanIntensity),
    ];

    /// <summary>
    /// Form comes from the morphological mask alone; the intensity mask (what re-segmentation left of it) only weighs the centre of mass and
    /// gives the mean intensity. All spans cover the same box.
    /// </summary>
    /// <param name="grid">Sizes and spacing of the box.</param>
    /// <param name="morphological">Flags of the region's form; at least one is set.</param>
    /// <param name="intensityMask">Flags of the voxels whose intensities count; with none set, features that need one are NaN.</param>
    /// <param name="intensities">One value a voxel, finite where <paramref name="intensityMask"/> is set.</param>
    /// <param name="profile">PyRadiomics divides the covariance by N, IBSI by N - 1.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">The counts differ or the morphological mask is empty.</exception>
    public static ShapeMeasures Measure(ImageGrid grid, ReadOnlySpan<bool> morphological, ReadOnlySpan<bool> intensityMask,
        ReadOnlySpan<double> intensities, RadiomicsProfile profile, CancellationToken cancellation)
    {
        if (morphological.Length != grid.Count || intensityMask.Length != grid.Count || intensities.Length != grid.Count)
            throw new RadiomicsException($"{intensities.Length} intensities, {morphological.Length} flags of form and {intensityMask.Length} of intensity " +
                $"for {grid.Count} voxels");
        // Around ambiguous cubes PyRadiomics' mesh is not closed, so its volume depends on where the origin is: always at the box of the region.
        Box box = Box.Around(morphological, grid.SizeX, grid.SizeY, grid.SizeZ);
        ImageGrid tight = grid.Crop(box);
        bool[] form = box.Cut(morphological, grid.SizeX, grid.SizeY);
        PaddedMask region = new(tight, form);
        double x = box.SizeX * grid.SpacingXMm, y = box.SizeY * grid.SpacingYMm, z = box.SizeZ * grid.SpacingZMm;
        Centre centre = Centre.Of(tight, form), weighted = Centre.Weighted(grid, intensityMask, intensities);
        int divisor = profile == RadiomicsProfile.PyRadiomics ? centre.Count : centre.Count - 1;
        return new ShapeMeasures(SurfaceMesh.Around(region, profile), Diameters.Of(region, cancellation), Axes(tight, form, centre, divisor),
            centre.Count * (grid.SpacingXMm * grid.SpacingYMm * grid.SpacingZMm), x * y * z, 2 * (x * y + y * z + x * z),
            centre.DistanceMm(weighted with { X = weighted.X - box.X, Y = weighted.Y - box.Y, Z = weighted.Z - box.Z }, grid),
            weighted.Total / weighted.Count);
    }

    private static PrincipalAxes Axes(ImageGrid grid, ReadOnlySpan<bool> mask, Centre centre, int divisor)
    {
        double xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0;
        (double cx, double cy, double cz) = (centre.X * grid.SpacingXMm, centre.Y * grid.SpacingYMm, centre.Z * grid.SpacingZMm);
        int i = 0;
        for (int k = 0; k < grid.SizeZ; k++)
            for (int j = 0; j < grid.SizeY; j++)
                for (int h = 0; h < grid.SizeX; h++, i++)
                {
                    if (!mask[i]) continue;
                    double dx = h * grid.SpacingXMm - cx, dy = j * grid.SpacingYMm - cy, dz = k * grid.SpacingZMm - cz;
                    (xx, yy, zz) = (xx + dx * dx, yy + dy * dy, zz + dz * dz);
                    (xy, xz, yz) = (xy + dx * dy, xz + dx * dz, yz + dy * dz);
                }

        if (divisor == 0) return new PrincipalAxes(0, 0, 0);
        Matrix<double> covariance = DenseMatrix.OfArray(new[,] { { xx, xy, xz }, { xy, yy, yz }, { xz, yz, zz } }) / divisor;
        // A flat region has an eigenvalue of 0, which rounding may put just below.
        double[] lengths = [.. covariance.Evd(Symmetricity.Symmetric).EigenValues.Select(value => Math.Max(0, value.Real)).Order()];
        return new PrincipalAxes(lengths[2], lengths[1], lengths[0]);
    }

    /// <summary>Mean position of voxels, in voxels from the first of the box.</summary>
    /// <param name="X">Along x; likewise y and z.</param>
    /// <param name="Y">Along y.</param>
    /// <param name="Z">Along z.</param>
    /// <param name="Count">Voxels.</param>
    /// <param name="Total">Sum of their weights.</param>
    private readonly record struct Centre(double X, double Y, double Z, int Count, double Total)
    {
        public static Centre Of(ImageGrid grid, ReadOnlySpan<bool> mask)
        {
            long n = 0, x = 0, y = 0, z = 0;
            int i = 0;
            for (int k = 0; k < grid.SizeZ; k++)
                for (int j = 0; j < grid.SizeY; j++)
                    for (int h = 0; h < grid.SizeX; h++)
                        if (mask[i++]) (n, x, y, z) = (n + 1, x + h, y + j, z + k);
            return new Centre((double)x / n, (double)y / n, (double)z / n, (int)n, n);
        }

        public static Centre Weighted(ImageGrid grid, ReadOnlySpan<bool> mask, ReadOnlySpan<double> weights)
        {
            double total = 0, x = 0, y = 0, z = 0;
            int i = 0, n = 0;
            for (int k = 0; k < grid.SizeZ; k++)
                for (int j = 0; j < grid.SizeY; j++)
                    for (int h = 0; h < grid.SizeX; h++, i++)
                    {
                        if (!mask[i]) continue;
                        double weight = weights[i];
                        n++;
                        (x, y, z, total) = (x + weight * h, y + weight * j, z + weight * k, total + weight);
                    }

            return new Centre(x / total, y / total, z / total, n, total);
        }

        public double DistanceMm(Centre other, ImageGrid grid)
        {
            double dx = (X - other.X) * grid.SpacingXMm, dy = (Y - other.Y) * grid.SpacingYMm, dz = (Z - other.Z) * grid.SpacingZMm;
            return Math.Sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
}

/// <summary>Eigenvalues of the covariance of the voxel centres, mm2, largest first; an axis length is 4 sqrt(eigenvalue).</summary>
internal readonly record struct PrincipalAxes(double Major, double Minor, double Least)
{
    /// <summary>4/3 pi a b c with the semi-axes a = 2 sqrt(major), b, c.</summary>
    public double EllipsoidVolumeMm3 => 4.0 / 3 * Math.PI * 8 * Math.Sqrt(Major * Minor * Least);

    /// <summary>
    /// Area of the ellipsoid by the Legendre series of IBSI (RDD2) up to order 20: 4 pi a b sum((alpha beta)^n / (1 - 4 n^2) P_n((alpha^2 +
    /// beta^2) / (2 alpha beta))). alpha^2 = 1 - b^2 / a^2 and beta^2 = 1 - c^2 / a^2 are IBSI's; the series gives the true area with c^2 /
    /// a^2 and c^2 / b^2, some per cent more or less for elongated regions, but then misses IBSI's reference values. Carrying (alpha
    /// beta)^n P_n as one number keeps the sphere finite.
    /// </summary>
    public double EllipsoidAreaMm2
    {
        get
        {
            double alpha2 = 1 - Minor / Major, beta2 = 1 - Least / Major, mean = (alpha2 + beta2) / 2, product = alpha2 * beta2;
            double sum = 1, before = 1, term = mean;
            for (int n = 1; n <= 20; n++)
            {
                sum += term / (1 - 4.0 * n * n);
                (before, term) = (term, ((2 * n + 1) * mean * term - n * product * before) / (n + 1));
            }

            return 4 * Math.PI * 4 * Math.Sqrt(Major * Minor) * sum;
        }
    }
}

/// <param name="Mesh">V and A.</param>
/// <param name="Diameters">Largest distances on the surface.</param>
/// <param name="Axes">Principal axes.</param>
/// <param name="VoxelVolumeMm3">Voxels times the volume of one.</param>
/// <param name="BoxVolumeMm3">Volume of the axis-aligned bounding box.</param>
/// <param name="BoxAreaMm2">Area of its surface.</param>
/// <param name="CentreShiftMm">Distance between the plain and the intensity-weighted centre.</param>
/// <param name="MeanIntensity">Mean of the intensity mask, HU.</param>
internal sealed record ShapeMeasures(SurfaceMesh Mesh, Diameters Diameters, PrincipalAxes Axes, double VoxelVolumeMm3,
    double BoxVolumeMm3, double BoxAreaMm2, double CentreShiftMm, double MeanIntensity)
{
    /// <summary>(36 pi V^2)^(1/3) / A; 1 for a ball.</summary>
    public double Sphericity => Math.Cbrt(36 * Math.PI * Mesh.VolumeMm3 * Mesh.VolumeMm3) / Mesh.AreaMm2;
}
