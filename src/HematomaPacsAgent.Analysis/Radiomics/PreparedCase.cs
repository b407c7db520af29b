using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Images and regions, ready to be measured.</summary>
/// <param name="Images">In the order of their columns.</param>
/// <param name="Diagnostics">PyRadiomics' <c>diagnostics_…</c> columns.</param>
internal sealed record PreparedCase(IReadOnlyList<MeasuredImage> Images, IReadOnlyDictionary<string, string> Diagnostics);

/// <summary>One image to take features from, made when it is asked for.</summary>
/// <param name="Prefix">PyRadiomics' name of the image type; the IBSI filter's name, or empty.</param>
/// <param name="Filtered">Whether it is a filter's response: that has no form.</param>
/// <param name="Intensities">Makes the region that intensities are measured in.</param>
/// <param name="Form">The region whose form is measured.</param>
internal sealed record MeasuredImage(string Prefix, bool Filtered, Func<CancellationToken, MeasuredRegion> Intensities, Lazy<MeasuredRegion> Form);
