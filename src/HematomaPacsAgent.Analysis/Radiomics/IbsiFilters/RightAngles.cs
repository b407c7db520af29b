namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>The turns by right angles that make a separable filter insensitive to direction: 4 in a plane, 24 in space.</summary>
internal static class RightAngles
{
    /// <summary>The filter with the given kernels along x, y (and z) as it is, or turned in every way where the responses are to be pooled.</summary>
    public static IReadOnlyList<SeparableTerm> Terms(IReadOnlyList<AxisKernels> kernels, RotationPooling? rotations) => rotations is null
        ? [new SeparableTerm(kernels[0], kernels[1], kernels.Count == 3 ? kernels[2] : AxisKernels.Identity, 1)]
        : Turned(kernels);

    /// <summary>Each turn weighs the same, all together 1.</summary>
    private static List<SeparableTerm> Turned(IReadOnlyList<AxisKernels> kernels)
    {
        int dimensions = kernels.Count;
        AxisKernels[] flipped = [.. kernels.Select(kernel => kernel.Flipped())];
        List<SeparableTerm> terms = [];
        foreach (int[] order in Orders(dimensions))
            for (int flips = 0; flips < 1 << dimensions; flips++)
            {
                // A turn is an order of the axes with some of them reversed; an odd number of exchanges and reversals would be a mirror image.
                if ((Exchanges(order) + int.PopCount(flips)) % 2 != 0) continue;
                AxisKernels Pick(int axis) => (flips >> axis & 1) == 1 ? flipped[order[axis]] : kernels[order[axis]];
                terms.Add(new SeparableTerm(Pick(0), Pick(1), dimensions == 2 ? AxisKernels.Identity : Pick(2), 1));
            }

        return [.. terms.Select(term => term with { Weight = 1.0 / terms.Count })];
    }

    private static IEnumerable<int[]> Orders(int count) => count == 1
        ? [[0]]
        : Orders(count - 1).SelectMany(_ => Enumerable.Range(0, count), (order, at) => (int[])[.. order[..at], count - 1, .. order[at..]]);

    private static int Exchanges(int[] order) =>
        Enumerable.Range(0, order.Length).Sum(i => Enumerable.Range(i + 1, order.Length - i - 1).Count(j => order[i] > order[j]));
}
