using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>Everything that steers one extraction; <see cref="ParameterFile"/> reads it.</summary>
public sealed record RadiomicsParameters
{
    /// <summary>One object: settings are found by their image type's reference.</summary>
    private static readonly ImageType Original = new ImageType.Original();

    public RadiomicsProfile Profile { get; init; }

    public RadiomicsSettings Settings { get; init; } = new();

    public IbsiSettings Ibsi { get; init; } = new();

    /// <summary>PyRadiomics profile: the image types, each with its settings (the common ones where it has none of its own).</summary>
    internal IReadOnlyList<(ImageType Type, RadiomicsSettings Settings)> ImageTypes
    {
        get => field ?? [(Original, Settings)];
        init;
    }

    /// <summary>IBSI profile: filters whose responses are measured after the image itself.</summary>
    internal IReadOnlyList<IbsiFilter> Filters { get; init; } = [];

    /// <summary>IBSI profile: whether the unfiltered image is measured.</summary>
    public bool Unfiltered { get; init; } = true;

    /// <summary>Feature class to the features wanted; null wants all of the class. Empty wants all classes (but <c>shape2D</c>, as PyRadiomics).</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>?> FeatureClasses { get; init; } = new Dictionary<string, IReadOnlySet<string>?>();

    /// <summary>Digest of the file's text, lower-case hex; empty without a file.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Whether anything beyond the region's own voxels is looked at.</summary>
    public bool NeedsWholeImage => Profile == RadiomicsProfile.Ibsi || Settings.Normalize || Settings.ResampledPixelSpacing is not null
        || Settings.PreCrop || Settings.AdditionalInfo || ImageTypes.Any(type => type.Type is not ImageType.Original);

    /// <summary>What the file asks for and does not get, in plain words.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>The feature classes of the profile that are wanted, in the order of their columns.</summary>
    internal IReadOnlyList<FeatureClass> WantedClasses
    {
        get
        {
            IReadOnlyList<FeatureClass> all = Profile == RadiomicsProfile.Ibsi ? Features.FeatureClasses.Ibsi(Ibsi) : Features.FeatureClasses.PyRadiomics;
            return FeatureClasses.Count > 0
                ? [.. all.Where(known => FeatureClasses.ContainsKey(known.Name))]
                : [.. all.Where(known => known.Name != "shape2D")];
        }
    }

    /// <summary>Whether a feature of a wanted class is wanted. IBSI tags match with and without their aggregation.</summary>
    internal bool Wants(RadiomicsFeature feature) =>
        !FeatureClasses.TryGetValue(feature.FeatureClass, out IReadOnlySet<string>? names) || names is null || names.Contains(feature.Name)
        || Profile == RadiomicsProfile.Ibsi && names.Any(name => Aggregations.Names.Any(a =>
            feature.Name == $"{name}_{a.Name}" || feature.Name == $"{name}_{a.Aggregation.Dimension()}"));
}
