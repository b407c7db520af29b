using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class BoundingShapesTests
{
    private static readonly int[][] Permutations = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void One_voxel_fills_its_octahedron_a_third_of_the_way()
    {
        BoundingShapesMeasures one = BoundingShapes.Measure(new ImageGrid(1, 1, 1, 2, 2, 2), [true], Cancellation);
        Assert.Equal(8.0 / 6, one.HullVolumeMm3, 1e-12);
        Assert.Equal(one.Mesh.AreaMm2, one.HullAreaMm2, 1e-12);
        // The octahedron lies on a side between two at a distance of 2 / sqrt(3); the shadow is a hexagon of circumradius sqrt(2/3).
        Assert.Equal(2 / Math.Sqrt(3) * (2 * Math.Sqrt(2.0 / 3)) * Math.Sqrt(2), one.Box.VolumeMm3, 1e-9);
        Assert.Equal(4 * Math.PI / 3, one.Ellipsoid.EllipsoidVolumeMm3, 1e-6);
    }

    [Fact]
    public void Turning_and_mirroring_by_right_angles_changes_no_bounding_shape_and_no_correlation() =>
        Gen.Select(Gen.Int[1, 10000], Gen.Int[0, 5], Gen.Bool.Array[3]).Sample((seed, order, reversed) =>
        {
            Random random = new(seed);
            int[] size = [random.Next(1, 8), random.Next(1, 8), random.Next(1, 8)];
            bool[] mask = [.. Enumerable.Range(0, size[0] * size[1] * size[2]).Select(_ => random.Next(2) == 0)];
            mask[0] = true;
            double[] intensities = [.. mask.Select(_ => (double)random.Next(30, 86))], spacing = [0.5, 0.7, 3];
            double[] straight = Values(Regions.Turned(intensities, mask, size, spacing, [0, 1, 2], [false, false, false])),
                turned = Values(Regions.Turned(intensities, mask, size, spacing, Permutations[order], reversed));
            for (int i = 0; i < straight.Length; i++)
            {
                if (double.IsNaN(straight[i]) && double.IsNaN(turned[i])) continue;
                Assert.True(Math.Abs(straight[i] - turned[i]) <= 1e-7 * Math.Max(1, Math.Abs(straight[i])), $"{i}: {straight[i]:R} became {turned[i]:R}");
            }
        }, iter: 300);

    [Fact]
    public void Shapes_are_no_smaller_than_the_hull_and_the_hull_no_smaller_than_the_mesh_of_a_solid_region()
    {
        RoiImage roi = Regions.Ball(12, 0.8);
        BoundingShapesMeasures ball = BoundingShapes.Measure(new ImageGrid(roi.SizeX, roi.SizeY, roi.SizeZ, 0.8, 0.8, 0.8), roi.Inside, Cancellation);
        Assert.InRange(ball.Mesh.VolumeMm3 / ball.HullVolumeMm3, 0.95, 1);
        Assert.InRange(ball.HullVolumeMm3 / ball.Ellipsoid.EllipsoidVolumeMm3, 0.9, 1);
        Assert.InRange(ball.HullVolumeMm3 / ball.Box.VolumeMm3, 0.5, Math.PI / 6 * 1.05);
    }

    [Fact]
    public void A_region_of_more_flags_than_its_grid_has_voxels_is_refused() =>
        Assert.Throws<RadiomicsException>(() => BoundingShapes.Measure(new ImageGrid(2, 1, 1, 1, 1, 1), [true], Cancellation));

    private static double[] Values(RoiImage roi)
    {
        ImageGrid grid = new(roi.SizeX, roi.SizeY, roi.SizeZ, roi.SpacingXMm, roi.SpacingYMm, roi.SpacingZMm);
        BoundingShapesMeasures shapes = BoundingShapes.Measure(grid, roi.Inside, Cancellation);
        SpatialCorrelationMeasures correlation = SpatialCorrelation.Measure(grid, roi.Inside, roi.Intensities, Cancellation);
        LocalIntensityMeasures local = LocalIntensity.Measure(new ScalarImage(grid, roi.Intensities.ToArray()), grid.Whole, roi.Inside, Cancellation);
        // Not the densities: the mesh of noise has ambiguous cubes, which PyRadiomics' table does not treat alike from all sides.
        return [shapes.HullVolumeMm3, shapes.HullAreaMm2, shapes.Box.VolumeMm3, shapes.Box.AreaMm2, shapes.Ellipsoid.EllipsoidVolumeMm3,
            shapes.Ellipsoid.EllipsoidAreaMm2, .. SpatialCorrelation.Features.Select(feature => feature.Value(correlation)),
            .. LocalIntensity.Features.Select(feature => feature.Value(local))];
    }
}
