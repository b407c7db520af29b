using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using MathNet.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>The features of one image, and what became of each class.</summary>
internal sealed class ImageFeatures
{
    /// <summary>Levels below which textures say little. A hematoma in bins of 5 HU has 8 to 16.</summary>
    private const int FewGreyLevels = 8;

    private readonly List<(string Name, double Value)> values = [];
    private readonly List<FeatureClassStatus> classes = [];
    private readonly List<string> warnings = [];

    private ImageFeatures() { }

    public IReadOnlyList<(string Name, double Value)> Values => values;

    public IReadOnlyList<FeatureClassStatus> Classes => classes;

    public IReadOnlyList<string> Warnings => warnings;

    public static ImageFeatures Of(MeasuredImage image, RadiomicsParameters parameters, Action step, CancellationToken cancellation)
    {
        ImageFeatures features = new();
        IReadOnlyList<FeatureClass> wanted = parameters.WantedClasses;
        FeatureClass[] families = [.. wanted.Where(image.Has)];
        MeasuredRegion? region = null;
        string? unusable = null;
        try
        {
            if (families.Length > 0) region = image.Region(cancellation);
        }
        catch (RadiomicsException reason)
        {
            unusable = reason.Message;
        }

        foreach (FeatureClass family in families)
        {
            cancellation.ThrowIfCancellationRequested();
            features.Add(image, family, parameters, region, unusable);
            step();
        }

        for (int other = families.Length; other < wanted.Count; other++) step();
        if (image.Kind == ImageKind.Unfiltered && region is { HasLevels: true, Levels.GreyLevels: < FewGreyLevels and int levels })
            features.warnings.Add($"only {levels} of at least {FewGreyLevels} grey levels: texture features say little; a narrower bin gives more");
        return features;
    }

    private void Add(MeasuredImage image, FeatureClass family, RadiomicsParameters parameters, MeasuredRegion? region, string? unusable)
    {
        double[]? found = null;
        string? reason = unusable;
        int remarks = region?.Remarks.Count ?? 0;
        if (region is not null)
            try
            {
                found = family.Measure(region);
                reason = null;
            }
            catch (RadiomicsException cause)
            {
                reason = cause.Message;
            }
            catch (Exception cause) when (cause is NonConvergenceException or OverflowException)
            {
                reason = $"the region is too large or too odd to be computed ({cause.Message.TrimEnd('.')}): smooth, crop or resample it";
            }

        List<string> undefined = [];
        for (int i = 0; i < family.Features.Count; i++)
        {
            RadiomicsFeature feature = family.Features[i];
            if (!parameters.Wants(feature)) continue;
            // Infinities would not survive CSV, JSON and DICOM alike: a value is a number or NaN.
            double value = found is not null && double.IsFinite(found[i]) ? found[i] : double.NaN;
            values.Add((ColumnName(parameters.Profile, image.Prefix, family, feature), value));
            if (double.IsNaN(value)) undefined.Add(feature.Name);
        }

        if (found is not null && undefined.Count > 0)
            reason = region!.Remarks.Count > remarks
                ? string.Join("; ", region.Remarks.Skip(remarks))
                : $"undefined for this region: {string.Join(", ", undefined)}";
        if (reason is not null) warnings.Add($"{$"{image.Prefix} {family.Label}".TrimStart()}: {reason}");
        classes.Add(new FeatureClassStatus(image.Prefix, family.Label, found is not null, reason));
    }

    /// <summary>PyRadiomics: image type, class and feature. IBSI: the tag, after the filter's name where there is one.</summary>
    public static string ColumnName(RadiomicsProfile profile, string prefix, FeatureClass family, RadiomicsFeature feature) =>
        profile == RadiomicsProfile.PyRadiomics ? $"{prefix}_{family.Name}_{feature.Name}" : prefix.Length > 0 ? $"{prefix}_{feature.Name}" : feature.Name;
}
