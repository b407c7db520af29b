using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Pipeline.Regions;

namespace HematomaPacsAgent.Commands;

/// <summary>What is measured of each case, and how: settled once, before the first one.</summary>
/// <param name="DiagnosticNames">Columns of text before the features.</param>
/// <param name="FeatureNames">Columns of numbers, in PyRadiomics' order.</param>
/// <param name="Extract">Measures one case.</param>
internal sealed record RadiomicsExtraction(IReadOnlyList<string> DiagnosticNames, IReadOnlyList<string> FeatureNames,
    Func<RadiomicsInput, CancellationToken, ExtractedCase> Extract)
{
    /// <exception cref="UsageException">The parameter file cannot be followed.</exception>
    public static RadiomicsExtraction From(FileInfo? parameters, string? profile)
    {
        if (parameters is not null) throw new UsageException("--params is not read by this build: leave it out for the profile's defaults");
        RadiomicsSettings settings = new() { Profile = profile == "ibsi" ? RadiomicsProfile.Ibsi : RadiomicsProfile.PyRadiomics };
        return new RadiomicsExtraction(CaseDiagnostics.Names, [.. FeatureExtractor.Catalogue(settings.Profile).Select(feature => feature.Name)],
            (input, cancellation) => Measure(input, settings, cancellation));
    }

    private static ExtractedCase Measure(RadiomicsInput input, RadiomicsSettings settings, CancellationToken cancellation)
    {
        ImageGrid grid = input.Image.Grid;
        RoiImage roi = new(input.Image.Voxels, input.Mask, grid.SizeX, grid.SizeY, grid.SizeZ, grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm);
        RadiomicsResult result = FeatureExtractor.Extract(roi, settings, cancellation);
        Dictionary<string, string> classes = result.Values.GroupBy(value => ClassOf(value.Key, settings.Profile)).ToDictionary(group => group.Key,
            group => group.All(value => double.IsNaN(value.Value)) ? "failed" : group.Any(value => double.IsNaN(value.Value)) ? "partial" : "ok");
        return new ExtractedCase(result.Profile, CaseDiagnostics.Of(input), result.Values, classes, result.Warnings);
    }

    /// <summary><c>original_glcm</c> of <c>original_glcm_Contrast</c>, <c>cm</c> of <c>cm_contrast_3D_avg</c>.</summary>
    private static string ClassOf(string feature, RadiomicsProfile profile) =>
        profile == RadiomicsProfile.PyRadiomics ? feature[..feature.LastIndexOf('_')] : feature.Split('_')[0];
}

/// <summary>What was measured of one case.</summary>
/// <param name="Profile"><c>pyradiomics</c> or <c>ibsi</c>.</param>
/// <param name="Diagnostics">Text by name.</param>
/// <param name="Values">NaN where a feature is undefined.</param>
/// <param name="Classes">Of each feature class: <c>ok</c>, <c>partial</c> (some undefined) or <c>failed</c>.</param>
/// <param name="Warnings">In plain words.</param>
internal sealed record ExtractedCase(string Profile, IReadOnlyDictionary<string, string> Diagnostics, IReadOnlyDictionary<string, double> Values,
    IReadOnlyDictionary<string, string> Classes, IReadOnlyList<string> Warnings);
