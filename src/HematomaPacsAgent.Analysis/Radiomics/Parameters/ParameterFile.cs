using System.Security.Cryptography;
using System.Text;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>
/// Reads a parameter file: PyRadiomics' YAML as it is (imageType, featureClass, setting, voxelSetting), and two keys of ours beside it, profile
/// and ibsi. Without them the profile is <c>pyradiomics</c>, so a published file means here what it means there. Unknown keys are errors.
/// </summary>
public static class ParameterFile
{
    private const long MaxBytes = 1 << 20;

    /// <summary>Levels of lists and mappings; a parameter file has five. The parser calls itself for each, so a thousand brackets end the program.</summary>
    private const int MostLevels = 32;

    private static readonly string[] Sections = ["imageType", "featureClass", "setting", "voxelSetting", "profile", "ibsi"];

    private static readonly Dictionary<string, RadiomicsProfile> Profiles =
        new() { ["pyradiomics"] = RadiomicsProfile.PyRadiomics, ["ibsi"] = RadiomicsProfile.Ibsi };

    /// <summary>Features that PyRadiomics names but no longer computes, and what holds the same.</summary>
    private static readonly Dictionary<string, string> Deprecated = new()
    {
        ["firstorder_StandardDeviation"] = "the square root of firstorder_Variance", ["glcm_Dissimilarity"] = "glcm_DifferenceAverage",
        ["glcm_Homogeneity1"] = "glcm_Id", ["glcm_Homogeneity2"] = "glcm_Idm", ["glcm_SumVariance"] = "glcm_ClusterTendency",
        ["gldm_GrayLevelNonUniformityNormalized"] = "firstorder_Uniformity", ["gldm_DependencePercentage"] = "always 1",
        ["shape_Compactness1"] = "shape_Sphericity", ["shape_Compactness2"] = "shape_Sphericity", ["shape_SphericalDisproportion"] = "1 / shape_Sphericity",
        ["shape_Volume"] = "shape_MeshVolume", ["shape2D_SphericalDisproportion"] = "1 / shape2D_Sphericity",
    };

    /// <param name="path">The file.</param>
    /// <param name="profile">Wins over the file's own key when given.</param>
    /// <exception cref="RadiomicsException">The file is no such file; the message names file, line, key and what would do.</exception>
    public static RadiomicsParameters Read(string path, RadiomicsProfile? profile = null)
    {
        FileInfo file = new(path);
        if (!file.Exists) throw new RadiomicsException($"no parameter file {path}");
        if (file.Length > MaxBytes) throw new RadiomicsException($"{path} has {file.Length} bytes; a parameter file has at most {MaxBytes}");
        return Parse(File.ReadAllText(path), path, profile);
    }

    /// <param name="text">The file's text.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="profile">Wins over the text's own key when given.</param>
    /// <exception cref="RadiomicsException">See <see cref="Read"/>.</exception>
    public static RadiomicsParameters Parse(string text, string name, RadiomicsProfile? profile = null)
    {
        // The parser takes a NUL for the end, and would leave out what follows without a word.
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new RadiomicsException($"{name} holds a NUL byte, as binary files and UTF-16 do: save it as text in UTF-8");
        YamlStream stream = [];
        try
        {
            CheckShape(text, name);
            stream.Load(new StringReader(text));
        }
        catch (Exception broken) when (broken is YamlException or ArgumentException)
        {
            string place = broken is YamlException { Start.Line: > 0 } yaml ? $", line {yaml.Start.Line}" : "";
            throw new RadiomicsException($"{name}{place}: not YAML: {broken.Message}", broken);
        }

        if (stream.Documents.Count == 0) return new RadiomicsParameters { Profile = profile ?? RadiomicsProfile.PyRadiomics };
        if (stream.Documents.Count > 1)
            throw new RadiomicsException($"{name}, line {stream.Documents[1].RootNode.Start.Line}: a second document begins (---): a parameter file has one");
        var sections = new YamlValue(name, "the file", stream.Documents[0].RootNode).Entries.ToDictionary(section => section.Key);
        foreach (YamlValue section in sections.Values)
            if (!Sections.Contains(section.Key)) throw section.Unknown("key", Sections);

        RadiomicsProfile chosen = profile ?? (sections.TryGetValue("profile", out YamlValue? named) ? named.OneOf(Profiles) : RadiomicsProfile.PyRadiomics);
        RadiomicsSettings settings = SettingKeys.Apply(new RadiomicsSettings(), Entries("setting"), chosen);
        List<string> remarks = sections.ContainsKey("voxelSetting") ? ["voxelSetting is ignored: features of regions are computed, not maps"] : [];
        RadiomicsParameters parameters = new() { Profile = chosen, Settings = settings };
        if (chosen == RadiomicsProfile.Ibsi)
        {
            if (sections.TryGetValue("imageType", out YamlValue? types)) throw types.Bad("left out in the profile ibsi: use ibsi: filters");
            if (sections.TryGetValue("ibsi", out YamlValue? own)) parameters = IbsiKeys.Apply(parameters, own);
        }
        else
        {
            if (sections.TryGetValue("ibsi", out YamlValue? ibsi)) throw ibsi.Bad("left out without profile: ibsi");
            parameters = parameters with { ImageTypes = ImageTypeKeys.Read(Entries("imageType"), settings, remarks) };
        }

        parameters = parameters with { FeatureClasses = ReadFeatureClasses(Entries("featureClass"), parameters, remarks) };
        return parameters with { Remarks = remarks, Sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) };

