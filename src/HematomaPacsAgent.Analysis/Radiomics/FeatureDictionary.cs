using System.Text.RegularExpressions;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>What every feature is: class, unit, IBSI code, DICOM code.</summary>
public static partial class FeatureDictionary
{
    /// <summary>UCUM's Hounsfield unit.</summary>
    private const string Hounsfield = "[hnsf'U]";

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
        IEnumerable<(string Prefix, string Intensity)> images = parameters.Profile == RadiomicsProfile.Ibsi
            ? (parameters.Unfiltered ? [""] : Array.Empty<string>()).Concat(parameters.Filters.Select(filter => filter.Name)).Select(name => (name, Hounsfield))
            : parameters.ImageTypes.SelectMany(type => ImageTypes.Prefixes([type.Type]).Select(prefix => (prefix, IntensityUnit(type.Type, parameters.Settings))));
        string? form = parameters.Profile == RadiomicsProfile.PyRadiomics ? "original" : parameters.Unfiltered ? "" : null;
        return
        [
            .. form is null ? [] : Of(form, Hounsfield, ofFiltered: false),
            .. images.SelectMany(image => Of(image.Prefix, image.Intensity, ofFiltered: true)),
        ];

        IEnumerable<(string, RadiomicsFeature)> Of(string prefix, string intensity, bool ofFiltered) =>
            from family in parameters.WantedClasses
            where family.OfFilteredImages == ofFiltered
            from feature in family.Features
            where parameters.Wants(feature)
            select (ImageFeatures.ColumnName(parameters.Profile, prefix, family, feature), feature with { Unit = In(feature.Unit, intensity) });
    }

    /// <summary>Unit of an image type's intensities: patterns and deviations have none, a gradient is one of HU along a length.</summary>
    private static string IntensityUnit(ImageType type, RadiomicsSettings settings) =>
        type is ImageType.LocalBinaryPattern2D || settings.Normalize ? "1" : type is ImageType.Gradient { UseSpacing: true } ? $"{Hounsfield}/mm" : Hounsfield;

    /// <summary>A feature's unit where the intensities' is another than HU.</summary>
    private static string In(string unit, string intensity) => (unit, intensity) switch
    {
        (_, Hounsfield) => unit,
        (Hounsfield, _) => intensity,
        ($"{Hounsfield}2", "1") => "1",
        ($"{Hounsfield}2.mm3", "1") => "mm3",
        ($"{Hounsfield}2", _) => $"{Hounsfield}2/mm2",
        ($"{Hounsfield}2.mm3", _) => $"{Hounsfield}2.mm",
        _ => unit,
    };

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
