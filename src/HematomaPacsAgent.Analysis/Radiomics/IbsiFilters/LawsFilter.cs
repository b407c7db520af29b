namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Laws' texture kernels, normalised to a sum of squares of 1: level, edge, spot, wave and ripple of 3 or 5 voxels.
/// The name gives one kernel for x, y (and z): L5E5. With rotation invariance the responses to the kernel turned by right angles are pooled;
/// with an energy distance the response becomes the mean of its absolute value in the neighbourhood of that Chebyshev distance. Unit: that of
/// the image.
/// </summary>
public sealed record LawsFilter(FilterDimension Dimension, string Kernels) : IbsiFilter(Dimension)
{
    private static readonly Dictionary<string, LineKernel> Known = new(StringComparer.Ordinal)
    {
        ["L3"] = Unit(1, 2, 1),
        ["E3"] = Unit(-1, 0, 1),
        ["S3"] = Unit(-1, 2, -1),
        ["L5"] = Unit(1, 4, 6, 4, 1),
        ["E5"] = Unit(-1, -2, 0, 2, 1),
        ["S5"] = Unit(-1, 0, 2, 0, -1),
        ["W5"] = Unit(-1, 2, 0, -2, 1),
        ["R5"] = Unit(1, -4, 6, -4, 1),
    };

    /// <summary>Names of the kernels along x, y (and z), such as L5E5 or L5E5E5.</summary>
    public string Kernels { get; } = Parts(Kernels).Length == (Dimension == FilterDimension.Volume ? 3 : 2) && Parts(Kernels).All(Known.ContainsKey)
        ? Kernels
        : throw new RadiomicsException(
            $"Laws kernels '{Kernels}': need {(Dimension == FilterDimension.Volume ? "three" : "two")} of {string.Join(", ", Known.Keys)}, such as L5E5E5");

    /// <summary>How the turned responses become one; unset: no turning.</summary>
    public RotationPooling? Rotations { get; init => field = Defined(value); }

    /// <summary>Delta of the texture energy, voxels; unset: the response itself.</summary>
    public int? EnergyDistance
    {
        get;
        init => field = value is null or (>= 1 and <= LineKernel.MaxReach / 2)
            ? value
            : throw new RadiomicsException($"Laws energy distance {value}: must be 1 to {LineKernel.MaxReach / 2}");
    }

    private protected override string Title => $"laws_{Dimensions}_{Kernels}{(EnergyDistance is { } d ? $"_d{d}" : "")}" +
        $"{Rotations switch { null => "", RotationPooling.Max => "_rotmax", _ => "_rotmean" }}";

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        AxisKernels[] kernels = [.. Parts(Kernels).Select(part => new AxisKernels(Known[part]))];
        IReadOnlyList<SeparableTerm> terms = RightAngles.Terms(kernels, Rotations);
        int distance = EnergyDistance ?? 0;
        Box seen = wanted;
        if (distance > 0)
        {
            var goal = new Patch(image.Grid, wanted, []);
            for (int axis = 0; axis < kernels.Length; axis++)
            {
                (int first, int count, int size) = goal.Along(axis);
                (int from, int length) = Boundary.Grow(first, count, distance, size);
                seen = Patch.With(seen, axis, from, length);
            }
        }

        Patch response = SeparableSum.Pool(Patch.Whole(image), seen, terms, Boundary, Rotations ?? RotationPooling.Mean, cancellation);
        if (distance == 0) return response.Values;
        double[] values = response.Values;
        for (int i = 0; i < values.Length; i++) values[i] = Math.Abs(values[i]);
        return MeanFilter.Over(response, wanted, Dimension, 2 * distance + 1, Boundary, cancellation).Values;
    }

    private static string[] Parts(string kernels) => [.. kernels.Chunk(2).Select(part => new string(part))];

    private static LineKernel Unit(params ReadOnlySpan<double> taps)
    {
        double squares = 0;
        foreach (double tap in taps) squares += tap * tap;
        return LineKernel.Centred(taps).Scaled(1 / Math.Sqrt(squares));
    }
}
