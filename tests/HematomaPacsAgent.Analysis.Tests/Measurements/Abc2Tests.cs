using System.Numerics;
using CsCheck;
using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Measurements;

public sealed class Abc2Tests
{
    /// <summary>Of an ellipsoid in thin slices, with semi-axis c: whole to c/2, half to c·√3/2, so C is (1 + √3)/2 · c and not 2 c.</summary>
    private static readonly double ThinSlicesC = (1 + Math.Sqrt(3)) / 2;

    [Fact]
    public void A_is_a_diagonal_between_outer_edges_and_B_stands_on_it()
    {
        Mask mask = new(ComponentsTests.Grid(8, 8, 1));
        for (int y = 2; y < 4; y++)
            for (int x = 3; x < 6; x++) mask.Voxels[y * 8 + x] = true;
        Abc2 abc = Abc2.Of(mask)!;
        Assert.Equal(Math.Sqrt(13), abc.AMm, 3);
        Assert.Equal(2 * Math.Sqrt(13) / 3, abc.BMm, 2);
        Assert.Equal(5, abc.CMm, 6);
        Assert.Equal(abc.AMm * abc.BMm * 5 / 2000, abc.VolumeMl, 9);
    }

    [Fact]
    public void A_slice_counts_whole_above_75_percent_half_from_25_percent_and_not_below_each_with_its_own_extent()
    {
        float[] heights = [0, 4, 8, 10, 20, 30]; // extents 4, 4, 3, 6, 10, 10 mm
        int[] areas = [76, 100, 75, 25, 24, 0];
        VolumeGeometry grid = new(10, 10, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. heights.Select(z => new Vector3(0, 0, z))], 4);
        Mask mask = new(grid);
        for (int k = 0; k < areas.Length; k++)
            for (int i = 0; i < areas[k]; i++) mask.Voxels[k * 100 + i] = true;
        Abc2 abc = Abc2.Of(mask)!;
        Assert.Equal(4 + 4 + 0.5 * 3 + 0.5 * 6, abc.CMm, 6);
        Assert.Equal(1, abc.Slice);
    }

    [Theory]
    [InlineData(0.5, 0.5, 0.5, 0)] // isotropic
    [InlineData(0.4, 0.7, 1, 0)]
    [InlineData(0.45, 0.45, 1.25, 22)] // tilted gantry
    public void A_sphere_in_thin_slices_gives_the_closed_form_on_any_grid(double columnMm, double rowMm, double sliceMm, double tiltDegrees)
    {
        const double Radius = 20;
        Abc2 abc = Abc2.Of(Ellipsoid(new(20, 20, 20), columnMm, rowMm, Even(sliceMm), tiltDegrees))!;
        Assert.InRange(abc.AMm, 2 * Radius - 1, 2 * Radius + 1);
        Assert.InRange(abc.BMm, 2 * Radius - 1.6, 2 * Radius + 1);
        Assert.InRange(abc.CMm, ThinSlicesC * Radius - 1.5 * sliceMm, ThinSlicesC * Radius + 1.5 * sliceMm);
        Assert.InRange(abc.VolumeMl / (Math.PI * 4 / 3 * 8), 0.95 * 3 * ThinSlicesC / (2 * Math.PI), 1.05 * 3 * ThinSlicesC / (2 * Math.PI));
    }

    [Fact]
    public void An_ellipsoid_in_slices_of_uneven_spacing_gives_the_same_as_in_even_ones()
    {
        Vector3 radii = new(18, 27, 24);
        Random random = new(5);
        List<double> uneven = [-40];
        while (uneven[^1] < 40) uneven.Add(uneven[^1] + 0.5 + random.NextDouble());
        Abc2 even = Abc2.Of(Ellipsoid(radii, 0.5, 0.5, Even(1), 0))!, other = Abc2.Of(Ellipsoid(radii, 0.5, 0.5, uneven, 0))!;
        Assert.InRange(even.AMm, 53, 55.5);
        Assert.InRange(even.BMm, 35, 37.5);
        Assert.InRange(other.VolumeMl / even.VolumeMl, 0.96, 1.04);
        Assert.InRange(even.VolumeMl, 0.95 * 36 * 54 * ThinSlicesC * 24 / 2000, 1.05 * 36 * 54 * ThinSlicesC * 24 / 2000);
    }

    [Fact]
    public void Pieces_on_the_largest_slice_are_not_bridged()
    {
        Mask mask = new(ComponentsTests.Grid(40, 5, 1));
        foreach (int x in (int[])[1, 2, 3, 30, 31]) mask.Voxels[2 * 40 + x] = true;
        Assert.Equal(Math.Sqrt(10), Abc2.Of(mask)!.AMm, 3);
    }

    [Fact]
    public void An_empty_mask_has_none() => Assert.Null(Abc2.Of(new Mask(ComponentsTests.Grid(4, 4, 2))));

    [Fact]
    public void B_is_never_longer_than_A_and_both_are_at_least_a_pixel() =>
        Gen.Bool.Array[64].Where(mask => mask.Contains(true)).Sample(voxels =>
        {
            Abc2 abc = Abc2.Of(new Mask(ComponentsTests.Grid(8, 8, 1), voxels))!;
            Assert.InRange(abc.BMm, 0.99, abc.AMm + 0.01);
        });

    private static List<double> Even(double mm) => [.. Enumerable.Range(0, (int)(80 / mm)).Select(k => -40 + k * mm)];

    internal static Mask Ellipsoid(Vector3 radii, double columnMm, double rowMm, List<double> heights, double tiltDegrees)
    {
        float tilt = (float)(tiltDegrees * Math.PI / 180);
        Vector3 column = new(0, MathF.Cos(tilt), -MathF.Sin(tilt));
        int columns = (int)(70 / columnMm), rows = (int)(80 / rowMm);
        // The table moves along z; every slice begins straight above the one below.
        VolumeGeometry grid = new(columns, rows, Vector3.UnitX, column, columnMm, rowMm,
            [.. heights.Select(z => new Vector3(-35, 0, (float)z / MathF.Cos(tilt)) - column * 40)], 1);
        Mask mask = new(grid);
        for (int i = 0; i < mask.Voxels.Length; i++)
            mask.Voxels[i] = Vector3.Divide(grid.ToPatient(i % columns, i / columns % rows, i / grid.PixelsPerSlice), radii).Length() < 1;
        return mask;
    }
}
