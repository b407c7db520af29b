using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>PyRadiomics' setting keys (radiomics/schemas/paramSchema.yaml, 3.1) and what each does to the settings.</summary>
internal static class SettingKeys
{
    private static readonly Dictionary<string, WeightingNorm> Norms = new()
    {
        ["manhattan"] = WeightingNorm.Manhattan, ["euclidean"] = WeightingNorm.Euclidean, ["infinity"] = WeightingNorm.Infinity,
        ["no_weighting"] = WeightingNorm.NoWeighting,
    };

    private static readonly Dictionary<string, ResegmentMode> Modes = new()
    {
        ["absolute"] = ResegmentMode.Absolute, ["relative"] = ResegmentMode.Relative, ["sigma"] = ResegmentMode.Sigma,
    };

    private static readonly Dictionary<string, Func<RadiomicsSettings, YamlValue, RadiomicsSettings>> Keys = new()
    {
        ["minimumROIDimensions"] = (s, v) => s with { MinimumROIDimensions = v.Int },
        ["minimumROISize"] = (s, v) => s with { MinimumROISize = v.IsNull ? null : v.Int },
        ["geometryTolerance"] = (s, v) => s with { GeometryTolerance = v.IsNull ? null : v.Number },
        ["correctMask"] = (s, v) => s with { CorrectMask = v.Bool },
        ["additionalInfo"] = (s, v) => s with { AdditionalInfo = v.Bool },
        ["label"] = (s, v) => s with { Label = v.Int },
        ["label_channel"] = (s, v) => v.Int == 0 ? s : throw v.Bad("0: masks of several channels are not read"),
        ["binWidth"] = (s, v) => s with { BinWidth = v.Number },
        ["binCount"] = (s, v) => s with { BinCount = v.IsNull ? null : v.Int },
        ["normalize"] = (s, v) => s with { Normalize = v.Bool },
        ["normalizeScale"] = (s, v) => s with { NormalizeScale = v.Number },
        ["removeOutliers"] = (s, v) => s with { RemoveOutliers = v.IsNull ? null : v.Number },
        ["resampledPixelSpacing"] = (s, v) => s with { ResampledPixelSpacing = v.IsNull ? null : v.Numbers },
        ["interpolator"] = (s, v) => s with { Interpolator = v.IsNull ? null : InterpolatorNames.Parse(v.Text) },
        ["padDistance"] = (s, v) => s with { PadDistance = v.Int },
        ["distances"] = (s, v) => s with { Distances = v.Ints },
        ["force2D"] = (s, v) => s with { Force2D = v.Bool },
        ["force2Ddimension"] = (s, v) => s with { Force2Ddimension = v.Int },
        // PyRadiomics sorts the bounds.
        ["resegmentRange"] = (s, v) => s with { ResegmentRange = v.IsNull ? null : [.. v.Numbers.Order()] },
        ["resegmentMode"] = (s, v) => s with { ResegmentMode = v.OneOf(Modes) },
        ["resegmentShape"] = (s, v) => s with { ResegmentShape = v.Bool },
        ["preCrop"] = (s, v) => s with { PreCrop = v.Bool },
        // The same image twice has the same name; PyRadiomics keeps one.
        ["sigma"] = (s, v) => s with { Sigma = [.. v.List.Select(item => LogSigma.Parse(item.Text)).DistinctBy(sigma => sigma.Written)] },
        ["start_level"] = (s, v) => s with { StartLevel = v.Int },
        ["level"] = (s, v) => s with { Level = v.Int },
        ["wavelet"] = (s, v) => s with { Wavelet = v.Text },
        ["gradientUseSpacing"] = (s, v) => s with { GradientUseSpacing = v.Bool },
        ["lbp2DRadius"] = (s, v) => s with { Lbp2DRadius = v.Number },
        ["lbp2DSamples"] = (s, v) => s with { Lbp2DSamples = v.Int },
        ["lbp2DMethod"] = (s, v) => s with { Lbp2DMethod = v.Text },
        // LBP3D itself is refused as an image type; its settings alone do nothing in PyRadiomics either.
        ["lbp3DLevels"] = (s, v) => v.Int >= 1 ? s : throw v.Bad("1 or more"),
        ["lbp3DIcosphereRadius"] = (s, v) => v.Number > 0 ? s : throw v.Bad("above 0"),
        ["lbp3DIcosphereSubdivision"] = (s, v) => v.Int >= 0 ? s : throw v.Bad("0 or more"),
        ["voxelArrayShift"] = (s, v) => s with { VoxelArrayShift = v.Number },
        ["symmetricalGLCM"] = (s, v) => s with { SymmetricalGlcm = v.Bool },
        ["weightingNorm"] = (s, v) => s with { WeightingNorm = v.IsNull ? null : v.OneOf(Norms) },
        ["gldm_a"] = (s, v) => s with { GldmA = v.Int },
    };

    /// <summary>What the IBSI profile has no meaning for, and what to write instead.</summary>
    private static readonly Dictionary<string, string> NotIbsi = new()
    {
        ["normalize"] = "IBSI has no normalisation", ["normalizeScale"] = "IBSI has no normalisation", ["removeOutliers"] = "use ibsi: resegmentOutliers",
        ["padDistance"] = "IBSI resamples the whole image", ["preCrop"] = "IBSI filters the whole image",
        ["force2D"] = "use ibsi: aggregation: [2D_avg, …]", ["force2Ddimension"] = "IBSI's planes are axial",
        ["resegmentMode"] = "IBSI ranges are absolute; use ibsi: resegmentOutliers for deviations",
        ["resegmentShape"] = "IBSI keeps the morphological mask", ["voxelArrayShift"] = "IBSI shifts nothing",
        ["symmetricalGLCM"] = "IBSI's matrices are symmetric", ["weightingNorm"] = "use ibsi: aggregation",
        ["sigma"] = "use ibsi: filters", ["start_level"] = "use ibsi: filters", ["level"] = "use ibsi: filters", ["wavelet"] = "use ibsi: filters",
        ["gradientUseSpacing"] = "IBSI has no gradient filter", ["lbp2DRadius"] = "IBSI has no LBP", ["lbp2DSamples"] = "IBSI has no LBP",
        ["lbp2DMethod"] = "IBSI has no LBP",
    };

    public static RadiomicsSettings Apply(RadiomicsSettings settings, IEnumerable<YamlValue> entries, RadiomicsProfile profile)
    {
        foreach (YamlValue entry in entries)
        {
            if (!Keys.TryGetValue(entry.Key, out var apply)) throw entry.Unknown("setting", Keys.Keys);
            if (profile == RadiomicsProfile.Ibsi && NotIbsi.TryGetValue(entry.Key, out string? instead))
                throw entry.Bad($"left out in the profile ibsi: {instead}");
            settings = entry.At(() => apply(settings, entry));
        }

        return settings;
    }
}
