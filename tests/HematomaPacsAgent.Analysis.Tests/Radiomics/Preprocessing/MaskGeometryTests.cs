using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class MaskGeometryTests
{
    private static readonly ImageGrid Grid = new(20, 16, 8, 0.5, 0.5, 4) { OriginMm = (-104.3, 77.7, -611.49) };

    [Fact]
    public void A_header_rounded_to_32_bit_floats_is_the_same_grid_and_with_ITKs_own_tolerance_it_is_not()
    {
        ImageGrid rounded = new(20, 16, 8, 0.5, 0.5, 4) { OriginMm = ((float)-104.3, (float)77.7, (float)-611.49) };
        Assert.Empty(MaskGeometry.Differences(Grid, rounded));
        GeometryMismatch found = Assert.Single(MaskGeometry.Differences(Grid, rounded, 1e-6));
        Assert.Equal("origin", found.Field);
    }

    [Fact]
    public void A_shifted_origin_is_named_with_its_millimetres()
    {
        GeometryMismatch found = Assert.Single(MaskGeometry.Differences(Grid, Grid with { OriginMm = (-104.3, 78.0, -611.09) }));
        Assert.Equal("origin", found.Field);
        Assert.Equal(0.5, found.OffMm, 1e-9);
        Assert.Contains("(-104.3, 78, -611.09) instead of (-104.3, 77.7, -611.49)", found.ToString(), StringComparison.Ordinal);
        Assert.Contains("0.5 mm", found.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Spacing_size_and_direction_are_named_with_their_axis_and_the_displacement_of_the_farthest_voxel()
    {
        ImageGrid other = new(20, 16, 9, 0.5, 0.51, 4) { OriginMm = Grid.OriginMm, Direction = [1, 0, 0, 0, -1, 0, 0, 0, 1] };
        IReadOnlyList<GeometryMismatch> found = MaskGeometry.Differences(Grid, other);
        Assert.Equal(["size along z", "spacing along y", "direction of y"], found.Select(one => one.Field));
        Assert.Equal(0.15, found[1].OffMm, 1e-9);
        Assert.Equal(15, found[2].OffMm, 1e-9);
    }

    [Fact]
    public void A_mask_on_another_grid_is_refused_with_the_remedy_unless_it_may_be_resampled()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => x == 5);
        ImageGrid shifted = Grid with { OriginMm = (-103.8, 77.7, -611.49) };
        List<string> warnings = [];
        RadiomicsException refused = Assert.Throws<RadiomicsException>(() =>
            MaskGeometry.OnImageGrid(Grid, shifted, mask, MaskGeometry.DefaultTolerance, correctMask: false, warnings, TestContext.Current.CancellationToken));
        Assert.Contains("origin", refused.Message, StringComparison.Ordinal);
        Assert.Contains("correctMask", refused.Message, StringComparison.Ordinal);
        Assert.Empty(warnings);

        bool[] moved = MaskGeometry.OnImageGrid(Grid, shifted, mask, MaskGeometry.DefaultTolerance, correctMask: true, warnings,
            TestContext.Current.CancellationToken);
        Assert.Equal(SmallImage.Mask(Grid, (x, y, z) => x == 6), moved);
        Assert.Contains("resampled by nearest neighbour", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_on_the_same_grid_is_returned_as_it_is()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => x == 5);
        Assert.Same(mask, MaskGeometry.OnImageGrid(Grid, Grid with { }, mask, MaskGeometry.DefaultTolerance, false, [], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_mask_stored_with_turned_axes_comes_back_on_the_image()
    {
        // Stored as (z, x reversed, y): the same places in the patient.
        ImageGrid turned = new(8, 20, 16, 4, 0.5, 0.5)
        {
            OriginMm = Grid.ToPatient(19, 0, 0),
            Direction = [0, -1, 0, 0, 0, 1, 1, 0, 0],
        };
        bool[] drawn = SmallImage.Mask(turned, (k, i, j) => Inside(19 - i, j, k));
        Assert.Equal(SmallImage.Mask(Grid, Inside), MaskGeometry.OnImageGrid(Grid, turned, drawn, MaskGeometry.DefaultTolerance, true, [],
            TestContext.Current.CancellationToken));

        static bool Inside(int x, int y, int z) => x is >= 3 and < 9 && y is > 1 and < 13 && z is 2 or 5 && (x + y) % 3 > 0;
    }

    [Fact]
    public void A_region_beyond_the_image_is_an_error_that_says_where()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => z == 7 && x > 3);
        ImageGrid above = Grid with { OriginMm = (-104.3, 77.7, -607.49) };
        RadiomicsException error = Assert.Throws<RadiomicsException>(() =>
            MaskGeometry.OnImageGrid(Grid, above, mask, MaskGeometry.DefaultTolerance, true, [], TestContext.Current.CancellationToken));
        Assert.Contains("beyond the image along z: from 7.50 to 8.50", error.Message, StringComparison.Ordinal);
    }
}
