using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Parameters;

/// <summary>Every setting of PyRadiomics' own schema (radiomics/schemas/paramSchema.yaml): what is written, where it lands, and as what.</summary>
public sealed class SettingKeysTests
{
    private static readonly (string Key, string Written, Func<RadiomicsSettings, object?> Read, object? Expected)[] Keys =
    [
        ("minimumROIDimensions", "3", s => s.MinimumROIDimensions, 3),
        ("minimumROISize", "64", s => s.MinimumROISize, 64),
        ("geometryTolerance", "1e-4", s => s.GeometryTolerance, 1e-4),
        ("correctMask", "true", s => s.CorrectMask, true),
        ("additionalInfo", "False", s => s.AdditionalInfo, false),
        ("label", "7", s => s.Label, 7),
        ("binWidth", "2.5", s => s.BinWidth, 2.5),
        ("binCount", "32", s => s.BinCount, 32),
        ("normalize", "yes", s => s.Normalize, true),
        ("normalizeScale", "100", s => s.NormalizeScale, 100.0),
        ("removeOutliers", "3", s => s.RemoveOutliers, 3.0),
        ("resampledPixelSpacing", "[1, 2.5, 0]", s => s.ResampledPixelSpacing, new[] { 1, 2.5, 0 }),
        ("interpolator", "sitkLinear", s => s.Interpolator, Interpolator.Linear),
        ("padDistance", "10", s => s.PadDistance, 10),
        ("distances", "[1, 3]", s => s.Distances, new[] { 1, 3 }),
        ("force2D", "on", s => s.Force2D, true),
        ("force2Ddimension", "2", s => s.Force2Ddimension, 2),
        ("resegmentRange", "[-50, 150]", s => s.ResegmentRange, new[] { -50.0, 150 }),
        ("resegmentMode", "sigma", s => s.ResegmentMode, ResegmentMode.Sigma),
        ("resegmentShape", "true", s => s.ResegmentShape, true),
        ("preCrop", "TRUE", s => s.PreCrop, true),
        ("sigma", "[1, 2.0]", s => s.Sigma, new[] { LogSigma.Parse("1"), LogSigma.Of(2) }),
        ("start_level", "1", s => s.StartLevel, 1),
        ("level", "2", s => s.Level, 2),
        ("wavelet", "db3", s => s.Wavelet, "db3"),
        ("gradientUseSpacing", "no", s => s.GradientUseSpacing, false),
        ("lbp2DRadius", "1.5", s => s.Lbp2DRadius, 1.5),
        ("lbp2DSamples", "9", s => s.Lbp2DSamples, 9),
        ("lbp2DMethod", "ror", s => s.Lbp2DMethod, "ror"),
        ("voxelArrayShift", "1000", s => s.VoxelArrayShift, 1000.0),
        ("symmetricalGLCM", "off", s => s.SymmetricalGlcm, false),
        ("weightingNorm", "euclidean", s => s.WeightingNorm, WeightingNorm.Euclidean),
        ("gldm_a", "1", s => s.GldmA, 1),
        // These four change nothing: masks have one channel, and LBP3D is refused as an image type.
        ("label_channel", "0", s => s.Label, 1),
        ("lbp3DLevels", "2", s => s.Level, 1),
        ("lbp3DIcosphereRadius", "1", s => s.Lbp2DRadius, 1.0),
        ("lbp3DIcosphereSubdivision", "1", s => s.Level, 1),
    ];

    [Fact]
    public void Every_one_of_PyRadiomics_37_settings_is_read()
    {
        Assert.Equal(37, Keys.Select(key => key.Key).Distinct().Count());
        foreach ((string key, string written, Func<RadiomicsSettings, object?> read, object? expected) in Keys)
        {
            Assert.Equal(expected, read(ParameterFile.Parse($"setting:\n  {key}: {written}\n", "test.yaml").Settings));
            // But for the four, the default is something else.
            if (!key.StartsWith("lbp3D", StringComparison.Ordinal) && key != "label_channel") Assert.NotEqual(expected, read(new RadiomicsSettings()));
        }
    }

    [Theory]
    [InlineData("minimumROISize")]
    [InlineData("geometryTolerance")]
    [InlineData("binCount")]
    [InlineData("removeOutliers")]
    [InlineData("resampledPixelSpacing")]
    [InlineData("interpolator")]
    [InlineData("resegmentRange")]
    [InlineData("weightingNorm")]
    public void A_setting_that_can_be_left_open_may_be_null(string key)
    {
        Func<RadiomicsSettings, object?> read = Keys.Single(one => one.Key == key).Read;
        foreach (string none in new[] { "", "null", "~" }) Assert.Null(read(ParameterFile.Parse($"setting:\n  {key}: {none}\n", "test.yaml").Settings));
    }

    [Theory]
    [InlineData("minimumROIDimensions", "4")]
    [InlineData("minimumROISize", "0")]
    [InlineData("geometryTolerance", "-1")]
    [InlineData("correctMask", "perhaps")]
    [InlineData("label", "0")]
    [InlineData("label", "1.5")]
    [InlineData("label_channel", "1")]
    [InlineData("binWidth", "0")]
    [InlineData("binWidth", ".nan")]
    [InlineData("binWidth", "wide")]
    [InlineData("binWidth", "[25]")]
    [InlineData("binCount", "-3")]
    [InlineData("normalizeScale", "0")]
    [InlineData("removeOutliers", "0")]
    [InlineData("resampledPixelSpacing", "[1, 1]")]
    [InlineData("resampledPixelSpacing", "[1, 1, -1]")]
    [InlineData("resampledPixelSpacing", "1")]
    [InlineData("interpolator", "sitkGaussian")]
    [InlineData("padDistance", "-1")]
    [InlineData("distances", "[0]")]
    [InlineData("distances", "[]")]
    [InlineData("distances", "[1, 1]")]
    [InlineData("force2D", "2")]
    [InlineData("force2Ddimension", "3")]
    [InlineData("resegmentRange", "[1, 2, 3]")]
    [InlineData("resegmentMode", "percent")]
    [InlineData("sigma", "[one]")]
    [InlineData("start_level", "-1")]
    [InlineData("level", "0")]
    [InlineData("lbp2DRadius", "0")]
    [InlineData("lbp2DSamples", "0")]
    [InlineData("lbp2DMethod", "best")]
    [InlineData("lbp3DLevels", "0")]
    [InlineData("lbp3DIcosphereRadius", "0")]
    [InlineData("lbp3DIcosphereSubdivision", "-1")]
    [InlineData("voxelArrayShift", ".inf")]
    [InlineData("weightingNorm", "chebyshev")]
    [InlineData("gldm_a", "-1")]
    public void A_value_out_of_range_is_refused_with_file_line_and_key(string key, string written)
    {
        string message = Assert.Throws<RadiomicsException>(() => ParameterFile.Parse($"# a line before\nsetting:\n  {key}: {written}\n", "test.yaml")).Message;
        Assert.StartsWith("test.yaml, line 3: ", message, StringComparison.Ordinal);
        string named = key switch { "binWidth" when written == "0" => "bin width", "binCount" => "bin count", "sigma" => "LoG sigma", _ => key };
        Assert.Contains(named, message, StringComparison.Ordinal);
    }
}
