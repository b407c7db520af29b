namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>One product of kernels along x, y and z, and what it weighs in the sum.</summary>
internal readonly record struct SeparableTerm(AxisKernels X, AxisKernels Y, AxisKernels Z, double Weight)
{
    public AxisKernels Along(int axis) => axis switch { 0 => X, 1 => Y, _ => Z };
}

/// <summary>
/// The weighted sum, or the maximum, of separable convolutions: a filter's turned copies, or the terms of a Laplacian. Terms that begin
/// with the same kernels share their first passes.
/// </summary>
internal static class SeparableSum
{
    public static Patch Mean(Patch source, Box wanted, IReadOnlyList<SeparableTerm> terms, FilterBoundary boundary, CancellationToken cancellation) =>
        Pool(source, wanted, terms, boundary, RotationPooling.Mean, cancellation);

    /// <param name="pooling">Mean: the weighted sum. Max: the largest response, whatever the weights.</param>
    public static Patch Pool(Patch source, Box wanted, IReadOnlyList<SeparableTerm> terms, FilterBoundary boundary, RotationPooling pooling,
        CancellationToken cancellation)
    {
        var pooled = new double[wanted.Count];
        if (pooling == RotationPooling.Max) Array.Fill(pooled, double.NegativeInfinity);
        source = Cut(source, wanted, terms, boundary, cancellation);
        foreach (IGrouping<AxisKernels, SeparableTerm> alongX in terms.GroupBy(term => term.X))
        {
            Patch x = LineConvolution.Along(source, 0, wanted.X, wanted.SizeX, alongX.Key, boundary, cancellation);
            foreach (IGrouping<AxisKernels, SeparableTerm> alongY in alongX.GroupBy(term => term.Y))
            {
                Patch y = LineConvolution.Along(x, 1, wanted.Y, wanted.SizeY, alongY.Key, boundary, cancellation);
                foreach (IGrouping<AxisKernels, SeparableTerm> alongZ in alongY.GroupBy(term => term.Z))
                {
                    Patch z = LineConvolution.Along(y, 2, wanted.Z, wanted.SizeZ, alongZ.Key, boundary, cancellation);
                    if (pooling == RotationPooling.Max) Raise(pooled, z.Values);
                    else Add(pooled, z.Values, alongZ.Sum(term => term.Weight));
                }
            }
        }

        return new Patch(source.Grid, wanted, pooled);
    }

    private static void Raise(Span<double> pooled, ReadOnlySpan<double> response)
    {
        for (int i = 0; i < pooled.Length; i++) pooled[i] = Math.Max(pooled[i], response[i]);
    }

    private static void Add(Span<double> pooled, ReadOnlySpan<double> response, double weight)
    {
        for (int i = 0; i < pooled.Length; i++) pooled[i] += weight * response[i];
    }

    /// <summary>The part of the source that any term needs.</summary>
    private static Patch Cut(Patch source, Box wanted, IReadOnlyList<SeparableTerm> terms, FilterBoundary boundary, CancellationToken cancellation)
    {
        var goal = new Patch(source.Grid, wanted, []);
        for (int axis = 2; axis >= 0; axis--)
        {
            (int first, int count, int size) = goal.Along(axis);
            int from = first, to = first + count;
            foreach (SeparableTerm term in terms)
            {
                (int low, int length) = LineConvolution.Needed(first, count, size, term.Along(axis), boundary);
                (from, to) = (Math.Min(from, low), Math.Max(to, low + length));
            }

            if (source.Along(axis) != (from, to - from, size))
                source = LineConvolution.Along(source, axis, from, to - from, AxisKernels.Identity, boundary, cancellation);
        }

        return source;
    }
}
