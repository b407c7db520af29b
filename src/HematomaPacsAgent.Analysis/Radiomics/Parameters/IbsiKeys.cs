using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>The keys of the <c>ibsi</c> section.</summary>
internal static class IbsiKeys
{
    private static readonly Dictionary<string, Aggregation> AggregationNames = Aggregations.Names.ToDictionary(a => a.Name, a => a.Aggregation);

    private static readonly Dictionary<string, Func<RadiomicsParameters, YamlValue, RadiomicsParameters>> Keys = new()
    {
        ["aggregation"] = (p, v) => p with { Ibsi = p.Ibsi with { Aggregations = [.. v.List.Select(item => item.OneOf(AggregationNames))] } },
        ["resegmentOutliers"] = (p, v) => p with { Ibsi = p.Ibsi with { ResegmentOutliers = v.IsNull ? null : v.Number } },
        ["roundIntensity"] = (p, v) => p with { Ibsi = p.Ibsi with { RoundIntensity = v.Bool } },
        ["maskInterpolator"] = (p, v) => p with
        {
            Ibsi = p.Ibsi with { LinearMask = v.OneOf(new Dictionary<string, bool> { ["linear"] = true, ["nearest"] = false }) },
        },
        ["binOrigin"] = (p, v) => p with { Ibsi = p.Ibsi with { BinOrigin = v.IsNull ? null : v.Number } },
        ["ivh"] = (p, v) => p with { Ibsi = p.Ibsi with { Ivh = Ivh(v) } },
        ["unfiltered"] = (p, v) => p with { Unfiltered = v.Bool },
        ["filters"] = (p, v) => p with { Filters = [.. v.List.Select(FilterKeys.Read)] },
    };

    public static RadiomicsParameters Apply(RadiomicsParameters parameters, YamlValue section)
    {
        foreach (YamlValue entry in section.Entries)
        {
            if (!Keys.TryGetValue(entry.Key, out var apply)) throw entry.Unknown("ibsi key", Keys.Keys);
            parameters = entry.At(() => apply(parameters, entry));
        }

        // A name is a column's, so the same filter twice would be the same columns twice.
        if (parameters.Filters.CountBy(filter => filter.Name).FirstOrDefault(name => name.Value > 1) is { Key: { } twice })
            throw section.Bad($"without the filter {twice} a second time");
        if (!parameters.Unfiltered && parameters.Filters.Count == 0) throw section.Bad("with filters where unfiltered is false: nothing would be measured");
        return parameters;
    }

    private static VolumeHistogramLevels Ivh(YamlValue value)
    {
        VolumeHistogramLevels levels = new();
        foreach (YamlValue entry in value.Entries)
            levels = entry.Key switch
            {
                "binWidth" => levels with { BinWidth = entry.Number },
                "binCount" => levels with { BinCount = entry.Int },
                _ => throw entry.Unknown("ivh key", ["binWidth", "binCount"]),
            };
        return levels is { BinWidth: not null, BinCount: not null } ? throw value.Bad("a bin width or a bin count, not both") : levels;
    }
}