        IReadOnlyList<YamlValue> Entries(string section) => sections.TryGetValue(section, out YamlValue? found) ? found.Entries : [];
    }

    /// <summary>
    /// Refuses, event by event, what a tree must not be built of: nesting that exhausts the stack, and keys that are no plain words, as an alias in a
    /// key can stand for more values than there is time to hash.
    /// </summary>
    private static void CheckShape(string text, string name)
    {
        Parser parser = new(new StringReader(text));
        // Of each open mapping the keys and values so far; -1 for a list.
        Stack<int> open = [];
        while (parser.MoveNext())
        {
            ParsingEvent at = parser.Current!;
            if (at is MappingEnd or SequenceEnd) open.Pop();
            if (at is not (Scalar or AnchorAlias or MappingStart or SequenceStart)) continue;
            string place = $"{name}, line {at.Start.Line}";
            if (open.TryPop(out int entries))
            {
                if (entries >= 0 && entries % 2 == 0 && at is not Scalar) throw new RadiomicsException($"{place}: keys must be plain words");
                open.Push(entries < 0 ? entries : entries + 1);
            }

            if (at is MappingStart or SequenceStart) open.Push(at is MappingStart ? 0 : -1);
            if (open.Count > MostLevels)
                throw new RadiomicsException($"{place}: lists and mappings {open.Count} levels deep; a parameter file has at most {MostLevels}");
        }
    }

    private static Dictionary<string, IReadOnlySet<string>?> ReadFeatureClasses(IReadOnlyList<YamlValue> entries, RadiomicsParameters parameters,
        List<string> remarks)
    {
        IReadOnlyList<FeatureClass> known = parameters.Profile == RadiomicsProfile.Ibsi ? FeatureClasses.Ibsi(parameters.Ibsi) : FeatureClasses.PyRadiomics;
        Dictionary<string, IReadOnlySet<string>?> classes = [];
        foreach (YamlValue entry in entries)
        {
            FeatureClass[] named = [.. known.Where(one => one.Name == entry.Key)];
            if (named.Length == 0) throw entry.Unknown("feature class", known.Select(one => one.Name).Distinct());
            string[] wanted = entry.IsNull ? [] : [.. entry.List.Select(item => item.Text)];
            foreach (string feature in wanted.Where(feature => Deprecated.ContainsKey($"{entry.Key}_{feature}")))
                remarks.Add($"{entry.Key}_{feature} is deprecated in PyRadiomics and not computed: see {Deprecated[$"{entry.Key}_{feature}"]}");
            HashSet<string> names = [.. wanted.Where(feature => !Deprecated.ContainsKey($"{entry.Key}_{feature}"))];
            RadiomicsFeature[] features = [.. named.SelectMany(family => family.Features)];
            foreach (string name in names)
            {
                // Asked as it will be when columns are made, so that a name passes here if and only if it gives a column.
                RadiomicsParameters single = parameters with
                {
                    FeatureClasses = new Dictionary<string, IReadOnlySet<string>?> { [entry.Key] = new HashSet<string> { name } },
                };
                if (!features.Any(single.Wants))
                    throw entry.Lacks(name, features.Select(feature => feature.Name));
            }

            classes[entry.Key] = wanted.Length > 0 ? names : null;
        }

        return classes;
    }
}
