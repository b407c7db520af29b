using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

/// <summary>IBSI's CT phantom: what the image and the region are after each step of the configurations A to E.</summary>
public sealed class IbsiPhantomPreprocessingTests
{
    [Theory]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("D")]
    [InlineData("E")]
    public void All_60_diagnostic_values_are_met_within_their_tolerance(string configuration)
    {
        var reference = File.ReadLines(SharedFiles.Data("radiomics/ibsi/ct_phantom_reference.csv")).Select(line => line.Split(','))
            .Where(cells => cells[0].StartsWith("Diagnostics-", StringComparison.Ordinal) && cells[6] == configuration).ToDictionary(cells => cells[10]);
        (ScalarImage image, bool[] mask) = ReferenceImages.IbsiPhantom();
        (PreparedRegion region, bool[] intensityMask) = Prepare(configuration, image, mask);

        Dictionary<string, double> values = [];
        Add("init_img", ImageDiagnostics.Of(image), values);
        Add("interp_img", ImageDiagnostics.Of(region.Image), values);
        Add("init_roi", image, mask, mask, values);
        Add("interp_roi", region.Image, region.Mask, region.Mask, values);
        Add("reseg_roi", region.Image, region.Mask, intensityMask, values);

        Assert.Equal(reference.Keys.Order(StringComparer.Ordinal), values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(60, values.Count);
        List<string> wrong = [];
        foreach ((string tag, string[] cells) in reference)
        {
            double value = double.Parse(cells[7], CultureInfo.InvariantCulture), tolerance = double.Parse(cells[8], CultureInfo.InvariantCulture);
            // Consensus values have three significant digits, but counts, sizes and HU are given in full.
            double found = value == Math.Round(value)
                ? Math.Round(values[tag])
                : double.Parse(values[tag].ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (!(Math.Abs(found - value) <= tolerance + 1e-9)) wrong.Add($"{tag}: {values[tag]:R}, IBSI {value} ± {tolerance}");
        }

        Assert.Empty(wrong);
    }

    /// <summary>MIRP's intensity statistics to full precision: they pin down grid, rounding and mask rule. MIRP computes in 32-bit floats; of
    /// configuration B's 27 359 voxels one has -128.5000069 HU, which a 32-bit float holds as -128.5, and that rounds to -128 HU, not -129.</summary>
    [Theory]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("E")]
    public void Intensity_statistics_after_preprocessing_agree_with_MIRP(string configuration)
    {
        var mirp = File.ReadLines(SharedFiles.Data($"radiomics/ibsi/mirp_values_config_{configuration}.csv")).Select(line => line.Split(','))
            .Where(cells => cells[0].StartsWith("stat_", StringComparison.Ordinal))
            .ToDictionary(cells => cells[0], cells => double.Parse(cells[1], CultureInfo.InvariantCulture));
        (ScalarImage image, bool[] mask) = ReferenceImages.IbsiPhantom();
        (PreparedRegion region, bool[] intensityMask) = Prepare(configuration, image, mask);
        if (configuration == "B")
        {
            const int odd = (26 * 99 + 31) * 100 + 42;
            Assert.Equal(-129, region.Image.Voxels[odd]);
            region.Image.Voxels[odd] = -128;
        }

        double[] sorted = [.. region.Image.Voxels.Where((_, i) => intensityMask[i]).Order()];
        FirstOrderMeasures measures = new(sorted, 1, 0, excess: 3);
        List<string> wrong = [];
        int compared = 0;
        foreach (Feature<FirstOrderMeasures> feature in FirstOrder.Features)
        {
            if (feature.Ibsi is null) continue;
            double value = feature.Value(measures), expected = mirp[feature.Ibsi];
            compared++;
            if (!(Math.Abs(value - expected) <= 1e-6 * Math.Abs(expected))) wrong.Add($"{feature.Ibsi}: {value:R}, MIRP {expected:R}");
        }

        Assert.Empty(wrong);
        Assert.Equal(18, compared);
    }

    private static (PreparedRegion Region, bool[] IntensityMask) Prepare(string configuration, ScalarImage image, bool[] mask)
    {
        IbsiResampling? resampling = configuration switch
        {
            "A" => null,
            "B" => new IbsiResampling(2, 2, 0) { Round = true },
            "E" => new IbsiResampling(2, 2, 2) { Round = true, Interpolator = Interpolator.CubicSpline },
            _ => new IbsiResampling(2, 2, 2) { Round = true },
        };
        double? low = configuration switch { "A" or "B" => -500, "D" => null, _ => -1000 };
        double? high = configuration == "D" ? null : 400;
        double? sigma = configuration is "D" or "E" ? 3 : null;
        PreparedRegion region = resampling?.Apply(image, mask, TestContext.Current.CancellationToken) ?? new PreparedRegion(image, mask);
        return (region, Resegmentation.Ibsi(region.Image, region.Mask, low, high, sigma));
    }

    private static void Add(string stage, ImageDiagnostics image, Dictionary<string, double> values)
    {
        (values[$"img_dim_x_{stage}"], values[$"img_dim_y_{stage}"], values[$"img_dim_z_{stage}"]) = (image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ);
        (values[$"vox_dim_x_{stage}"], values[$"vox_dim_y_{stage}"], values[$"vox_dim_z_{stage}"]) =
            (image.Grid.SpacingXMm, image.Grid.SpacingYMm, image.Grid.SpacingZMm);
        (values[$"mean_int_{stage}"], values[$"min_int_{stage}"], values[$"max_int_{stage}"]) = (image.Mean, image.Minimum, image.Maximum);
    }

    private static void Add(string stage, ScalarImage image, bool[] morphologicalMask, bool[] intensityMask, Dictionary<string, double> values)
    {
        RegionDiagnostics morphology = RegionDiagnostics.Of(image, morphologicalMask), intensity = RegionDiagnostics.Of(image, intensityMask);
        (values[$"int_mask_dim_x_{stage}"], values[$"int_mask_dim_y_{stage}"], values[$"int_mask_dim_z_{stage}"]) =
            (image.Grid.SizeX, image.Grid.SizeY, image.Grid.SizeZ);
        foreach ((string name, RegionDiagnostics one) in new[] { ("int", intensity), ("morph", morphology) })
        {
            Box box = one.BoundingBox;
            (values[$"{name}_mask_bb_dim_x_{stage}"], values[$"{name}_mask_bb_dim_y_{stage}"], values[$"{name}_mask_bb_dim_z_{stage}"]) =
                (box.SizeX, box.SizeY, box.SizeZ);
            values[$"{name}_mask_vox_count_{stage}"] = one.VoxelCount;
        }

        (values[$"int_mask_mean_int_{stage}"], values[$"int_mask_min_int_{stage}"], values[$"int_mask_max_int_{stage}"]) =
            (intensity.Mean, intensity.Minimum, intensity.Maximum);
    }
}
