using System.Numerics;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class FeatureExtractorTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void Values_come_in_the_order_of_the_catalogue_whatever_fails(RadiomicsProfile profile)
    {
        RadiomicsSettings settings = new() { Profile = profile };
        string[] catalogue = [.. FeatureExtractor.Catalogue(profile).Select(feature => feature.Name)];
        Assert.Equal(catalogue.Length, catalogue.Distinct().Count());
        Assert.Equal(catalogue, FeatureExtractor.Extract(Regions.Ball(5, 1), settings, Cancellation).Values.Keys);
        Assert.Equal(catalogue, FeatureExtractor.Extract(new RoiImage([50], [true], 1, 1, 1, 1, 1, 1), settings, Cancellation).Values.Keys);
    }

    [Fact]
    public void The_PyRadiomics_profile_has_its_56_names_of_shape_first_order_and_GLCM()
    {
        string[] names = [.. FeatureExtractor.Catalogue(RadiomicsProfile.PyRadiomics).Select(feature => feature.Name)];
        Assert.Equal(14, names.Count(name => name.StartsWith("original_shape_", StringComparison.Ordinal)));
        Assert.Equal(18, names.Count(name => name.StartsWith("original_firstorder_", StringComparison.Ordinal)));
        Assert.Equal(24, names.Count(name => name.StartsWith("original_glcm_", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_voxel_has_no_texture_and_says_so_but_keeps_its_shape_and_mean()
    {
        RadiomicsResult result = FeatureExtractor.Extract(new RoiImage([50], [true], 1, 1, 1, 1, 1, 1), new RadiomicsSettings(),
            Cancellation);
        Assert.Equal(50, result.Values["original_firstorder_Mean"]);
        Assert.True(double.IsNaN(result.Values["original_glcm_JointEnergy"]));
        Assert.Contains(result.Warnings,
            warning => warning.Contains("no two voxels of the region are neighbours", StringComparison.Ordinal));
        Assert.Contains(result.Warnings, warning => warning.Contains("original_shape_Elongation", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flat_region_has_PyRadiomics_conventional_values_and_a_warning_of_few_levels()
    {
        RadiomicsResult result = FeatureExtractor.Extract(Regions.Ball(4, 1), new RadiomicsSettings(), Cancellation);
        Assert.Equal(1, result.Values["original_glcm_Correlation"]);
        Assert.Equal(1, result.Values["original_glcm_MCC"]);
        Assert.Equal(0, result.Values["original_glcm_Imc1"]);
        Assert.Equal(0, result.Values["original_firstorder_Skewness"]);
        Assert.Equal(1, result.Values["original_firstorder_Uniformity"]);
        Assert.Contains(result.Warnings, warning => warning.StartsWith("only 1 of at least 16 grey levels", StringComparison.Ordinal));
    }

    [Fact]
    public void Too_many_grey_levels_cost_the_texture_before_anything_is_allocated()
    {
        RoiImage roi = new([0, 1e15, 3, 4], [true, true, true, true], 2, 2, 1, 1, 1, 1);
        RadiomicsResult result = FeatureExtractor.Extract(roi, new RadiomicsSettings { BinWidth = 0.5 }, Cancellation);
        Assert.True(double.IsNaN(result.Values["original_firstorder_Entropy"]));
        Assert.True(double.IsNaN(result.Values["original_glcm_Contrast"]));
        Assert.Equal(1e15, result.Values["original_firstorder_Maximum"]);
        Assert.Contains(result.Warnings, warning => warning.Contains("2E+15 grey levels", StringComparison.Ordinal)
            && warning.Contains("use a bin width above 0.5", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_mask_is_refused() =>
        Assert.Equal("the mask is empty: there is no region to measure",
            Assert.Throws<RadiomicsException>(() => new RoiImage([1, 2], [false, false], 2, 1, 1, 1, 1, 1)).Message);

    [Fact]
    public void An_intensity_that_is_no_number_is_refused_only_inside_the_mask()
    {
        Assert.Throws<RadiomicsException>(() => new RoiImage([1, double.NaN], [true, true], 2, 1, 1, 1, 1, 1));
        Assert.Equal(1, new RoiImage([1, double.NaN], [true, false], 2, 1, 1, 1, 1, 1).VoxelCount);
    }

    [Theory]
    [InlineData(0, 1, 1, 1.0)]
    [InlineData(2, 1, 1, 0.0)]
    [InlineData(2, 1, 1, double.NaN)]
    [InlineData(3, 1, 1, 1.0)]
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue, 1.0)]
    public void Sizes_and_spacings_that_make_no_image_are_refused(int x, int y, int z, double spacing) =>
        Assert.Throws<RadiomicsException>(() => new RoiImage([1, 2], [true, true], x, y, z, spacing, 1, 1));

    [Fact]
    public void A_volume_and_its_mask_give_the_same_features_as_the_raw_voxels()
    {
        VolumeGeometry grid = Grid();
        short[] hounsfield = [.. Enumerable.Range(0, 6 * 5 * 4).Select(i => (short)(40 + i * 31 % 40))];
        bool[] mask = [.. Enumerable.Range(0, 6 * 5 * 4).Select(i => i % 6 is > 0 and < 5 && i / 6 % 5 is > 0 and < 4)];
        RadiomicsResult fromCt = FeatureExtractor.Extract(RoiImage.From(new Volume(grid, hounsfield), new Mask(Grid(), mask)),
            new RadiomicsSettings(), Cancellation);
        RoiImage raw = new([.. hounsfield.Select(hu => (double)hu)], mask, 6, 5, 4, 0.5, 0.6, grid.MedianSliceSpacingMm);
        Assert.Equal(FeatureExtractor.Extract(raw, new RadiomicsSettings(), Cancellation).Values, fromCt.Values);
    }

    [Fact]
    public void A_mask_on_another_grid_is_refused_with_the_field_and_the_millimetres()
    {
        Volume volume = new(Grid(), new short[120]);
        Assert.Contains("origin of slice 0 by 2 mm", Refusal(Grid(x: 12)), StringComparison.Ordinal);
        Assert.Contains("column spacing by 0.01 mm", Refusal(Grid(columnSpacing: 0.51)), StringComparison.Ordinal);
        Assert.Contains("6 x 5 x 3 voxels", Refusal(Grid(slices: 3)), StringComparison.Ordinal);

        string Refusal(VolumeGeometry grid)
        {
            var flags = new bool[grid.PixelsPerSlice * grid.Slices];
            flags[0] = true;
            return Assert.Throws<RadiomicsException>(() => RoiImage.From(volume, new Mask(grid, flags))).Message;
        }
    }

    [Fact]
    public void Uneven_slices_are_warned_of()
    {
        Vector3[] origins = [new(0, 0, 0), new(0, 0, 5), new(0, 0, 10), new(0, 0, 20)];
        VolumeGeometry uneven = new(2, 2, Vector3.UnitX, Vector3.UnitY, 1, 1, origins, 5);
        bool[] all = [.. Enumerable.Repeat(true, 16)];
        RadiomicsResult result = FeatureExtractor.Extract(RoiImage.From(new Volume(uneven, new short[16]), new Mask(uneven, all)),
            new RadiomicsSettings(), Cancellation);
        Assert.Contains(result.Warnings, warning => warning.Contains("from 5.00 to 10.00 mm", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_cancelled_extraction_ends()
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        Assert.Throws<OperationCanceledException>(
            () => FeatureExtractor.Extract(Regions.Ball(5, 1), new RadiomicsSettings(), source.Token));
    }

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinWidth = 0 });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinWidth = double.NaN });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinCount = 0 });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { Distances = [] });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { Distances = [1, 1] });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { MaxGreyLevels = 100000 });
    }

    private static VolumeGeometry Grid(float x = 10, double columnSpacing = 0.5, int slices = 4) =>
        new(6, 5, Vector3.UnitX, Vector3.UnitY, columnSpacing, 0.6,
            [.. Enumerable.Range(0, slices).Select(k => new Vector3(x, 20, 2.5f * k))], 2.5);
}
