namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>Interpolates a volume along x, y and z one after the other; only the samples that the plans need are touched.</summary>
internal static class SeparableResampling
{
    /// <summary>Most voxels of a resampled image: 2 GiB of double.</summary>
    public const long MaxVoxels = 1L << 28;

    /// <summary>Lines that are worked on at once, so that their samples stay in cache.</summary>
    private const int BlockLines = 64;

    /// <param name="source">Sample (x, y, z) at (z sizeY + y) sizeX + x.</param>
    /// <param name="sizeX">Samples along x.</param>
    /// <param name="sizeY">Samples along y.</param>
    /// <param name="plans">For x, y and z.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static double[] Apply(double[] source, int sizeX, int sizeY, AxisPlan[] plans, CancellationToken cancellation)
    {
        Box box = new(plans[0].SourceFrom, plans[1].SourceFrom, plans[2].SourceFrom, plans[0].SourceCount, plans[1].SourceCount, plans[2].SourceCount);
        double[] volume = box.Count == source.Length ? source : box.Cut<double>(source, sizeX, sizeY);
        return Apply(volume, [box.SizeX, box.SizeY, box.SizeZ], plans, cancellation);
    }

    /// <param name="volume">The box of samples that the plans need.</param>
    /// <param name="size">Its size along x, y and z; on return that of the result.</param>
    /// <param name="plans">For x, y and z.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static double[] Apply(double[] volume, int[] size, AxisPlan[] plans, CancellationToken cancellation)
    {
        // The axis that shrinks most comes first: the passes after it have less to do, and the volumes in between stay small.
        foreach (int axis in Enumerable.Range(0, 3).OrderBy(axis => (double)plans[axis].Count / plans[axis].SourceCount))
        {
            if (IsCopy(plans[axis])) continue;
            int inner = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
            volume = Along(volume, inner, plans[axis], cancellation);
            size[axis] = plans[axis].Count;
        }

        return volume;
    }

    /// <summary>Index of the nearest voxel of the source for each output voxel, as flags: a mask stays a mask.</summary>
    public static bool[] Nearest(ReadOnlySpan<bool> mask, int sizeX, int sizeY, AxisPlan[] plans, CancellationToken cancellation)
    {
        (AxisPlan px, AxisPlan py, AxisPlan pz) = (plans[0], plans[1], plans[2]);
        var result = new bool[checked(px.Count * py.Count * pz.Count)];
        for (int z = 0, target = 0; z < pz.Count; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = 0; y < py.Count; y++, target += px.Count)
            {
                if (pz.Weight[z] == 0 || py.Weight[y] == 0) continue;
                ReadOnlySpan<bool> row = mask.Slice(((pz.SourceFrom + pz.Index[z]) * sizeY + py.SourceFrom + py.Index[y]) * sizeX, sizeX);
                if (!row.Contains(true)) continue;
                for (int x = 0; x < px.Count; x++) result[target + x] = px.Weight[x] != 0 && row[px.SourceFrom + px.Index[x]];
            }
        }

        return result;
    }

    private static bool IsCopy(AxisPlan plan) =>
        plan.Taps == 1 && plan.Count == plan.SourceCount && !plan.Weight.Contains(0) && plan.Index.SequenceEqual(Enumerable.Range(0, plan.Count));

    private static double[] Along(double[] volume, int inner, AxisPlan plan, CancellationToken cancellation)
    {
        int n = plan.SourceCount, m = plan.Count, outer = volume.Length / inner / n;
        var result = new double[checked(outer * m * inner)];
        int width = Math.Min(inner == 1 ? outer : inner, BlockLines);
        var samples = new double[n * width];
        var line = new double[width];
        if (inner == 1)
        {
            // Lines along x lie end to end: they are laid side by side in the block, and back.
            for (int from = 0; from < outer; from += width)
            {
                cancellation.ThrowIfCancellationRequested();
                int lines = Math.Min(width, outer - from);
                for (int j = 0; j < lines; j++)
                    for (int i = 0, at = (from + j) * n; i < n; i++) samples[i * lines + j] = volume[at + i];
                Span<double> block = samples.AsSpan(0, n * lines), sum = line.AsSpan(0, lines);
                if (plan.IsSpline) CubicSpline.ToCoefficients(block, lines);
                for (int i = 0; i < m; i++)
                {
                    Weigh(block, lines, plan, i, sum);
                    for (int j = 0; j < lines; j++) result[(from + j) * m + i] = sum[j];
                }
            }

            return result;
        }

        for (int slab = 0; slab < outer; slab++)
        {
            for (int from = 0; from < inner; from += width)
            {
                cancellation.ThrowIfCancellationRequested();
                int lines = Math.Min(width, inner - from);
                for (int i = 0; i < n; i++) volume.AsSpan((slab * n + i) * inner + from, lines).CopyTo(samples.AsSpan(i * lines));
                Span<double> block = samples.AsSpan(0, n * lines);
                if (plan.IsSpline) CubicSpline.ToCoefficients(block, lines);
                for (int i = 0; i < m; i++) Weigh(block, lines, plan, i, result.AsSpan((slab * m + i) * inner + from, lines));
            }
        }

        return result;
    }

    private static void Weigh(ReadOnlySpan<double> block, int lines, AxisPlan plan, int output, Span<double> sum)
    {
        sum.Clear();
        for (int tap = output * plan.Taps; tap < (output + 1) * plan.Taps; tap++)
            CubicSpline.Add(block.Slice(plan.Index[tap] * lines, lines), plan.Weight[tap], sum);
    }
}
