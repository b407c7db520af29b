using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>What becomes of a class whose features cannot be computed: the others are, and it says why.</summary>
public sealed class FeatureClassStatusTests
{
    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void A_sound_region_has_all_classes_and_no_reason(RadiomicsProfile profile)
    {
        RadiomicsResult result = Regions.Measure(Regions.Noise(7, 60, 12, 11, 6, 1, 1, 1), new RadiomicsSettings { BinWidth = 2 }, profile);
        Assert.All(result.Classes, one => Assert.Equal((true, null), (one.Computed, one.Reason)));
        Assert.Equal(new RadiomicsParameters { Profile = profile }.WantedClasses.Select(one => one.Label), result.Classes.Select(one => one.FeatureClass));
        Assert.DoesNotContain(double.NaN, result.Values.Values);
    }

    [Fact]
    public void A_flat_region_has_all_of_PyRadiomics_classes()
    {
        RadiomicsResult result = Regions.Measure(Regions.Ball(4, 1));
        Assert.All(result.Classes, one => Assert.Equal((true, null), (one.Computed, one.Reason)));
        Assert.Equal(1e6, result.Values["original_ngtdm_Coarseness"]);
        Assert.Equal(0, result.Values["original_ngtdm_Busyness"]);
        Assert.Equal(1, result.Values["original_glszm_ZonePercentage"] * Regions.Ball(4, 1).VoxelCount, 1e-9);
        Assert.Contains(result.Warnings, warning => warning.StartsWith("only 1 of at least 8 grey levels", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flat_region_says_which_of_IBSIs_features_it_lacks()
    {
        RadiomicsResult result = Regions.Measure(Regions.Ball(4, 1), profile: RadiomicsProfile.Ibsi);
        foreach (FeatureClassStatus one in result.Classes)
        {
            Assert.True(one.Computed, one.Reason);
            string[] undefined = [.. FeatureDictionary.Of(new RadiomicsParameters { Profile = RadiomicsProfile.Ibsi })
                .Where(feature => feature.FeatureClass == one.FeatureClass && double.IsNaN(result.Values[feature.Name])).Select(feature => feature.Name)];
            if (one.Reason is { } reason) Assert.All(reason["undefined for this region: ".Length..].Split(", "), name => Assert.Contains(name, undefined));
        }

        // Moran's I divides by the variance.
        Assert.Contains("morph_moran_i", Status(result, "spatial_correlation").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_voxels_in_a_row_need_the_least_dimensions_and_have_all_textures()
    {
        RoiImage pair = new([50, 60], [true, true], 2, 1, 1, 1, 1, 1);
        Assert.Contains("lower minimumROIDimensions", Assert.Throws<RadiomicsException>(() => Regions.Measure(pair)).Message, StringComparison.Ordinal);
        RadiomicsResult result = Regions.Measure(pair, new RadiomicsSettings { BinWidth = 5, MinimumROIDimensions = 1 });
        Assert.All(result.Classes, one => Assert.True(one.Computed, one.Reason));
        // Levels 1 and 3, neighbours of each other.
        Assert.Equal(4, result.Values["original_glcm_Contrast"]);
        Assert.Equal(1, result.Values["original_glrlm_ShortRunEmphasis"]);
        Assert.Equal(1, result.Values["original_glszm_ZonePercentage"]);
        Assert.Equal(1, result.Values["original_gldm_SmallDependenceEmphasis"]);
        Assert.Equal(0.5, result.Values["original_ngtdm_Coarseness"]);
    }

    [Fact]
    public void Two_voxels_apart_have_no_neighbours_and_the_class_that_needs_them_says_so()
    {
        RoiImage apart = new([50, 0, 0, 60], [true, false, false, true], 4, 1, 1, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(apart, new RadiomicsSettings { BinWidth = 5, MinimumROIDimensions = 1 });
        Assert.Equal((false, "no two voxels of the region are neighbours"), (Status(result, "glcm").Computed, Status(result, "glcm").Reason));
        Assert.All(result.Values.Where(value => value.Key.StartsWith("original_glcm_", StringComparison.Ordinal)),
            value => Assert.Equal(double.NaN, value.Value));
        Assert.Contains(result.Warnings, warning => warning == "original glcm: no two voxels of the region are neighbours");
        // PyRadiomics gives a voxel without neighbours a difference of 0.
        Assert.Equal(1e6, result.Values["original_ngtdm_Coarseness"]);

        foreach (string name in new[] { "shape", "firstorder", "glrlm", "glszm", "gldm", "ngtdm" }) Assert.True(Status(result, name).Computed, name);
        Assert.Equal(55, result.Values["original_firstorder_Mean"]);
    }

    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void One_voxel_is_refused(RadiomicsProfile profile) => Assert.Equal("the region is a single voxel: there is nothing to measure",
        Assert.Throws<RadiomicsException>(() => Regions.Measure(new RoiImage([50], [true], 1, 1, 1, 1, 1, 1), profile: profile)).Message);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_voxel_without_intensity_costs_all_but_the_form_inside_the_region_and_nothing_outside(double value)
    {
        ScalarImage image = new(new ImageGrid(3, 3, 3, 1, 1, 1), [.. Enumerable.Range(0, 27).Select(i => i == 13 ? value : i)]);
        bool[] all = [.. Enumerable.Repeat(true, 27)], others = [.. Enumerable.Range(0, 27).Select(i => i != 13)];
        RadiomicsResult spoilt = Extract(all);
        Assert.Equal(107, spoilt.Values.Count);
        Assert.All(spoilt.Classes, one => Assert.Equal(one.FeatureClass == "shape", one.Computed));
        Assert.All(spoilt.Classes.Where(one => !one.Computed), one => Assert.Contains("resample or mask it first", one.Reason, StringComparison.Ordinal));
        Assert.Equal(27, spoilt.Values["original_shape_VoxelVolume"]);
        Assert.DoesNotContain(double.NaN, Extract(others).Values.Values);

        RadiomicsResult Extract(bool[] mask) =>
            FeatureExtractor.Extract(image, mask, new RadiomicsParameters { Settings = new RadiomicsSettings { BinWidth = 1 } }, 1,
                TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_filter_whose_response_is_no_number_costs_its_own_image_only()
    {
        RoiImage flat = new([.. Enumerable.Repeat(50.0, 64)], [.. Enumerable.Repeat(true, 64)], 4, 4, 4, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(flat, ParameterFile.Parse("imageType: {Original: , LBP2D: {lbp2DMethod: var}}", "test.yaml"));
        Assert.All(result.Classes.Where(one => one.ImageType == "original"), one => Assert.True(one.Computed));
        FeatureClassStatus[] patterns = [.. result.Classes.Where(one => one.ImageType == "lbp-2D")];
        Assert.Equal(6, patterns.Length);
        Assert.All(patterns, one => Assert.Equal((false, "a voxel of the region has intensity NaN: resample or mask it first"), (one.Computed, one.Reason)));
        Assert.Equal(107 + 93, result.Values.Count);
    }

    [Fact]
    public void Too_many_grey_levels_for_co_occurrence_leave_the_other_textures()
    {
        RoiImage many = new([.. Enumerable.Range(0, 3000).Select(i => i * 7919 % 3000.0)], [.. Enumerable.Repeat(true, 3000)], 20, 15, 10, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(many, new RadiomicsSettings { BinWidth = 1 });
        Assert.False(Status(result, "glcm").Computed);
        Assert.Contains("13 co-occurrence matrices of 3000 grey levels need 446 MiB, more than 256: use a wider bin or fewer distances",
            Status(result, "glcm").Reason, StringComparison.Ordinal);
        Assert.All(result.Classes.Where(one => one.FeatureClass != "glcm"), one => Assert.True(one.Computed, one.Reason));
        // Every level occurs once: no run, zone or dependence is longer than one voxel.
        Assert.Equal(1, result.Values["original_glrlm_ShortRunEmphasis"], 1e-12);
        Assert.Equal(1, result.Values["original_glszm_ZonePercentage"], 1e-12);
        Assert.Equal(1, result.Values["original_gldm_SmallDependenceEmphasis"], 1e-12);
    }

    [Fact]
    public void Grey_levels_without_end_cost_two_features_of_firstorder_with_the_true_reason()
    {
        RoiImage many = new([.. Enumerable.Range(0, 27).Select(i => i * 10.0)], [.. Enumerable.Repeat(true, 27)], 3, 3, 3, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(many, new RadiomicsSettings { BinWidth = 0.0005 });
        FeatureClassStatus status = Status(result, "firstorder");
        Assert.True(status.Computed);
        Assert.StartsWith("Entropy, Uniformity not computed: 520001 grey levels", status.Reason, StringComparison.Ordinal);
        Assert.Equal(130, result.Values["original_firstorder_Mean"]);
    }

    [Fact]
    public void A_region_at_the_images_border_is_warned_of()
    {
        ScalarImage image = new(new ImageGrid(6, 5, 4, 1, 1, 1), [.. Enumerable.Range(0, 120).Select(i => (double)i)]);
        Assert.Contains("the region touches the image's border (last x, first z): filters see no tissue beyond it, and the region may be cut off",
            Warnings(3, 1, 0));
        Assert.DoesNotContain(Warnings(2, 1, 1), warning => warning.Contains("border", StringComparison.Ordinal));

        IReadOnlyList<string> Warnings(int x, int y, int z)
        {
            bool[] mask = [.. Enumerable.Range(0, 120).Select(i =>
                i % 6 >= x && i % 6 < x + 3 && i / 6 % 5 >= y && i / 6 % 5 < y + 3 && i / 30 >= z && i / 30 < z + 2)];
            return FeatureExtractor.Extract(image, mask, new RadiomicsParameters(), 1, TestContext.Current.CancellationToken).Warnings;
        }
    }

    /// <summary>PyRadiomics takes the form of the image before it looks at the image types.</summary>
    [Theory]
    [InlineData("imageType: {Square: }")]
    [InlineData("imageType: {Square: , Original: }")]
    [InlineData("imageType: {Wavelet: , LoG: {sigma: [1, 2.5]}}\nfeatureClass: {glcm: [Idn], shape: [Sphericity]}")]
    [InlineData("featureClass: {glrlm: }")]
    [InlineData("profile: ibsi\nibsi: {filters: [{name: mean, dimension: 3, size: 3}], aggregation: [2D_avg, 3D_comb]}")]
    [InlineData("profile: ibsi\nibsi: {unfiltered: false, filters: [{name: mean, dimension: 2, size: 3}]}")]
    public void Columns_are_those_foretold_with_the_form_first(string file)
    {
        RadiomicsParameters parameters = ParameterFile.Parse(file, "test.yaml");
        RadiomicsResult result = Regions.Measure(Regions.Noise(7, 60, 12, 11, 6, 0.45, 0.45, 5), parameters);
        Assert.Equal(FeatureDictionary.Columns(parameters).Select(column => column.Column), result.Values.Keys);
        if (parameters.WantedClasses.Any(family => family.Name is "shape" or "morphology") && parameters.Unfiltered)
            Assert.Contains(result.Values.Keys.First(), new[] { "original_shape_Elongation", "original_shape_Sphericity", "morph_pca_elongation" });
    }

    [Fact]
    public void Remarks_of_the_parameter_file_are_among_the_warnings() =>
        Assert.Contains("voxelSetting is ignored: features of regions are computed, not maps",
            Regions.Measure(Regions.Ball(3, 1), ParameterFile.Parse("voxelSetting: {kernelRadius: 1}", "test.yaml")).Warnings);

    private static FeatureClassStatus Status(RadiomicsResult result, string featureClass) => result.Classes.Single(one => one.FeatureClass == featureClass);
}
