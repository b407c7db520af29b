namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Whose definitions count where the two differ.</summary>
public enum RadiomicsProfile
{
    /// <summary>PyRadiomics 3: definitions, names and defaults.</summary>
    Pyradiomics,

    /// <summary>Image Biomarker Standardisation Initiative, IBSI 1.</summary>
    Ibsi,
}

/// <summary>How features are computed.</summary>
/// <param name="Profile">Definitions.</param>
/// <param name="BinWidth">Width of a grey level, HU. A hematoma spans some 50 HU: 25, PyRadiomics' default, would leave two or three levels.</param>
public sealed record RadiomicsSettings(RadiomicsProfile Profile = RadiomicsProfile.Pyradiomics, double BinWidth = 5)
{
    /// <summary>Above this many grey levels matrices would not fit; a clear error comes first.</summary>
    public int MostGreyLevels { get; init; } = 4096;

    /// <summary>Below this many, texture says little; a warning says so.</summary>
    public int FewestGreyLevels { get; init; } = 16;
}

/// <summary>Features cannot be computed at all; the message says why.</summary>
public sealed class RadiomicsException(string message) : Exception(message);

/// <param name="Profile">Whose definitions were used.</param>
/// <param name="Values">Feature name to value, in a fixed order; a feature that is undefined for this region is NaN.</param>
/// <param name="Warnings">Doubts, in plain words.</param>
public sealed record RadiomicsResult(RadiomicsProfile Profile, IReadOnlyDictionary<string, double> Values, IReadOnlyList<string> Warnings);
