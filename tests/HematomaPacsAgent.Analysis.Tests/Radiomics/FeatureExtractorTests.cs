using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class FeatureExtractorTests
{
    [Fact]
    public void A_flat_region_has_PyRadiomics_conventional_values_and_a_warning_of_few_levels()
    {
        RadiomicsResult result = Regions.Measure(Regions.Ball(4, 1));
        Assert.Equal(1, result.Values["original_glcm_Correlation"]);
        Assert.Equal(1, result.Values["original_glcm_MCC"]);
        Assert.Equal(0, result.Values["original_glcm_Imc1"]);
        Assert.Equal(0, result.Values["original_firstorder_Skewness"]);
        Assert.Equal(1, result.Values["original_firstorder_Uniformity"]);
        Assert.Contains(result.Warnings, warning => warning.StartsWith("only 1 of at least 8 grey levels", StringComparison.Ordinal));
    }

    [Fact]
    public void Too_many_grey_levels_cost_the_texture_before_anything_is_allocated()
    {
        RoiImage roi = new([0, 1e15, 3, 4], [true, true, true, true], 2, 2, 1, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(roi, new RadiomicsSettings { BinWidth = 0.5 });
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
    public void Settings_out_of_range_are_refused()
    {
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinWidth = 0 });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinWidth = double.NaN });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { BinCount = 0 });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { Distances = [] });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { Distances = [1, 1] });
        Assert.Throws<RadiomicsException>(() => new RadiomicsSettings { MaxGreyLevels = 1 });
    }
}
