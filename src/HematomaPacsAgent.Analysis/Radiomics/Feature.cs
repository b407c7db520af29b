namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>One feature of a family: its names, and how it is read off what the family measured.</summary>
/// <param name="PyRadiomics">PyRadiomics name without prefix; null when PyRadiomics has no such feature.</param>
/// <param name="Ibsi">IBSI tag; null when IBSI has no such feature.</param>
/// <param name="Code">IBSI code, when there is a tag.</param>
/// <param name="Unit">UCUM.</param>
/// <param name="Value">The formula.</param>
internal sealed record Feature<T>(string? PyRadiomics, string? Ibsi, string? Code, string Unit, Func<T, double> Value);
