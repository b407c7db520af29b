using System.Diagnostics;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Parameters;

public sealed class ParameterFileTests
{
    [Theory]
    [InlineData("setting:\n  binwidth: 5", 2, "unknown setting binwidth; known are")]
    [InlineData("settings: {binWidth: 5}", 1, "unknown key settings; known are imageType, featureClass, setting")]
    [InlineData("featureClass:\n  shape:\n  glxm:", 3, "unknown feature class glxm; known are shape, shape2D, firstorder, glcm")]
    [InlineData("featureClass:\n  shape:\n  glcm: [Contrast, Kontrast]", 3, "glcm has no feature Kontrast; it has Autocorrelation")]
    [InlineData("imageType:\n  Original:\n  Sharpen:", 3, "unknown image type Sharpen; known are Original, LoG")]
    [InlineData("imageType:\n  LBP3D:", 2, "LBP3D is not supported")]
    [InlineData("imageType:\n  LoG:\n    sigmas: [1]", 3, "unknown setting sigmas")]
    [InlineData("imageType:\n  Wavelet:\n    wavelet: best", 3, "best")]
    [InlineData("imageType: [Original]", 1, "imageType must be a mapping")]
    [InlineData("ibsi:\n  aggregation: [3D_avg]", 2, "left out without profile: ibsi")]
    [InlineData("profile: mine", 1, "profile must be one of pyradiomics, ibsi")]
    [InlineData("- a\n- b", 1, "must be a mapping")]
    [InlineData("setting: {label: 1, label: 2}", 1, "not YAML: Duplicate key label")]
    [InlineData("setting:\n  binWidth: [1, 2", 3, "not YAML")]
    [InlineData("profile: ibsi\nimageType:\n  Wavelet:", 3, "left out in the profile ibsi: use ibsi: filters")]
    [InlineData("profile: ibsi\nsetting:\n  normalize: true", 3, "left out in the profile ibsi: IBSI has no normalisation")]
    [InlineData("profile: ibsi\nibsi:\n  aggregation: [4D]", 3, "aggregation must be one of 2D_avg")]
    [InlineData("profile: ibsi\nibsi:\n  aggregation: []", 3, "aggregation: one or more, each once")]
    [InlineData("profile: ibsi\nibsi:\n  aggregations: [3D_avg]", 3, "unknown ibsi key aggregations")]
    [InlineData("profile: ibsi\nibsi:\n  ivh: {binWidth: 1, binCount: 2}", 3, "a bin width or a bin count, not both")]
    [InlineData("profile: ibsi\nibsi:\n  ivh: {width: 1}", 3, "unknown ivh key width")]
    [InlineData("profile: ibsi\nibsi:\n  resegmentOutliers: -3", 3, "must be above 0")]
    [InlineData("profile: ibsi\nibsi:\n  maskInterpolator: cubic", 3, "maskInterpolator must be one of linear, nearest")]
    [InlineData("profile: ibsi\nibsi:\n  filters: [{name: LoG, sigma: 1}]", 3, "a filter with the key dimension")]
    [InlineData("profile: ibsi\nibsi:\n  filters: [{name: LoG, dimension: 3, sigma: 1, size: 5}]", 3, "unknown key of this filter size")]
    [InlineData("profile: ibsi\nibsi:\n  filters: [{name: Sobel, dimension: 3}]", 3, "name must be one of mean, LoG, Laws, Gabor, wavelet, Simoncelli")]
    public void What_is_wrong_is_named_with_file_and_line(string text, int line, string says)
    {
        string message = Assert.Throws<RadiomicsException>(() => ParameterFile.Parse(text, "test.yaml")).Message;
        Assert.StartsWith($"test.yaml, line {line}: ", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a remark\n")]
    [InlineData("setting:\nimageType:\nfeatureClass:\n")]
    public void A_file_that_says_nothing_asks_for_PyRadiomics_defaults(string text)
    {
        RadiomicsParameters parameters = ParameterFile.Parse(text, "test.yaml");
        Assert.Equal(RadiomicsProfile.PyRadiomics, parameters.Profile);
        Assert.IsType<ImageType.Original>(Assert.Single(parameters.ImageTypes).Type);
        Assert.Equal(["shape", "firstorder", "glcm", "glrlm", "glszm", "gldm", "ngtdm"], parameters.WantedClasses.Select(one => one.Name).Distinct());
        Assert.Equal(25, parameters.Settings.BinWidth);
        Assert.Empty(parameters.Remarks);
    }

    [Fact]
    public void An_image_type_has_the_common_settings_but_for_its_own()
    {
        RadiomicsParameters parameters = ParameterFile.Parse("""
            imageType:
              Original: {}
              LoG: {sigma: [1.0], binWidth: 3}
              Wavelet: {wavelet: haar, level: 2}
            setting: {binWidth: 7, gldm_a: 1}
            """, "test.yaml");
        Assert.Equal([7, 3, 7], parameters.ImageTypes.Select(one => one.Settings.BinWidth));
        Assert.Equal([1, 1, 1], parameters.ImageTypes.Select(one => one.Settings.GldmA));
        Assert.Equal(["Original", "LoG", "Wavelet"], parameters.ImageTypes.Select(one => one.Type.Name));
        Assert.Equal(new ImageType.Wavelet { Family = "haar", Levels = 2 }, parameters.ImageTypes[2].Type);
    }

    /// <summary>The own bin width of an image type is what its textures are made with.</summary>
    [Fact]
    public void An_image_type_is_measured_with_its_own_settings()
    {
        RoiImage roi = Regions.Noise(7, 60, 12, 11, 6, 0.45, 0.45, 5);
        IReadOnlyDictionary<string, double> mixed = Extract("imageType: {Original: , Square: {binWidth: 2}}\nsetting: {binWidth: 9}"),
            wide = Extract("imageType: {Original: , Square: }\nsetting: {binWidth: 9}"), narrow = Extract("imageType: {Square: }\nsetting: {binWidth: 2}");
        Assert.Equal(wide["original_glcm_Contrast"], mixed["original_glcm_Contrast"]);
        Assert.Equal(narrow["square_glcm_Contrast"], mixed["square_glcm_Contrast"]);
        Assert.NotEqual(wide["square_glcm_Contrast"], mixed["square_glcm_Contrast"]);

        IReadOnlyDictionary<string, double> Extract(string text) => Regions.Measure(roi, ParameterFile.Parse(text, "test.yaml")).Values;
    }

    [Theory]
    [InlineData("LoG: {}")]
    [InlineData("LoG:")]
    public void A_LoG_without_sigma_gives_no_image_and_a_remark_as_in_PyRadiomics(string log)
    {
        RadiomicsParameters parameters = ParameterFile.Parse($"imageType:\n  Original:\n  {log}\n", "test.yaml");
        Assert.Equal("image type LoG gives no image: its sigma is missing", Assert.Single(parameters.Remarks));
    }

    [Theory]
    [InlineData("glcm:", 24)]
    [InlineData("glcm: []", 24)]
    [InlineData("glcm: null", 24)]
    [InlineData("glcm: [Contrast, Idn]", 2)]
    [InlineData("glcm: [Contrast, Dissimilarity]", 1)]
    [InlineData("glcm: [Homogeneity1]", 0)]
    public void A_class_without_names_has_all_its_features_and_one_with_names_has_those(string entry, int features) =>
        Assert.Equal(features, FeatureDictionary.Of(ParameterFile.Parse($"featureClass:\n  {entry}\n", "test.yaml")).Count);

    [Theory]
    [InlineData("firstorder", "StandardDeviation")]
    [InlineData("glcm", "Dissimilarity")]
    [InlineData("glcm", "SumVariance")]
    [InlineData("glcm", "Homogeneity2")]
    [InlineData("gldm", "DependencePercentage")]
    [InlineData("shape", "Compactness1")]
    [InlineData("shape", "Volume")]
    [InlineData("shape2D", "SphericalDisproportion")]
    public void A_deprecated_feature_is_left_out_with_a_remark(string featureClass, string feature)
    {
        RadiomicsParameters parameters = ParameterFile.Parse($"featureClass:\n  {featureClass}: [{feature}]\n", "test.yaml");
        Assert.StartsWith($"{featureClass}_{feature} is deprecated in PyRadiomics and not computed: see ", Assert.Single(parameters.Remarks),
            StringComparison.Ordinal);
        Assert.Empty(FeatureDictionary.Of(parameters));
    }

    [Fact]
    public void Settings_for_maps_of_voxels_are_passed_over_with_a_remark() =>
        Assert.Equal("voxelSetting is ignored: features of regions are computed, not maps",
            Assert.Single(ParameterFile.Parse("voxelSetting: {kernelRadius: 2}", "test.yaml").Remarks));

    [Fact]
    public void A_profile_given_beside_the_file_wins()
    {
        Assert.Equal(RadiomicsProfile.Ibsi, ParameterFile.Parse("profile: pyradiomics", "test.yaml", RadiomicsProfile.Ibsi).Profile);
        Assert.Equal(RadiomicsProfile.PyRadiomics, ParameterFile.Parse("profile: ibsi", "test.yaml", RadiomicsProfile.PyRadiomics).Profile);
    }

    [Fact]
    public void The_ibsi_keys_land()
    {
        RadiomicsParameters parameters = ParameterFile.Parse("""
            profile: ibsi
            setting: {binWidth: 25, resegmentRange: [-500]}
            ibsi:
              aggregation: [2_5D_comb, 3D_avg]
              resegmentOutliers: 3
              roundIntensity: false
              maskInterpolator: nearest
              binOrigin: -500
              ivh: {binCount: 1000}
              unfiltered: false
              filters:
                - {name: LoG, dimension: 3, sigma: 1.5}
                - {name: mean, dimension: 2, size: 5, boundary: zero}
                - {name: Laws, dimension: 3, kernels: L5E5E5, energyDistance: 7, rotations: max}
                - {name: Gabor, dimension: 2, sigma: 5, lambda: 2, gamma: 1.5, thetaStep: 22.5}
                - {name: wavelet, dimension: 3, family: db3, map: LLH, rotations: mean}
                - {name: Simoncelli, dimension: 3, level: 2}
            """, "test.yaml");
        Assert.Equal([Aggregation.PlaneMerged, Aggregation.VolumeAverage], parameters.Ibsi.Aggregations);
        Assert.Equal((3, false, false, -500, 1000), (parameters.Ibsi.ResegmentOutliers, parameters.Ibsi.RoundIntensity, parameters.Ibsi.LinearMask,
            parameters.Ibsi.BinOrigin, parameters.Ibsi.Ivh.BinCount));
        Assert.False(parameters.Unfiltered);
        Assert.Equal(6, parameters.Filters.Select(filter => filter.Name).Distinct().Count());
        Assert.Equal("log_3D_s1.5", parameters.Filters[0].Name);
    }

    [Fact]
    public void A_tag_without_aggregation_asks_for_all_that_are_computed() =>
        Assert.Equal(["cm_contrast_2D_avg", "cm_contrast_3D_comb"], FeatureDictionary.Of(ParameterFile.Parse(
            "profile: ibsi\nibsi: {aggregation: [2D_avg, 3D_comb]}\nfeatureClass: {glcm: [cm_contrast]}", "test.yaml")).Select(feature => feature.Name));

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Equal("no parameter file /nowhere/p.yaml", Assert.Throws<RadiomicsException>(() => ParameterFile.Read("/nowhere/p.yaml")).Message);

    [Fact]
    public void A_huge_file_is_refused_before_it_is_read()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            using (FileStream file = File.Create(path)) file.SetLength(20L << 30);
            Assert.Equal($"{path} has 21474836480 bytes; a parameter file has at most 1048576",
                Assert.Throws<RadiomicsException>(() => ParameterFile.Read(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Written out, the last line has 9^30 values.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("featureClass: {glcm: *a30}")]
    [InlineData("setting: {distances: *a30}")]
    [InlineData("setting: {binWidth: *a30}")]
    [InlineData("imageType: *a30")]
    public void Aliases_that_multiply_end_quickly(string use)
    {
        string bomb = "voxelSetting:\n  x0: &a0 [z, z, z, z, z, z, z, z, z]\n" +
            string.Concat(Enumerable.Range(1, 30).Select(i => $"  x{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        var watch = Stopwatch.StartNew();
        if (use.Length > 0) Assert.Throws<RadiomicsException>(() => ParameterFile.Parse(bomb + use, "test.yaml"));
        else Assert.Single(ParameterFile.Parse(bomb, "test.yaml").Remarks);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }
}
