using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Images and regions, ready to be measured.</summary>
/// <param name="Images">In the order of their columns.</param>
/// <param name="Diagnostics">PyRadiomics' <c>diagnostics_…</c> columns.</param>
internal sealed record PreparedCase(IReadOnlyList<MeasuredImage> Images, IReadOnlyDictionary<string, string> Diagnostics);

/// <summary>One image to take features from, made when it is asked for.</summary>
/// <param name="Prefix">PyRadiomics' name of the image type; the IBSI filter's name, or empty.</param>
/// <param name="Kind">Which feature classes it has.</param>
/// <param name="Region">Makes the region to measure in it.</param>
internal sealed record MeasuredImage(string Prefix, ImageKind Kind, Func<CancellationToken, MeasuredRegion> Region)
{
    public bool Has(FeatureClass family) => family.OfFilteredImages == (Kind != ImageKind.Form);
}

/// <summary>What of a region an image is for.</summary>
internal enum ImageKind
{
    /// <summary>The form, once a case: PyRadiomics measures it whatever image types are asked for.</summary>
    Form,

    /// <summary>The intensities as they are.</summary>
    Unfiltered,

    /// <summary>A filter's response.</summary>
    Filtered,
}
