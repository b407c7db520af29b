using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>One entry of <c>ibsi: filters</c>, such as <c>{name: LoG, dimension: 3, sigma: 1.5}</c>.</summary>
internal static class FilterKeys
{
    private static readonly Dictionary<string, RotationPooling> Poolings = new() { ["mean"] = RotationPooling.Mean, ["max"] = RotationPooling.Max };

    private static readonly Dictionary<string, WaveletFamily> Families = new()
    {
        ["haar"] = WaveletFamily.Haar, ["db2"] = WaveletFamily.Daubechies2, ["db3"] = WaveletFamily.Daubechies3, ["coif1"] = WaveletFamily.Coiflet1,
    };

    private static readonly Dictionary<string, FilterDimension> Dimensions = new() { ["2"] = FilterDimension.InPlane, ["3"] = FilterDimension.Volume };

    private static readonly Dictionary<string, FilterBoundary> Boundaries = new()
    {
        ["mirror"] = FilterBoundary.Mirror, ["nearest"] = FilterBoundary.Nearest, ["zero"] = FilterBoundary.Zero, ["periodic"] = FilterBoundary.Periodic,
    };

    private static readonly Dictionary<string, Func<FilterDimension, Keys, IbsiFilter>> Names = new()
    {
        ["mean"] = (d, k) => new MeanFilter(d, k.Required("size").Int),
        ["LoG"] = (d, k) => new LaplacianOfGaussianFilter(d, k.Required("sigma").Number),
        ["Laws"] = (d, k) => new LawsFilter(d, k.Required("kernels").Text)
        {
            EnergyDistance = k.Optional("energyDistance")?.Int, Rotations = k.Optional("rotations")?.OneOf(Poolings),
        },
        ["Gabor"] = (d, k) => new GaborFilter(d, k.Required("sigma").Number, k.Required("lambda").Number, k.Optional("gamma")?.Number ?? 1)
        {
            ThetaDegrees = k.Optional("theta")?.Number ?? 0, StepDegrees = k.Optional("thetaStep")?.Number,
            Pooling = k.Optional("pooling")?.OneOf(Poolings) ?? RotationPooling.Mean,
        },
        ["wavelet"] = (d, k) => new WaveletFilter(d, k.Required("family").OneOf(Families), k.Required("map").Text, k.Optional("level")?.Int ?? 1)
        {
            Rotations = k.Optional("rotations")?.OneOf(Poolings),
        },
        ["Simoncelli"] = (d, k) => new SimoncelliFilter(d, k.Optional("level")?.Int ?? 1),
    };

    public static IbsiFilter Read(YamlValue value)
    {
        Keys keys = new(value);
        YamlValue name = keys.Required("name");
        IbsiFilter filter = value.At(() => name.OneOf(Names)(keys.Required("dimension").OneOf(Dimensions), keys))
            with { Boundary = keys.Optional("boundary")?.OneOf(Boundaries) ?? FilterBoundary.Mirror };
        keys.RefuseOthers();
        return filter;
    }

    /// <summary>The keys of one filter; those that nobody asks for are unknown.</summary>
    private sealed class Keys(YamlValue filter)
    {
        private readonly HashSet<string> asked = [];

        public YamlValue Required(string key) => Optional(key) ?? throw filter.Bad(
            $"a filter with the key {key}; this one has {string.Join(", ", filter.Entries.Select(entry => entry.Key))}");

        public YamlValue? Optional(string key)
        {
            asked.Add(key);
            return filter.Entries.FirstOrDefault(entry => entry.Key == key);
        }

        public void RefuseOthers()
        {
            if (filter.Entries.FirstOrDefault(entry => !asked.Contains(entry.Key)) is { } unknown) throw unknown.Unknown("key of this filter", asked);
        }
    }
}
