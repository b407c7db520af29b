using System.Numerics;
using CsCheck;
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
    public void Regions_are_those_of_a_flood_fill() =>
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 7], Gen.Int[1, 5], Gen.Int[1, 99], Gen.Int[0, 100_000]).Sample((columns, rows, slices, percent, seed) =>
        {
            Mask mask = new(Grid(columns, rows, slices));
            Random random = new(seed);
            for (int i = 0; i < mask.Voxels.Length; i++) mask.Voxels[i] = random.Next(100) < percent;
            IReadOnlyList<Region> regions = Components.Of(mask);
            Assert.Equal(Flooded(mask), regions.Select(region => string.Join(' ', region.Voxels)).Order());
            Assert.All(regions, region => Assert.Equal(region.Count * 0.005, region.VolumeMl, 1e-9));
            Assert.Equal(regions.OrderByDescending(region => region.Count).Select(region => region.Count), regions.Select(region => region.Count));
            foreach (Region region in regions) region.ClearIn(mask);
            Assert.True(mask.IsEmpty);
        }, iter: 300);

    [Fact]
    public void An_empty_mask_has_no_region() => Assert.Empty(Components.Of(new Mask(Grid(3, 3, 3))));

    internal static VolumeGeometry Grid(int columns, int rows, int slices, double pixelMm = 1, double sliceMm = 5) =>
        new(columns, rows, Vector3.UnitX, Vector3.UnitY, pixelMm, pixelMm,
            [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, (float)(k * sliceMm)))], sliceMm);

    private static IEnumerable<string> Flooded(Mask mask)
    {
        VolumeGeometry g = mask.Geometry;
        HashSet<int> left = [.. Enumerable.Range(0, mask.Voxels.Length).Where(i => mask.Voxels[i])];
        List<string> regions = [];
        while (left.Count > 0)
        {
            List<int> region = [left.First()];
            left.Remove(region[0]);
            for (int next = 0; next < region.Count; next++)
            {
                (int x, int y, int z) = (region[next] % g.Columns, region[next] / g.Columns % g.Rows, region[next] / g.PixelsPerSlice);
                int[] touching = [.. left.Where(i =>
                    Math.Abs(i % g.Columns - x) <= 1 && Math.Abs(i / g.Columns % g.Rows - y) <= 1 && Math.Abs(i / g.PixelsPerSlice - z) <= 1)];
                region.AddRange(touching);
                left.ExceptWith(touching);
            }

            regions.Add(string.Join(' ', region.Order()));
        }

        return regions.Order();
    }

    private static void Set(Mask mask, params (int Column, int Row, int Slice)[] voxels)
    {
        VolumeGeometry grid = mask.Geometry;
        foreach (var (column, row, slice) in voxels) mask.Voxels[(slice * grid.Rows + row) * grid.Columns + column] = true;
    }
}
