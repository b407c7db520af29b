namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>One feature of a family: its names, and how it is read off what the family measured.</summary>
/// <param name="PyRadiomics">PyRadiomics name without prefix; null when PyRadiomics has no such feature.</param>
/// <param name="Ibsi">IBSI tag; null when IBSI has no such feature.</param>
/// <param name="Code">IBSI code, when there is a tag.</param>
/// <param name="Unit">UCUM.</param>
/// <param name="Value">The formula.</param>
/// <param name="OtherInPyRadiomics">PyRadiomics' value is another quantity than IBSI's, so it must not carry the IBSI code.</param>
internal sealed record Feature<T>(string? PyRadiomics, string? Ibsi, string? Code, string Unit, Func<T, double> Value, bool OtherInPyRadiomics = false);

/// <summary>A family of features in one profile: what they are, and how a region gives their values.</summary>
internal sealed class FeatureClass
{
    private readonly Func<MeasuredRegion, double[]> measure;

    private FeatureClass(string name, string label, IReadOnlyList<RadiomicsFeature> features, Func<MeasuredRegion, double[]> measure) =>
        (Name, Label, Features, this.measure) = (name, label, features, measure);

    /// <summary>As a parameter file names it.</summary>
    public string Name { get; }

    /// <summary>The name with the aggregation, where a class comes once for each.</summary>
    public string Label { get; }

    /// <summary>In PyRadiomics' or IBSI's order, that of the values.</summary>
    public IReadOnlyList<RadiomicsFeature> Features { get; }

    /// <summary>Whether a filtered image has these features too; form has no intensities to filter.</summary>
    public bool OfFilteredImages { get; private init; } = true;

    /// <exception cref="RadiomicsException">The class cannot be computed for this region; says why.</exception>
    public double[] Measure(MeasuredRegion region) => measure(region);

    public static FeatureClass PyRadiomics<T>(string name, IReadOnlyList<Feature<T>> features, Func<MeasuredRegion, IReadOnlyList<T>> measure)
    {
        // PyRadiomics sorts its methods, whose names end in FeatureValue: MeanAbsoluteDeviation comes before Mean.
        Feature<T>[] own = [.. features.Where(f => f.PyRadiomics is not null).OrderBy(f => f.PyRadiomics + "FeatureValue", StringComparer.Ordinal)];
        return Of(name, name, own, f => f.PyRadiomics!, f => f.OtherInPyRadiomics ? null : f.Code, measure);
    }

    public static FeatureClass Ibsi<T>(string name, IReadOnlyList<Feature<T>> features, string suffix, Func<MeasuredRegion, IReadOnlyList<T>> measure) =>
        Of(name, name + suffix, [.. features.Where(f => f.Ibsi is not null)], f => f.Ibsi + suffix, f => f.Code, measure);

    /// <summary>Two families that PyRadiomics or IBSI counts as one class.</summary>
    public static FeatureClass Join(FeatureClass a, FeatureClass b)
    {
        int[] order = [.. Enumerable.Range(0, a.Features.Count + b.Features.Count)
            .OrderBy(i => (i < a.Features.Count ? a.Features[i] : b.Features[i - a.Features.Count]).Name + "FeatureValue", StringComparer.Ordinal)];
        RadiomicsFeature[] both = [.. a.Features, .. b.Features];
        return new FeatureClass(a.Name, a.Label, [.. order.Select(i => both[i])], region =>
        {
            double[] values = [.. a.Measure(region), .. b.MeasureOrNaN(region)];
            return [.. order.Select(i => values[i])];
        });
    }

    public FeatureClass OriginalOnly() => new(Name, Label, Features, measure) { OfFilteredImages = false };

    private static FeatureClass Of<T>(string name, string label, Feature<T>[] features, Func<Feature<T>, string> nameOf, Func<Feature<T>, string?> codeOf,
        Func<MeasuredRegion, IReadOnlyList<T>> measure) =>
        new(name, label, [.. features.Select(f => new RadiomicsFeature(nameOf(f), name, codeOf(f), f.Unit))], region =>
        {
            IReadOnlyList<T> measures = measure(region);
            return Array.ConvertAll(features, feature => MeanOfDefined(measures, feature.Value));
        });

    private double[] MeasureOrNaN(MeasuredRegion region)
    {
        try
        {
            return measure(region);
        }
        catch (RadiomicsException reason)
        {
            region.Remark($"{string.Join(", ", Features.Select(feature => feature.Name))} not computed: {reason.Message}");
            return [.. Features.Select(_ => double.NaN)];
        }
    }

    /// <summary>Of several measures (directions, slices) each feature is the mean over those that have it.</summary>
    private static double MeanOfDefined<T>(IReadOnlyList<T> measures, Func<T, double> feature)
    {
        double sum = 0;
        int defined = 0;
        foreach (T measure in measures)
        {
            double value = feature(measure);
            if (double.IsNaN(value)) continue;
            sum += value;
            defined++;
        }

        return defined == 0 ? double.NaN : sum / defined;
    }
}
