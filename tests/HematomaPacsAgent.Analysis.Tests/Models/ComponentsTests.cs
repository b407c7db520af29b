using System.Numerics;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class ComponentsTests
{
    [Fact]
    public void Voxels_that_touch_at_a_corner_are_one_region_and_the_largest_region_comes_first()
    {
        Mask mask = new(Grid(6, 5, 4));
        Set(mask, (5, 4, 3));
        Set(mask, (0, 0, 0), (1, 1, 1), (2, 2, 2));
        IReadOnlyList<Region> regions = Components.Of(mask);
        Assert.Equal([3, 1], regions.Select(region => region.Count));
        Assert.True(mask.Voxels[0]);
    }

    [Fact]
    public void Rows_do_not_wrap_around_to_the_next()
    {
        Mask mask = new(Grid(4, 4, 1));
        Set(mask, (3, 0, 0), (0, 2, 0));
        Assert.Equal(2, Components.Of(mask).Count);
    }

    [Fact]
    public void An_empty_mask_has_no_region() => Assert.Empty(Components.Of(new Mask(Grid(3, 3, 3))));

    internal static VolumeGeometry Grid(int columns, int rows, int slices, double pixelMm = 1, double sliceMm = 5) =>
        new(columns, rows, Vector3.UnitX, Vector3.UnitY, pixelMm, pixelMm,
            [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, (float)(k * sliceMm)))], sliceMm);

    private static void Set(Mask mask, params (int Column, int Row, int Slice)[] voxels)
    {
        VolumeGeometry grid = mask.Geometry;
        foreach (var (column, row, slice) in voxels) mask.Voxels[(slice * grid.Rows + row) * grid.Columns + column] = true;
    }
}
