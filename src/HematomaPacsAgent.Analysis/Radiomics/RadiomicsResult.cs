namespace HematomaPacsAgent.Analysis.Radiomics;

/// <param name="Profile"><c>pyradiomics</c> or <c>ibsi</c>.</param>
/// <param name="Values">Feature name to value, in the order of <see cref="FeatureExtractor.Catalogue"/>; NaN where the feature is undefined
/// for this region.</param>
/// <param name="Warnings">Why values are NaN or of little worth; empty when all is well.</param>
public sealed record RadiomicsResult(string Profile, IReadOnlyDictionary<string, double> Values, IReadOnlyList<string> Warnings);

/// <summary>What one feature is.</summary>
/// <param name="Name">The key in <see cref="RadiomicsResult.Values"/>.</param>
/// <param name="IbsiCode">Four-character IBSI code; null for a feature that IBSI does not define.</param>
/// <param name="Unit">UCUM unit; <c>1</c> without one.</param>
public sealed record RadiomicsFeature(string Name, string? IbsiCode, string Unit);
