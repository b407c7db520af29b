using System.Text.RegularExpressions;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed partial class FeatureDictionaryTests
{
    private static readonly RadiomicsParameters AllOfIbsi = new()
    {
        Profile = RadiomicsProfile.Ibsi,
        Ibsi = new IbsiSettings { Aggregations = Enum.GetValues<Aggregation>() },
    };

    [Fact]
    public void The_original_image_has_PyRadiomics_107_features()
    {
        IReadOnlyList<RadiomicsFeature> features = FeatureDictionary.Of(new RadiomicsParameters());
        Assert.Equal(107, features.Select(feature => $"{feature.FeatureClass}_{feature.Name}").Distinct().Count());
        Assert.Equal([("shape", 14), ("firstorder", 18), ("glcm", 24), ("glrlm", 16), ("glszm", 16), ("gldm", 14), ("ngtdm", 5)],
            features.CountBy(feature => feature.FeatureClass).Select(one => (one.Key, one.Value)));
    }

    [Fact]
    public void Shape_in_2D_comes_only_when_it_is_asked_for()
    {
        Assert.DoesNotContain(FeatureDictionary.Of(new RadiomicsParameters()), feature => feature.FeatureClass == "shape2D");
        Assert.Equal(9, FeatureDictionary.Of(ParameterFile.Parse("featureClass: {shape2D: }", "test.yaml")).Count);
    }

    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void A_result_has_the_columns_of_the_dictionary_in_its_order(RadiomicsProfile profile)
    {
        RadiomicsParameters parameters = profile == RadiomicsProfile.Ibsi ? AllOfIbsi : new RadiomicsParameters();
        IEnumerable<string> names = FeatureDictionary.Of(parameters)
            .Select(feature => profile == RadiomicsProfile.Ibsi ? feature.Name : $"original_{feature.FeatureClass}_{feature.Name}");
        Assert.Equal(names, Regions.Measure(Regions.Ball(3, 1), parameters).Values.Keys);
    }

    [Fact]
    public void Every_feature_of_IBSI_has_its_code_a_unit_and_a_name_of_its_own()
    {
        IReadOnlyList<RadiomicsFeature> features = FeatureDictionary.Of(AllOfIbsi);
        Assert.Equal(487, features.Select(feature => feature.Name).Distinct().Count());
        Assert.All(features, feature => Assert.Matches(Code(), feature.IbsiCode));
        Assert.All(features, feature => Assert.NotEmpty(feature.Unit));
        // One code, one tag: but the fractions and intensities at 10 % and 90 % share theirs, as in IBSI.
        var shared = features.Select(feature => (feature.IbsiCode, Tag: Aggregated().Replace(feature.Name, ""))).Distinct()
            .GroupBy(feature => feature.IbsiCode).Where(group => group.Count() > 1).Select(group => group.Key);
        Assert.Equal(["BC2M", "GBPN"], shared.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_column_of_a_result_is_described()
    {
        foreach (RadiomicsFeature feature in FeatureDictionary.Of(AllOfIbsi)) Assert.Equal(feature, FeatureDictionary.Describe(feature.Name));
        RadiomicsParameters all = ParameterFile.Parse(
            "imageType: {Original: , LoG: {sigma: [1, 2.5]}, Wavelet: {level: 2}, Square: , SquareRoot: , Logarithm: , Exponential: , Gradient: , LBP2D: }",
            "test.yaml");
        IReadOnlyDictionary<string, double> values = Regions.Measure(Regions.Noise(7, 60, 12, 11, 6, 0.45, 0.45, 5), all).Values;
        Assert.Equal(107 + 93 * (2 + 15 + 6), values.Count);
        Assert.All(values.Keys, column => Assert.EndsWith("_" + FeatureDictionary.Describe(column)!.Name, column, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("wavelet-LLH_glcm_Idn", "Idn", "glcm", "NDRX")]
    [InlineData("wavelet2-HL_glcm_Idn", "Idn", "glcm", "NDRX")]
    [InlineData("log-sigma-2-5-mm-3D_firstorder_Mean", "Mean", "firstorder", "Q4LE")]
    [InlineData("original_glcm_MCC", "MCC", "glcm", null)]
    [InlineData("original_shape_Sphericity", "Sphericity", "shape", "QCFX")]
    [InlineData("cm_energy_3D_avg", "cm_energy_3D_avg", "glcm", "8ZQL")]
    [InlineData("szm_sze_2_5D", "szm_sze_2_5D", "glszm", "5QRC")]
    public void A_column_is_described(string column, string name, string featureClass, string? code)
    {
        RadiomicsFeature? feature = FeatureDictionary.Describe(column);
        Assert.Equal((name, featureClass, code), (feature?.Name, feature?.FeatureClass, feature?.IbsiCode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("_")]
    [InlineData("Idn")]
    [InlineData("nonsense")]
    [InlineData("glcm_Idn")]
    [InlineData("blurred_glcm_Idn")]
    [InlineData("original_glcm_Nonsense")]
    [InlineData("original_firstorder_Idn")]
    [InlineData("wavelet-LLX_glcm_Idn")]
    [InlineData("wavelet-LLH_shape_Sphericity")]
    [InlineData("wavelet-LLH_shape2D_Sphericity")]
    [InlineData("diagnostics_Image-original_Mean")]
    [InlineData("cm_energy")]
    [InlineData("szm_sze_3D_avg")]
    public void What_is_no_column_is_not_described(string column) => Assert.Null(FeatureDictionary.Describe(column));

    [GeneratedRegex("^[0-9A-Z]{4}$")]
    private static partial Regex Code();

    [GeneratedRegex("_(2D|2_5D|3D)(_avg|_comb)?$")]
    private static partial Regex Aggregated();
}
