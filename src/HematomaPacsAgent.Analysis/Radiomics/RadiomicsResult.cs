namespace HematomaPacsAgent.Analysis.Radiomics;

/// <param name="Profile"><c>pyradiomics</c> or <c>ibsi</c>.</param>
/// <param name="Values">Column to value, in the order of <see cref="FeatureDictionary.Columns"/>; NaN where the feature is undefined for this region.</param>
/// <param name="Classes">What became of each feature class of each image type.</param>
/// <param name="Diagnostics">What was measured, as PyRadiomics' <c>diagnostics_…</c> columns; empty where not asked for.</param>
/// <param name="Warnings">Why values are NaN or of little worth; empty when all is well.</param>
public sealed record RadiomicsResult(string Profile, IReadOnlyDictionary<string, double> Values, IReadOnlyList<FeatureClassStatus> Classes,
    IReadOnlyDictionary<string, string> Diagnostics, IReadOnlyList<string> Warnings);

/// <summary>What became of one feature class.</summary>
/// <param name="ImageType">PyRadiomics' prefix: original, wavelet-LLH, …; in the IBSI profile the filter's name.</param>
/// <param name="FeatureClass">glcm, …; in the IBSI profile with its aggregation, glcm_3D_avg.</param>
/// <param name="Computed">Whether it has values; single features may still be NaN.</param>
/// <param name="Reason">Why not, or which features are undefined; null when all is well.</param>
public sealed record FeatureClassStatus(string ImageType, string FeatureClass, bool Computed, string? Reason);
