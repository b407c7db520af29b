using System.Text.RegularExpressions;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>What every feature is: class, unit, IBSI code, DICOM code.</summary>
public static partial class FeatureDictionary
{
    private static readonly Dictionary<string, RadiomicsFeature> PyRadiomics =
        FeatureClasses.PyRadiomics.SelectMany(family => family.Features).ToDictionary(feature => $"{feature.FeatureClass}_{feature.Name}");

    private static readonly Dictionary<string, RadiomicsFeature> Ibsi =
        FeatureClasses.Ibsi(new IbsiSettings { Aggregations = [.. Aggregations.Names.Select(a => a.Aggregation)] })
            .SelectMany(family => family.Features).ToDictionary(feature => feature.Name);

    /// <summary>The features that some parameters give for one image, in the order of their columns.</summary>
    public static IReadOnlyList<RadiomicsFeature> Of(RadiomicsParameters parameters) =>
        [.. parameters.WantedClasses.SelectMany(family => family.Features).Where(parameters.Wants)];

    /// <summary>The <c>diagnostics_…</c> columns that an extraction with these parameters has, in order; what they hold is text.</summary>
    public static IReadOnlyList<string> DiagnosticNames(RadiomicsParameters parameters) => DiagnosticColumns.Names(parameters);

    /// <summary>Every column that an extraction with these parameters has, in order, and what it is.</summary>
    public static IReadOnlyList<(string Column, RadiomicsFeature Feature)> Columns(RadiomicsParameters parameters)
    {
        IEnumerable<string> prefixes = parameters.Profile == RadiomicsProfile.Ibsi
            ? (parameters.Unfiltered ? [""] : Array.Empty<string>()).Concat(parameters.Filters.Select(filter => filter.Name))
            : ImageTypes.Prefixes(parameters.ImageTypes.Select(type => type.Type));
        string? form = parameters.Profile == RadiomicsProfile.PyRadiomics ? "original" : parameters.Unfiltered ? "" : null;
        return [.. form is null ? [] : Of(form, ofFiltered: false), .. prefixes.SelectMany(prefix => Of(prefix, ofFiltered: true))];

        IEnumerable<(string, RadiomicsFeature)> Of(string prefix, bool ofFiltered) =>
            from family in parameters.WantedClasses
            where family.OfFilteredImages == ofFiltered
            from feature in family.Features
            where parameters.Wants(feature)
            select (ImageFeatures.ColumnName(parameters.Profile, prefix, family, feature), feature);
    }

    /// <summary>What a column is: <c>wavelet-LLH_glcm_Idn</c>, <c>cm_energy_3D_avg</c>.</summary>
    /// <returns>null where no image type or class has such a feature.</returns>
    public static RadiomicsFeature? Describe(string column)
    {
        if (Ibsi.TryGetValue(column, out RadiomicsFeature? tag)) return tag;
        int prefix = column.IndexOf('_', StringComparison.Ordinal);
        if (prefix < 0 || !ImageTypePrefix().IsMatch(column[..prefix])) return null;
        return PyRadiomics.GetValueOrDefault(column[(prefix + 1)..]) is { } feature
            && (column.StartsWith("original_", StringComparison.Ordinal) || !feature.FeatureClass.StartsWith("shape", StringComparison.Ordinal))
                ? feature
                : null;
    }

    [GeneratedRegex("^(original|square|squareroot|logarithm|exponential|gradient|lbp-2D|log-sigma-[0-9-]+-mm-3D|wavelet[0-9]*-[LH]{2,3})$")]
    private static partial Regex ImageTypePrefix();
}
