using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>What the published criteria say of one sign.</summary>
/// <param name="Code">E.g. <c>blend-sign</c>.</param>
/// <param name="State">Indeterminate where the 95 % interval of what was measured straddles the limit.</param>
/// <param name="KeySlice">The slice (from 0) that shows it, or for an absent sign the hematoma's largest.</param>
/// <param name="Because">One plain sentence with the figures.</param>
/// <param name="Measures">The figures by name, units in the names: HU, mm, mm2, ml, degrees; finite.</param>
public sealed record SignRuling(string Code, SignState State, int KeySlice, string Because, IReadOnlyDictionary<string, double> Measures);
