namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>The turns by right angles that make a separable filter insensitive to direction: 4 in a plane, 24 in space (IBSI filters, section 2.4).</summary>
internal static class RightAngles
{
    /// <summary>The filter with the given kernels along x, y (and z), turned in every way; each turn weighs the same, all together 1.</summary>
    public static IReadOnlyList<SeparableTerm> Turned(IReadOnlyList<AxisKernels> kernels)
    {
        int dimensions = kernels.Count;
        AxisKernels[] flipped = [.. kernels.Select(kernel => kernel.Flipped())];
        List<SeparableTerm> terms = [];
        foreach (int[] order in dimensions == 2 ? Orders(2) : Orders(3))
            for (int flips = 0; flips < 1 << dimensions; flips++)
            {
                // A turn is an order of the axes with some of them reversed; an odd number of exchanges and reversals would be a mirror image.
                if ((Exchanges(order) + int.PopCount(flips)) % 2 != 0) continue;
                AxisKernels Pick(int axis) => (flips >> axis & 1) == 1 ? flipped[order[axis]] : kernels[order[axis]];
                terms.Add(new SeparableTerm(Pick(0), Pick(1), dimensions == 2 ? AxisKernels.Identity : Pick(2), 1));
            }

        return [.. terms.Select(term => term with { Weight = 1.0 / terms.Count })];
    }

    private static IEnumerable<int[]> Orders(int count) =>
        count == 1 ? [[0]] : Orders(count - 1).SelectMany(order => Enumerable.Range(0, count).Select(at => order.Take(at).Append(count - 1).Concat(order.Skip(at)).ToArray()));

    private static int Exchanges(int[] order) =>
        Enumerable.Range(0, order.Length).Sum(i => Enumerable.Range(i + 1, order.Length - i - 1).Count(j => order[i] > order[j]));
}
