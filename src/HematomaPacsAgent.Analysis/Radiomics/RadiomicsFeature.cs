namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>What one feature is.</summary>
/// <param name="Name">Name within its class, as PyRadiomics or IBSI has it (IBSI tags end in their aggregation).</param>
/// <param name="FeatureClass">PyRadiomics' class (glcm, …), or ours for IBSI's families.</param>
/// <param name="IbsiCode">Four-character IBSI code; null for a feature that IBSI does not define, or that PyRadiomics defines otherwise.</param>
/// <param name="Unit">UCUM unit; <c>1</c> without one.</param>
public sealed record RadiomicsFeature(string Name, string FeatureClass, string? IbsiCode, string Unit)
{
    /// <summary>
    /// The feature's code in a DICOM Structured Report: IBSI's code under the designator IBSI (PS3.16 table 8-1), else a private one of at most 16
    /// characters.
    /// </summary>
    public (string Value, string Scheme) DicomCode => IbsiCode is { } code ? (code, "IBSI") : (PrivateCode, "99HEMA");

    private string PrivateCode
    {
        get
        {
            string name = FeatureClass == "shape2D" ? $"2D{Name}" : Name;
            name = name.Replace("Maximum2DDiameter", "Max2DDiam", StringComparison.Ordinal).Replace("AxisLength", "Axis", StringComparison.Ordinal)
                .Replace("MaximumDiameter", "MaxDiam", StringComparison.Ordinal).Replace("PerimeterSurfaceRatio", "PerimSurfRatio", StringComparison.Ordinal);
            return name.Length <= 16 ? name : throw new InvalidOperationException($"the code {name} has more than 16 characters");
        }
    }
}
