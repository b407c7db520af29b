using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>Ways of writing that occur in parameter files published for PyRadiomics: each is read as there, or refused with its reason.</summary>
public sealed class PublishedParameterFileTests
{
    [Fact]
    public void Keys_without_a_value_mean_none_and_classes_without_one_mean_all_features()
    {
        RadiomicsParameters parameters = Parse("""
            setting:
              interpolator: 'sitkBSpline' # a comment
              resampledPixelSpacing: # none
              weightingNorm:
            imageType:
              Original: {}
            featureClass:
              shape:
              firstorder: []
              glcm:
                - 'Idm'
                - Contrast
            """);
        Assert.Null(parameters.Settings.ResampledPixelSpacing);
        Assert.Null(parameters.Settings.WeightingNorm);
        Assert.Null(parameters.FeatureClasses["shape"]);
        Assert.Null(parameters.FeatureClasses["firstorder"]);
        Assert.Equal(["Contrast", "Idm"], parameters.FeatureClasses["glcm"]!.Order());
        Assert.IsType<ImageType.Original>(Assert.Single(parameters.ImageTypes).Type);
        Assert.Empty(parameters.Remarks);
    }

    [Fact]
    public void A_file_without_image_types_measures_the_original_image_and_deprecated_features_get_a_remark_each()
    {
        RadiomicsParameters parameters = Parse("""
            featureClass:
              shape:
                - MeshVolume
                - Compactness1
                - SphericalDisproportion
            """);
        Assert.IsType<ImageType.Original>(Assert.Single(parameters.ImageTypes).Type);
        Assert.Equal(["MeshVolume"], parameters.FeatureClasses["shape"]!);
        Assert.Collection(parameters.Remarks, one => Assert.StartsWith("shape_Compactness1 is deprecated", one, StringComparison.Ordinal),
            one => Assert.StartsWith("shape_SphericalDisproportion is deprecated", one, StringComparison.Ordinal));
    }

    [Fact]
    public void Planar_files_of_one_slice_with_in_plane_resampling_are_read()
    {
        RadiomicsParameters parameters = Parse("""
            imageType:
              LoG:
                sigma: [2.0, 3]
              Wavelet: {binWidth: 10}
            featureClass:
              shape2D:
            setting:
              normalize: true
              normalizeScale: 100
              resampledPixelSpacing: [2, 2, 0]
              preCrop: true
              force2D: true
              force2Ddimension: 0
            """);
        Assert.Equal([2, 2, 0], parameters.Settings.ResampledPixelSpacing!);
        Assert.Equal(["2.0", "3"], parameters.ImageTypes[0].Settings.Sigma.Select(sigma => sigma.Written));
        Assert.Equal(0, Assert.IsType<ImageType.Wavelet>(parameters.ImageTypes[1].Type).Force2DDimension);
        Assert.Equal(10, parameters.ImageTypes[1].Settings.BinWidth);
        Assert.Equal(25, parameters.Settings.BinWidth);
    }

    [Fact]
    public void Voxel_settings_are_passed_over_with_a_remark() =>
        Assert.StartsWith("voxelSetting is ignored", Assert.Single(Parse("voxelSetting:\n  kernelRadius: 2\n  initValue: nan\n").Remarks), StringComparison.Ordinal);

    [Theory]
    [InlineData("inputImage:\n  Original: {}\n", "line 2: unknown key inputImage")] // before PyRadiomics 2
    [InlineData("setting:\n  force2DDimension: 0\n", "line 2: unknown setting force2DDimension")] // a misspelling that went round
    [InlineData("featureClass:\n  shape: [MajorAxis]\n", "shape has no feature MajorAxis")] // before PyRadiomics 2
    [InlineData("featureClass:\n  shape:\n  glcm:\n  shape:\n", "Duplicate key")]
    [InlineData("imageType:\n  LBP3D: {}\n", "LBP3D is not supported: leave it out, or use LBP2D")]
    [InlineData("imageType:\n  Wavelet: {wavelet: dmey}\n", "wavelet 'dmey' is not supported")]
    [InlineData("setting:\n  interpolator: sitkLanczosWindowedSinc\n", "sitkLanczosWindowedSinc is not supported")]
    [InlineData("setting:\n  label_channel: 1\n", "masks of several channels are not read")]
    public void What_is_not_read_is_refused_with_its_reason(string text, string reason)
    {
        string message = Assert.Throws<RadiomicsException>(() => Parse(text)).Message;
        Assert.StartsWith("params.yaml", message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
    }

    private static RadiomicsParameters Parse(string text) => ParameterFile.Parse(text, "params.yaml");
}
