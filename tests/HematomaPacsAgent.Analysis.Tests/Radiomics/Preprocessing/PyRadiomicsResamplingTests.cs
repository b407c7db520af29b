using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class PyRadiomicsResamplingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// The values are ours; all 18 first-order and 14 shape values, and the diagnostics of image and mask, agree with PyRadiomics' published baseline
    /// (brain1_resampling: B-spline to 2 x 2 x 2 mm, whole numbers, padDistance 5, bins of 25) in every digit that it prints but for rounding.
    /// </summary>
    [Fact]
    public void An_MR_resampled_by_splines_has_PyRadiomics_features_and_diagnostics()
    {
        (ScalarImage image, bool[] mask) = ReferenceImages.Brain1();
        PreparedRegion region = new PyRadiomicsResampling(2, 2, 2).Apply(image, mask, Cancellation);

        ImageDiagnostics whole = ImageDiagnostics.Of(region.Image);
        Assert.Equal((30, 39, 34), (whole.Grid.SizeX, whole.Grid.SizeY, whole.Grid.SizeZ));
        Assert.Equal((598.916742081448, -128, 2253), (Math.Round(whole.Mean, 12), whole.Minimum, whole.Maximum));
        RegionDiagnostics roi = RegionDiagnostics.Of(region.Image, region.Mask);
        Assert.Equal((new Box(5, 6, 7, 19, 27, 22), 1915, 2), (roi.BoundingBox, roi.VoxelCount, roi.ComponentCount));
        Assert.Equal((820.533681462141, 481, 1334), (Math.Round(roi.Mean, 12), roi.Minimum, roi.Maximum));
        Assert.Equal(46.53838120104439, roi.CentreMm.X, 1e-9);
        Assert.Equal(16.49033942558746, roi.CentreMm.Y, 1e-9);
        Assert.Equal(15.37715404699739, roi.CentreMm.Z, 1e-9);

        IReadOnlyDictionary<string, double> values = Regions.Measure(Regions.Of(region.Image, region.Mask), new RadiomicsSettings()).Values;
        Assert.Equal(1335892916, values["original_firstorder_Energy"]);
        Assert.Equal(24318.68959662959, values["original_firstorder_Variance"], 1e-8);
        Assert.Equal(99.49869388534846, values["original_firstorder_RobustMeanAbsoluteDeviation"], 1e-9);
        Assert.Equal(4.616515255416357, values["original_firstorder_Entropy"], 1e-9);
        Assert.Equal(14984, values["original_shape_MeshVolume"], 1e-9);
        Assert.Equal(5853.298877395557, values["original_shape_SurfaceArea"], 1e-8);
        Assert.Equal(67.7347768875044, values["original_shape_Maximum3DDiameter"], 1e-9);
    }

    /// <summary>Reference: scipy.ndimage.map_coordinates (order 1 with the edge repeated; order 3 mirrored), 0 where a centre lies outside the
    /// voxels.</summary>
    [Theory]
    [InlineData(nameof(Interpolator.Linear), new[] { 71.8, 11.76406249999999, -6.828125, -28.34375, 37.72500000000002, 0 },
        -28.667187500000026, 15722.151562500008)]
    [InlineData(nameof(Interpolator.CubicSpline),
        new[] { 59.451626562666924, 26.78493869333912, -11.979235279565575, -31.08057148053909, 17.340158213903546, 0 },
        -13.069960511286922, 29408.173723719192)]
    public void Every_voxel_is_interpolated_on_the_grid_with_the_image_s_corner(string interpolator, double[] some, double sum, double weighted)
    {
        ScalarImage noise = SmallImage.Noise();
        PyRadiomicsResampling resampling = new(0.75, 1.6, 1.5) { Interpolator = Enum.Parse<Interpolator>(interpolator), IntegerPixels = false };
        ScalarImage result = resampling.Apply(noise, [.. noise.Voxels.Select(_ => true)], Cancellation).Image;
        Assert.Equal((10, 4, 7), (result.Grid.SizeX, result.Grid.SizeY, result.Grid.SizeZ));
        Assert.Equal(-0.125, result.Grid.OriginMm.X, 1e-12);
        Assert.Equal(0.3, result.Grid.OriginMm.Y, 1e-12);
        Assert.Equal(-0.25, result.Grid.OriginMm.Z, 1e-12);
        (int Z, int Y, int X)[] places = [(0, 0, 0), (1, 1, 1), (3, 2, 4), (5, 3, 8), (6, 1, 8), (2, 3, 9)];
        for (int i = 0; i < places.Length; i++) Assert.Equal(some[i], result.Voxels[(places[i].Z * 4 + places[i].Y) * 10 + places[i].X], 1e-9);
        Assert.Equal(sum, result.Voxels.Sum(), 1e-8);
        Assert.Equal(weighted, result.Voxels.Select((value, i) => value * i).Sum(), 1e-6);
    }

    [Fact]
    public void The_mask_follows_by_nearest_neighbour_and_half_way_the_higher_index_decides()
    {
        ImageGrid grid = new(12, 4, 4, 1, 1, 1);
        bool[] mask = SmallImage.Mask(grid, (x, y, z) => x is 5 or 6 or 7);
        PreparedRegion region = new PyRadiomicsResampling(2, 0, 0) { PadDistance = 0 }.Apply(SmallImage.Of(grid, (x, y, z) => x), mask, Cancellation);
        // New centres lie at 0.5, 2.5, 4.5, 6.5, 8.5, so the nearest voxels are 1, 3, 5, 7, 9.
        Assert.Equal(1.0 / 2 + 2 * 2, region.Image.Grid.OriginMm.X, 1e-12);
        Assert.Equal([true, true, false], region.Mask[..3]);
    }

    [Fact]
    public void The_grid_is_cut_to_the_region_and_the_padding_and_never_reaches_beyond_the_image()
    {
        ImageGrid grid = new(40, 40, 40, 1, 1, 1);
        bool[] mask = SmallImage.Mask(grid, (x, y, z) => x is >= 10 and < 20 && y < 4 && z is >= 36 and < 39);
        ImageGrid result = new PyRadiomicsResampling(2, 2, 2) { PadDistance = 3 }.Apply(SmallImage.Of(grid, (x, y, z) => x), mask, Cancellation).Image.Grid;
        // x: floor(9.5 / 2 - 3) = 1 to ceil(19.5 / 2 + 3) = 13; y: 0 to ceil(3.5 / 2 + 3) = 5; z: floor(35.5 / 2 - 3) = 14 to the image's last, 19.
        Assert.Equal((13, 6, 6), (result.SizeX, result.SizeY, result.SizeZ));
        Assert.Equal((2.5, 0.5, 28.5), result.OriginMm);
    }

    [Fact]
    public void A_spacing_of_0_and_an_axis_where_the_region_is_one_voxel_thick_keep_the_image_s_spacing()
    {
        ImageGrid grid = new(20, 20, 10, 1, 1, 3);
        ScalarImage image = SmallImage.Of(grid, (x, y, z) => 100 * z);
        bool[] slice = SmallImage.Mask(grid, (x, y, z) => x is > 5 and < 12 && y is > 5 and < 12 && z == 4);
        bool[] block = SmallImage.Mask(grid, (x, y, z) => x is > 5 and < 12 && y is > 5 and < 12 && z is 4 or 5);
        foreach ((bool[] mask, double z) in new[] { (slice, 1.0), (block, 0.0) })
        {
            PreparedRegion region = new PyRadiomicsResampling(0.5, 0.5, z).Apply(image, mask, Cancellation);
            Assert.Equal((0.5, 3), (region.Image.Grid.SpacingXMm, region.Image.Grid.SpacingZMm));
            RegionDiagnostics found = RegionDiagnostics.Of(region.Image, region.Mask);
            Assert.Equal((400, mask == slice ? 400 : 500), (found.Minimum, found.Maximum));
        }
    }

    [Fact]
    public void An_image_that_has_the_spacing_already_is_only_cut()
    {
        (ScalarImage image, bool[] mask) = ReferenceImages.Brain1();
        PreparedRegion region = new PyRadiomicsResampling(0.781250001, 0, 6.5) { PadDistance = 2 }.Apply(image, mask, Cancellation);
        Assert.Equal((51, 74, 11), (region.Image.Grid.SizeX, region.Image.Grid.SizeY, region.Image.Grid.SizeZ));
        Assert.Equal(image.Grid.ToPatient(160, 82, 9), region.Image.Grid.OriginMm);
        Assert.Equal(image.Voxels[(9 * 256 + 82) * 256 + 160], region.Image.Voxels[0]);
        Assert.Equal(4137, region.Mask.Count(inside => inside));
        Assert.Equal((47, 70, 7), (region.Crop(0).Image.Grid.SizeX, region.Crop(0).Image.Grid.SizeY, region.Crop(0).Image.Grid.SizeZ));
    }

    [Fact]
    public void Whole_numbers_are_cut_toward_zero_and_even_tissue_stays_as_it_is()
    {
        ImageGrid grid = new(8, 2, 2, 1, 1, 1);
        bool[] all = SmallImage.Mask(grid, (x, y, z) => true);
        double[] Row(int slope, bool integer) => new PyRadiomicsResampling(2, 0, 0) { Interpolator = Interpolator.Linear, IntegerPixels = integer }
            .Apply(SmallImage.Of(grid, (x, y, z) => slope * 5 * (x - 1)), all, Cancellation).Image.Voxels[..4];
        Assert.Equal([-2.5, 7.5, 17.5, 27.5], Row(1, integer: false));
        Assert.Equal([-2, 7, 17, 27], Row(1, integer: true));
        Assert.Equal([2, -7, -17, -27], Row(-1, integer: true));

        bool[] cube = [.. Enumerable.Repeat(true, 27 * 27 * 27)];
        foreach (Interpolator interpolator in (Interpolator[])[Interpolator.Linear, Interpolator.CubicSpline])
            foreach (double even in (double[])[-1023, 47, 59, 61, 3071])
                Assert.All(new PyRadiomicsResampling(0.7, 1.3, 0.9) { Interpolator = interpolator }.Apply(SmallImage.Constant(even, 27), cube, Cancellation)
                    .Image.Voxels.Where(x => x != 0), x => Assert.Equal(even, x));
    }

    [Fact]
    public void A_new_voxel_in_the_place_of_an_old_one_keeps_its_whole_number()
    {
        ScalarImage noise = SmallImage.Noise();
        bool[] all = [.. noise.Voxels.Select(_ => true)];
        foreach (Interpolator interpolator in (Interpolator[])[Interpolator.Linear, Interpolator.CubicSpline])
        {
            ScalarImage fine = new PyRadiomicsResampling(1.0 / 3, 1.0 / 3, 2.0 / 3) { Interpolator = interpolator }.Apply(noise, all, Cancellation).Image;
            for (int z = 0, i = 0; z < 5; z++)
                for (int y = 0; y < 6; y++)
                    for (int x = 0; x < 7; x++)
                        Assert.Equal(noise.Voxels[i++], fine.Voxels[((3 * z + 1) * fine.Grid.SizeY + 3 * y + 1) * fine.Grid.SizeX + 3 * x + 1]);
        }
    }

    [Fact]
    public void A_spline_s_overshoot_ends_at_the_pixel_type_s_limit()
    {
        ImageGrid grid = new(20, 3, 3, 1, 1, 1);
        ScalarImage step = SmallImage.Of(grid, (x, y, z) => x < 10 ? 0 : 1000);
        bool[] all = SmallImage.Mask(grid, (x, y, z) => true);
        PyRadiomicsResampling free = new(0.5, 0, 0);
        Assert.True(free.Apply(step, all, Cancellation).Image.Voxels.Min() < -20);
        Assert.Equal(0, (free with { PixelRange = (0, 65535) }).Apply(step, all, Cancellation).Image.Voxels.Min());
    }

    [Fact]
    public void An_unsigned_image_stays_unsigned_through_the_whole_extraction()
    {
        ImageGrid grid = new(20, 3, 3, 1, 1, 1);
        double[] voxels = SmallImage.Of(grid, (x, y, z) => x < 10 ? 0 : 1000).Voxels;
        RadiomicsParameters parameters = new() { Settings = new RadiomicsSettings { ResampledPixelSpacing = [0.5, 0, 0] } };
        Assert.Equal(0, Minimum(new ScalarImage(grid, voxels) { WholeNumbers = true, PixelRange = (0, 65535) }));
        Assert.True(Minimum(new ScalarImage(grid, voxels) { WholeNumbers = true, PixelRange = (-32768, 32767) }) < -20);

        double Minimum(ScalarImage image) =>
            FeatureExtractor.Extract(image, SmallImage.Mask(grid, (x, y, z) => true), parameters, 1, Cancellation).Values["original_firstorder_Minimum"];
    }

    [Theory]
    [InlineData("sitkBSpline", nameof(Interpolator.CubicSpline))]
    [InlineData("sitkLinear", nameof(Interpolator.Linear))]
    [InlineData("sitkNearestNeighbor", nameof(Interpolator.Nearest))]
    [InlineData("3", nameof(Interpolator.CubicSpline))]
    public void SimpleITK_s_names_are_understood(string name, string interpolator) => Assert.Equal(interpolator, InterpolatorNames.Parse(name).ToString());

    [Theory]
    [InlineData("sitkGaussian", "not supported")]
    [InlineData("sitkLabelGaussian", "not supported")]
    [InlineData("sitkHammingWindowedSinc", "not supported")]
    [InlineData("sitkLanczosWindowedSinc", "not supported")]
    [InlineData("sitkBsplin", "there is no interpolator")]
    public void Other_interpolators_are_refused_by_name(string name, string why)
    {
        string message = Assert.Throws<RadiomicsException>(() => InterpolatorNames.Parse(name)).Message;
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains("use sitkNearestNeighbor, sitkLinear or sitkBSpline", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Too_fine_a_spacing_a_bad_one_and_a_cancelled_job_end_with_an_error()
    {
        ScalarImage noise = SmallImage.Noise();
        bool[] all = [.. noise.Voxels.Select(_ => true)];
        Assert.Contains("wider spacing", Assert.Throws<RadiomicsException>(() =>
            new PyRadiomicsResampling(1e-9, 1e-9, 1e-9).Apply(noise, all, Cancellation)).Message, StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => new PyRadiomicsResampling(1, -1, 1));
        Assert.Throws<RadiomicsException>(() => new PyRadiomicsResampling(1, 1, 1) { PadDistance = -1 });
        Assert.Throws<RadiomicsException>(() => new PyRadiomicsResampling(2, 2, 1).Apply(noise, new bool[all.Length], Cancellation));
        Assert.Throws<OperationCanceledException>(() => new PyRadiomicsResampling(2, 2, 1).Apply(noise, all, new CancellationToken(canceled: true)));
    }
}
