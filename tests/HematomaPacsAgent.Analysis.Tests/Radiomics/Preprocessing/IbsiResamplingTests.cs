using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class IbsiResamplingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Reference: scipy.ndimage.map_coordinates (order 1, order 3 mirrored), places clamped to the outermost centres.</summary>
    [Theory]
    [InlineData(nameof(Interpolator.Linear), new[] { 66.6, 38.90625, -14.925000000000015, -15.143750000000011 }, -168.69062500000052, 43922.865624999926)]
    [InlineData(nameof(Interpolator.CubicSpline), new[] { 64.63692344497616, 67.78826743262786, -46.52837205827173, -12.986613195106344 }, -258.716775991267,
        33234.14184507153)]
    public void Every_voxel_is_interpolated_on_the_grid_with_the_image_s_centre(string interpolator, double[] some, double sum, double weighted)
    {
        ScalarImage noise = SmallImage.Noise();
        IbsiResampling resampling = new(0.75, 1.6, 1.5) { Interpolator = Enum.Parse<Interpolator>(interpolator) };
        ScalarImage result = resampling.Apply(noise, [.. noise.Voxels.Select(_ => true)], Cancellation).Image;
        Assert.Equal((10, 4, 7), (result.Grid.SizeX, result.Grid.SizeY, result.Grid.SizeZ));
        (int Z, int Y, int X)[] places = [(0, 0, 0), (1, 1, 1), (3, 2, 4), (5, 3, 8)];
        for (int i = 0; i < places.Length; i++) Assert.Equal(some[i], result.Voxels[(places[i].Z * 4 + places[i].Y) * 10 + places[i].X], 1e-9);
        Assert.Equal(sum, result.Voxels.Sum(), 1e-8);
        Assert.Equal(weighted, result.Voxels.Select((value, i) => value * i).Sum(), 1e-6);
    }

    [Fact]
    public void The_centre_of_the_image_stays_in_its_place_in_the_patient() =>
        Gen.Select(Gen.Int[1, 30], Gen.Double[0.4, 5], Gen.Double[0.4, 5]).Sample((size, from, to) =>
        {
            ImageGrid grid = new(size, 12, 9, from, 1, 3) { OriginMm = (-13, 7, 100), Direction = [0, 1, 0, -1, 0, 0, 0, 0, 1] };
            ImageGrid result = new IbsiResampling(to, 2.5, 0).GridFor(grid);
            Assert.Equal((int)Math.Ceiling(size * from / to - 1e-9), result.SizeX);
            Assert.Equal((5, 9), (result.SizeY, result.SizeZ));
            (double X, double Y, double Z) old = grid.ToPatient((size - 1) / 2.0, 5.5, 4), now = result.ToPatient((result.SizeX - 1) / 2.0, 2, 4);
            Assert.Equal(old.X, now.X, 1e-9);
            Assert.Equal(old.Y, now.Y, 1e-9);
            Assert.Equal(old.Z, now.Z, 1e-9);
        });

    [Fact]
    public void Spacings_that_divide_evenly_gain_no_voxel_by_rounding()
    {
        for (int n = 1; n < 400; n++) Assert.Equal(n * 7, new IbsiResampling(0.1, 0.1, 0).GridFor(new ImageGrid(n, 1, 1, 0.7, 0.1, 1)).SizeX);
    }

    [Fact]
    public void What_lies_around_the_region_is_the_same_whether_or_not_the_rest_is_computed() =>
        Gen.Select(Gen.Int[0, 2], Gen.Double[0.6, 3], Gen.Int[0, 1 << 20], Gen.Int[0, 6]).Sample((interpolator, spacing, seed, margin) =>
        {
            Random random = new(seed);
            ImageGrid grid = new(45, 17, 50, 1, 1.5, 0.9) { OriginMm = (5, 6, 7) };
            ScalarImage image = SmallImage.Of(grid, (_, _, _) => random.Next(-1000, 1000));
            (int cx, int cy, int cz) = (random.Next(45), random.Next(17), random.Next(50));
            bool[] mask = SmallImage.Mask(grid, (x, y, z) => Math.Abs(x - cx) < 5 && Math.Abs(y - cy) < 4 && Math.Abs(z - cz) < 3);
            IbsiResampling resampling = new(spacing, 0, spacing)
            {
                Interpolator = (Interpolator)interpolator,
                MaskInterpolator = seed % 2 == 0 ? Interpolator.Linear : Interpolator.Nearest,
            };
            PreparedRegion whole = resampling.Apply(image, mask, Cancellation);
            (PreparedRegion part, Box place) = resampling.ApplyAround(image, mask, margin, Cancellation);
            ImageGrid all = whole.Image.Grid;
            Assert.Equal(Box.Around(whole.Mask, all.SizeX, all.SizeY, all.SizeZ).Grown(margin, margin, margin, all.SizeX, all.SizeY, all.SizeZ), place);
            Assert.Equal(place.Cut<bool>(whole.Mask, all.SizeX, all.SizeY), part.Mask);
            double[] expected = place.Cut<double>(whole.Image.Voxels, all.SizeX, all.SizeY);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], part.Image.Voxels[i], 1e-9);
            Assert.Equal(all.ToPatient(place.X, place.Y, place.Z), part.Image.Grid.OriginMm);
        }, iter: 60);

    [Fact]
    public void A_new_voxel_that_the_region_half_fills_belongs_to_it()
    {
        ImageGrid grid = new(10, 10, 10, 1, 1, 1);
        bool[] mask = SmallImage.Mask(grid, (x, y, z) => x is 3 or 4 or 5 && y is 4 or 5 && z is 4 or 5);
        // Along x new centres lie at 0.5, 2.5, 4.5, 6.5, 8.5: half of 2.5 and all of 4.5 are inside.
        PreparedRegion region = new IbsiResampling(2, 0, 0).Apply(SmallImage.Constant(1, 10), mask, Cancellation);
        Assert.Equal([false, true, true, false, false], region.Mask[((4 * 10 + 4) * 5)..((4 * 10 + 5) * 5)]);
    }

    [Fact]
    public void A_symmetrical_region_stays_symmetrical_though_rounding_puts_half_filled_voxels_on_either_side_of_half()
    {
        foreach (double spacing in (double[])[0.7, 0.45, 0.977, 1.1])
            for (int size = 20; size < 26; size++)
                for (int p = 1; p <= 9; p++)
                    for (int q = 1; q <= 9; q++)
                    {
                        ImageGrid grid = new(size, 1, 1, spacing, 1, 1);
                        bool[] mask = SmallImage.Mask(grid, (x, y, z) => x > 4 && x < size - 5);
                        bool[] result = new IbsiResampling(spacing * p / q, 0, 0).Apply(SmallImage.Of(grid, (x, y, z) => x), mask, Cancellation).Mask;
                        Assert.Equal(result.Reverse(), result);
                    }
    }

    [Fact]
    public void Rounding_sends_halves_to_the_even_number()
    {
        ImageGrid grid = new(8, 1, 1, 1, 1, 1);
        bool[] all = [.. Enumerable.Repeat(true, 8)];
        ScalarImage ramp = SmallImage.Of(grid, (x, y, z) => 5 * (x - 1));
        Assert.Equal([-2.5, 7.5, 17.5, 27.5], new IbsiResampling(2, 0, 0).Apply(ramp, all, Cancellation).Image.Voxels);
        Assert.Equal([-2, 8, 18, 28], (new IbsiResampling(2, 0, 0) { Round = true }).Apply(ramp, all, Cancellation).Image.Voxels);
    }

    [Fact]
    public void A_region_that_vanishes_a_spline_for_the_mask_and_a_huge_image_are_refused()
    {
        ImageGrid grid = new(10, 10, 10, 1, 1, 1);
        bool[] dot = SmallImage.Mask(grid, (x, y, z) => (x, y, z) == (1, 1, 1));
        Assert.Contains("no voxel of the region is left", Assert.Throws<RadiomicsException>(() =>
            new IbsiResampling(4, 4, 4).Apply(SmallImage.Constant(0, 10), dot, Cancellation)).Message, StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => new IbsiResampling(1, 1, 1) { MaskInterpolator = Interpolator.CubicSpline });
        Assert.Throws<RadiomicsException>(() => new IbsiResampling(double.NaN, 1, 1));
        Assert.Contains("wider spacing", Assert.Throws<RadiomicsException>(() =>
            new IbsiResampling(1e-5, 1e-5, 1e-5).ApplyAround(SmallImage.Constant(0, 10), dot, 1, Cancellation)).Message, StringComparison.Ordinal);
    }
}
