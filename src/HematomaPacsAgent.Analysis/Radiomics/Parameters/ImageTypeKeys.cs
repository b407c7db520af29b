using HematomaPacsAgent.Analysis.Radiomics.Filters;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>PyRadiomics' image types by their names in the parameter file.</summary>
internal static class ImageTypeKeys
{
    private static readonly Dictionary<string, LbpMethod> LbpMethods = new()
    {
        ["default"] = LbpMethod.Default, ["ror"] = LbpMethod.Ror, ["uniform"] = LbpMethod.Uniform, ["var"] = LbpMethod.Var,
    };

    private static readonly Dictionary<string, Func<RadiomicsSettings, ImageType>> Keys = new()
    {
        ["Original"] = _ => new ImageType.Original(),
        ["LoG"] = s => new ImageType.LaplacianOfGaussian(s.Sigma),
        ["Wavelet"] = s => new ImageType.Wavelet
        {
            Family = s.Wavelet, Levels = s.Level, StartLevel = s.StartLevel, Force2DDimension = s.Force2D ? s.Force2Ddimension : null,
        },
        ["Square"] = _ => new ImageType.Square(),
        ["SquareRoot"] = _ => new ImageType.SquareRoot(),
        ["Logarithm"] = _ => new ImageType.Logarithm(),
        ["Exponential"] = _ => new ImageType.Exponential(),
        ["Gradient"] = s => new ImageType.Gradient { UseSpacing = s.GradientUseSpacing },
        ["LBP2D"] = s => new ImageType.LocalBinaryPattern2D
        {
            Radius = s.Lbp2DRadius, Samples = s.Lbp2DSamples, Method = LbpMethods[s.Lbp2DMethod], SliceDimension = s.Force2Ddimension,
        },
    };

    public static List<(ImageType, RadiomicsSettings)> Read(IReadOnlyList<YamlValue> entries, RadiomicsSettings common, List<string> remarks)
    {
        List<(ImageType, RadiomicsSettings)> types = [];
        foreach (YamlValue entry in entries)
        {
            if (entry.Key == "LBP3D") throw entry.Bad($"left out: {ImageTypes.Lbp3DNotSupported}");
            if (!Keys.TryGetValue(entry.Key, out var make)) throw entry.Unknown("image type", Keys.Keys);
            RadiomicsSettings settings = SettingKeys.Apply(common, entry.Entries, RadiomicsProfile.PyRadiomics);
            if (entry.Key == "LoG" && settings.Sigma.Count == 0) remarks.Add("image type LoG gives no image: its sigma is missing");
            types.Add((entry.At(() => make(settings)), settings));
        }

        return types.Count > 0 ? types : [(new ImageType.Original(), common)];
    }
}
