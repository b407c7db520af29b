using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>Convolution of a patch along one axis. Whatever the axis, rows along x are worked on as a whole.</summary>
internal static class LineConvolution
{
    /// <summary>The patch after all stages, cut to the range wanted on the axis.</summary>
    public static Patch Along(Patch source, int axis, int first, int count, AxisKernels kernels, FilterBoundary boundary, CancellationToken cancellation)
    {
        int size = source.Along(axis).Size, stages = kernels.Stages.Count;
        if (stages == 0) return One(source, axis, (first, count), LineKernel.Centred(1), boundary, cancellation);
        var ranges = new (int First, int Count)[stages];
        ranges[^1] = (first, count);
        for (int stage = stages - 1; stage > 0; stage--)
            ranges[stage - 1] = boundary.Grow(ranges[stage].First, ranges[stage].Count, kernels.Stages[stage].Reach, size);
        for (int stage = 0; stage < stages; stage++)
            source = One(source, axis, ranges[stage], kernels.Stages[stage], boundary, cancellation);
        return source;
    }

    /// <summary>The range of an axis that <see cref="Along"/> needs for the range wanted.</summary>
    public static (int First, int Count) Needed(int first, int count, int size, AxisKernels kernels, FilterBoundary boundary)
    {
        for (int stage = kernels.Stages.Count - 1; stage >= 0; stage--)
            (first, count) = boundary.Grow(first, count, kernels.Stages[stage].Reach, size);
        return (first, count);
    }

    private static Patch One(Patch source, int axis, (int First, int Count) range, LineKernel kernel, FilterBoundary boundary, CancellationToken cancellation)
    {
        Box from = source.Box, to = Patch.With(from, axis, range.First, range.Count);
        var target = new Patch(source.Grid, to, new double[to.Count]);
        if (axis == 0) Rows(source, target, kernel, boundary, cancellation);
        else Stacks(source, target, axis, kernel, boundary, cancellation);
        return target;
    }

    /// <summary>Along x: each row is laid out with its surroundings, and the kernel slides over it.</summary>
    private static void Rows(Patch source, Patch target, LineKernel kernel, FilterBoundary boundary, CancellationToken cancellation)
    {
        (int first, int from, int size) = (target.Box.X, source.Box.X, source.Grid.SizeX);
        int width = target.Box.SizeX, reach = kernel.Reach;
        int[] places = [.. Enumerable.Range(first - reach, width + 2 * reach).Select(position => boundary.Place(position, size))];
        int[] starts = [.. kernel.Offsets.Select(offset => reach - offset)];
        var row = new double[places.Length];
        for (int y = 0, rows = source.Box.SizeY * source.Box.SizeZ; y < rows; y++)
        {
            if (y % 1024 == 0) cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<double> line = source.Values.AsSpan(y * source.Box.SizeX, source.Box.SizeX);
            for (int i = 0; i < places.Length; i++) row[i] = places[i] < 0 ? 0 : line[places[i] - from];
            Sum(row, starts, kernel.Weights, target.Values.AsSpan(y * width, width));
        }
    }

    /// <summary>Along y or z: each row of the target is a weighted sum of rows of the source.</summary>
    private static void Stacks(Patch source, Patch target, int axis, LineKernel kernel, FilterBoundary boundary, CancellationToken cancellation)
    {
        (int from, _, int size) = source.Along(axis);
        (int first, int count, _) = target.Along(axis);
        int taps = kernel.Offsets.Length, width = source.Box.SizeX, slice = width * source.Box.SizeY, step = axis == 1 ? width : slice;
        var places = new int[count * taps];
        for (int i = 0; i < count; i++)
            for (int k = 0; k < taps; k++) places[i * taps + k] = boundary.Place(first + i - kernel.Offsets[k], size);
        (var starts, var weights) = (new int[taps], new double[taps]);
        for (int z = 0, row = 0; z < target.Box.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = 0; y < target.Box.SizeY; y++, row += width)
            {
                (int i, int start) = axis == 1 ? (y, z * slice) : (z, y * width);
                int used = 0;
                for (int k = 0; k < taps; k++)
                {
                    int place = places[i * taps + k];
                    if (place < 0) continue;
                    (starts[used], weights[used]) = (start + (place - from) * step, kernel.Weights[k]);
                    used++;
                }

                Sum(source.Values, starts.AsSpan(0, used), weights.AsSpan(0, used), target.Values.AsSpan(row, width));
            }
        }
    }

    /// <summary>target[i] = sum over k of weights[k] source[starts[k] + i].</summary>
    private static void Sum(ReadOnlySpan<double> source, ReadOnlySpan<int> starts, ReadOnlySpan<double> weights, Span<double> target)
    {
        foreach (int start in starts) _ = source.Slice(start, target.Length);
        ref double from = ref MemoryMarshal.GetReference(source), to = ref MemoryMarshal.GetReference(target);
        int lanes = Vector<double>.Count, i = 0;
        for (; i <= target.Length - 2 * lanes; i += 2 * lanes)
        {
            (Vector<double> low, Vector<double> high) = (Vector<double>.Zero, Vector<double>.Zero);
            for (int k = 0; k < starts.Length; k++)
            {
                var weight = new Vector<double>(weights[k]);
                nuint at = (nuint)(starts[k] + i);
                low += weight * Vector.LoadUnsafe(ref from, at);
                high += weight * Vector.LoadUnsafe(ref from, at + (nuint)lanes);
            }

            low.StoreUnsafe(ref to, (nuint)i);
            high.StoreUnsafe(ref to, (nuint)(i + lanes));
        }

        for (; i < target.Length; i++)
        {
            double sum = 0;
            for (int k = 0; k < starts.Length; k++) sum += weights[k] * source[starts[k] + i];
            target[i] = sum;
        }
    }
}
