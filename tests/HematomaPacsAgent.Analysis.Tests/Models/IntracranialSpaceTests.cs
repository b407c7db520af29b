using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class IntracranialSpaceTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    public void A_head_looks_like_one_upright_and_tilted(double tilt)
    {
        PhantomSpecification head = PhantomSpecification.FromSeed(12, 160) with { TiltDegrees = tilt };
        IntracranialSpace space = IntracranialSpace.Find(HeadPhantom.Render(head).Volume);
        Assert.True(space.LooksLikeHead, space.Reason);
        Assert.InRange(space.Mask.VolumeMl, 700, 2200);
    }

    [Fact]
    public void Air_alone_is_no_head() => Assert.Contains("enclosed by bone", Find(_ => -1000).Reason, StringComparison.Ordinal);

    [Fact]
    public void A_body_with_ribs_and_a_spine_is_no_head()
    {
        // Ribs are gaps and bone by turns; the spine encloses a canal.
        IntracranialSpace space = Find(at =>
        {
            double x = at.X / 130, y = at.Y / 90, rho = Math.Sqrt(x * x + y * y), angle = Math.Atan2(y, x);
            double spine = Math.Sqrt(at.X * at.X + (at.Y - 60) * (at.Y - 60));
            if (spine < 18) return spine < 9 ? 30 : 500;
            return rho > 1 ? -1000 : rho > 0.88 && Math.Sin(angle * 9 + at.Z / 4.0) > 0.2 ? 700 : 50;
        });
        Assert.False(space.LooksLikeHead);
    }

    [Fact]
    public void A_skull_full_of_air_is_no_head()
    {
        IntracranialSpace space = Find(at => Math.Sqrt(at.X * at.X + at.Y * at.Y) is > 70 and < 78 ? 900 : -900);
        Assert.Contains("density of brain", space.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gap_of_three_millimetres_in_the_skull_does_not_let_the_outside_in()
    {
        IntracranialSpace space = Find(at => Math.Sqrt(at.X * at.X + at.Y * at.Y) switch
        {
            > 78 => -1000,
            > 70 => at.Y > 0 && Math.Abs(at.X) <= 1.5 ? 40 : 900,
            _ => 35,
        });
        Assert.True(space.LooksLikeHead, space.Reason);
    }

    [Fact]
    public void A_wide_gap_in_some_slices_is_closed_as_the_slices_around_it_tell()
    {
        IntracranialSpace space = Find(at => Math.Sqrt(at.X * at.X + at.Y * at.Y) switch
        {
            > 78 => -1000,
            > 70 => at.Y > 0 && Math.Abs(at.X) <= 7 && at.Z is > 9 and < 13 ? 40 : 900,
            _ => 35,
        });
        Assert.All(Enumerable.Range(0, 24), slice => Assert.InRange(space.Mask.CountIn(slice), 0.95 * Math.PI * 70 * 70, 1.05 * Math.PI * 70 * 70));
    }

    private static IntracranialSpace Find(Func<(int X, int Y, int Z), double> hounsfield)
    {
        VolumeGeometry grid = ComponentsTests.Grid(300, 220, 24);
        short[] values = new short[grid.PixelsPerSlice * grid.Slices];
        for (int i = 0; i < values.Length; i++)
            values[i] = (short)hounsfield((i % 300 - 150, i / 300 % 220 - 110, i / grid.PixelsPerSlice));
        return IntracranialSpace.Find(new Volume(grid, values));
    }

    [Theory]
    [InlineData(0, 60)] // the left
    [InlineData(180, 90)] // the right
    [InlineData(90, 60)] // the back
    public void A_skull_that_a_craniotomy_opened_keeps_its_inside_and_is_told(int towards, int degrees)
    {
        PhantomCase head = HeadPhantom.Render(PhantomSpecification.FromSeed(22, 256));
        IntracranialSpace closed = IntracranialSpace.Find(head.Volume);
        Assert.Empty(closed.OpenSlices);
        VolumeGeometry g = head.Volume.Geometry;
        short[] opened = (short[])head.Volume.Hounsfield.Clone();
        for (int i = 0; i < opened.Length; i++)
        {
            int column = i % g.Columns - g.Columns / 2, row = i / g.Columns % g.Rows - g.Rows / 2, slice = i / g.PixelsPerSlice;
            double away = Math.Abs((Math.Atan2(row, column) * 180 / Math.PI - towards + 540) % 360 - 180);
            if (opened[i] > 120 && slice > g.Slices / 2 - 2 && away < degrees / 2.0) opened[i] = 40;
        }

        IntracranialSpace space = IntracranialSpace.Find(new Volume(g, opened));
        Assert.True(space.LooksLikeHead, space.Reason);
        Assert.InRange(space.OpenSlices.Count, 5, g.Slices);
        int both = space.Mask.Voxels.Where((set, i) => set && closed.Mask.Voxels[i]).Count();
        double dice = 2.0 * both / (space.Mask.Voxels.Count(set => set) + closed.Mask.Voxels.Count(set => set));
        Assert.True(dice > 0.95, $"Dice {dice:F3}");
        Assert.All(Enumerable.Range(0, opened.Length).Where(i => head.Hematoma.Voxels[i] && closed.Mask.Voxels[i]), i => Assert.True(space.Mask.Voxels[i]));
    }

    [Fact]
    public void Closed_skulls_are_not_called_open()
    {
        for (int seed = 30; seed < 42; seed++)
            Assert.Empty(IntracranialSpace.Find(HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 160)).Volume).OpenSlices);
    }
}
