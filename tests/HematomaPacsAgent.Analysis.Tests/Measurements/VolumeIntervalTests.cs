using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Measurements;

public sealed class VolumeIntervalTests
{
    [Fact]
    public void Half_of_the_pixels_at_the_border_change_sides()
    {
        Mask mask = new(ComponentsTests.Grid(9, 9, 3));
        for (int y = 3; y < 6; y++)
            for (int x = 3; x < 6; x++) mask.Voxels[81 + y * 9 + x] = true;
        VolumeInterval interval = VolumeInterval.Surface(mask);
        Assert.Equal((9 - 8 / 2.0) * 0.005, interval.LowMl, 9);
        Assert.Equal((9 + 12 / 2.0) * 0.005, interval.HighMl, 9);
        Assert.Equal(VolumeInterval.HalfPixel, interval.Method);
    }

    [Fact]
    public void The_border_of_the_image_is_no_border_of_the_region()
    {
        Mask mask = new(ComponentsTests.Grid(4, 4, 1));
        Array.Fill(mask.Voxels, true);
        VolumeInterval interval = VolumeInterval.Surface(mask);
        Assert.Equal((16 * 0.005, 16 * 0.005), (interval.LowMl, interval.HighMl));
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(0.8)]
    public void Of_a_ball_it_is_about_what_half_a_pixel_of_radius_does_in_each_slice(double pixelMm)
    {
        Mask ball = Abc2Tests.Ellipsoid(new(20, 20, 20), pixelMm, pixelMm, [.. Enumerable.Range(0, 80).Select(k => k - 40.0)], 0);
        double volumeMl = ball.VolumeMl;
        // Discs of radius r lose 2 pi r times half a pixel; over the ball that is pi^2 R^2 / 2 per mm of pixel.
        double expectedMl = Math.PI * Math.PI * 400 / 2 * pixelMm / 1000;
        VolumeInterval interval = VolumeInterval.Surface(ball);
        Assert.InRange((volumeMl - interval.LowMl) / expectedMl, 0.8, 1.1);
        Assert.InRange((interval.HighMl - volumeMl) / expectedMl, 0.8, 1.1);
    }
}
