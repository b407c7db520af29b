namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>A finite kernel along a line: the response at p is the sum of Weights[k] times the image at p - Offsets[k].</summary>
internal sealed class LineKernel : IEquatable<LineKernel>
{
    /// <summary>Longest reach of a kernel to one side, voxels: a filter larger than that is a mistaken unit.</summary>
    public const int MaxReach = 2048;

    private LineKernel(int[] offsets, double[] weights)
    {
        (Offsets, Weights) = (offsets, weights);
        Reach = offsets.Length == 0 ? 0 : offsets.Max(Math.Abs);
    }

    public int[] Offsets { get; }

    public double[] Weights { get; }

    /// <summary>Voxels seen at most to either side.</summary>
    public int Reach { get; }

    /// <summary>Taps with the given one at the origin; taps of 0 cost nothing.</summary>
    public static LineKernel Of(ReadOnlySpan<double> taps, int origin)
    {
        List<int> offsets = [];
        List<double> weights = [];
        for (int i = 0; i < taps.Length; i++)
        {
            if (taps[i] == 0) continue;
            offsets.Add(i - origin);
            weights.Add(taps[i]);
        }

        return new LineKernel([.. offsets], [.. weights]);
    }

    /// <summary>Taps centred on the middle one; of an even number, on the second of the middle two.</summary>
    public static LineKernel Centred(params ReadOnlySpan<double> taps) => Of(taps, taps.Length / 2);

    /// <summary>The kernel seen from the other side of its origin.</summary>
    public LineKernel Flipped()
    {
        (int[] offsets, double[] weights) = ([.. Offsets.Select(offset => -offset)], [.. Weights]);
        Array.Reverse(offsets);
        Array.Reverse(weights);
        return new LineKernel(offsets, weights);
    }

    /// <summary>The kernel with factor - 1 zeros between taps (algorithme à trous).</summary>
    public LineKernel Dilated(int factor) => new([.. Offsets.Select(offset => offset * factor)], Weights);

    public LineKernel Scaled(double factor) => new(Offsets, [.. Weights.Select(weight => weight * factor)]);

    public bool Equals(LineKernel? other) =>
        other is not null && Offsets.AsSpan().SequenceEqual(other.Offsets) && Weights.AsSpan().SequenceEqual(other.Weights);

    public override bool Equals(object? obj) => Equals(obj as LineKernel);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (int offset in Offsets) hash.Add(offset);
        foreach (double weight in Weights) hash.Add(weight);
        return hash.ToHashCode();
    }
}

/// <summary>What a separable filter does along one axis: kernels one after the other, the boundary applied before each. None: identity.</summary>
internal sealed class AxisKernels(params IReadOnlyList<LineKernel> stages) : IEquatable<AxisKernels>
{
    public static readonly AxisKernels Identity = new();

    public IReadOnlyList<LineKernel> Stages { get; } = stages;

    public AxisKernels Flipped() => new([.. Stages.Select(stage => stage.Flipped())]);

    public bool Equals(AxisKernels? other) => other is not null && Stages.SequenceEqual(other.Stages);

    public override bool Equals(object? obj) => Equals(obj as AxisKernels);

    public override int GetHashCode() => Stages.Aggregate(0, HashCode.Combine);
}
