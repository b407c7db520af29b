using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>
/// A scan on the model's grid: each slice in its own plane first, where its gantry tilt put it, then between the slices. Where the source is even
/// and upright this is <c>skimage.transform.resize(mode='edge', anti_aliasing=False)</c> for the alignment edges, its clipping included.
/// </summary>
internal sealed class GridResampling(Volume volume, GridPlan plan)
{
    private const float Air = -1024;

    private readonly SourceBox box = plan.Box;
    private readonly bool splineDown = plan.OrderForth(1) == 3, splineAcross = plan.OrderForth(2) == 3, splineThrough = plan.OrderForth(0) == 3;

    /// <summary>Resampling splines of these alignments never leave the range of the values they are given.</summary>
    private readonly bool clips = plan.Model.Alignment == GridAlignment.Edges;

    /// <summary>One channel: [z, y, x] on the grid.</summary>
    /// <param name="normaliser">Hounsfield units to network values.</param>
    /// <param name="first">Values are normalised before they are resampled, as nnU-Net does; else after, as MONAI does.</param>
    public float[] Run(Normaliser normaliser, bool first, CancellationToken cancellation)
    {
        ParallelOptions options = new() { CancellationToken = cancellation };
        float[] air = [Air];
        if (first) normaliser.Apply(air);
        int plane = plan.Y.Count * plan.X.Count;
        AxisTaps through = plan.Z.Taps(0, plan.OrderForth(0), plan.Model.AreaMean);
        int padding = plan.Z.IsIdentity ? 0 : through.Padding;
        float[] stack = new float[(box.Slices + 2 * padding) * plane];
        (float Low, float High)[] ranges = new (float, float)[box.Slices];
        Parallel.For(0, box.Slices, options, k => ranges[k] = Plane(k, stack.AsSpan((k + padding) * plane, plane), first ? normaliser : null, air[0]));

        float[] grid = plan.Z.IsIdentity ? stack : Through(stack, through, plane, air[0], options);
        if (clips && splineThrough | (plan.SeparateForth != 0 && (splineAcross || splineDown)))
        {
            (float low, float high) = (ranges.Min(range => range.Low), ranges.Max(range => range.High));
            TensorPrimitives.Max(grid, low, grid);
            TensorPrimitives.Min(grid, high, grid);
        }

        if (!first) Parallel.For(0, plan.Z.Count, options, z => normaliser.Apply(grid.AsSpan(z * plane, plane)));
        return grid;
    }

    private float[] Through(float[] stack, AxisTaps through, int plane, float air, ParallelOptions options)
    {
        int lines = stack.Length / plane, padding = through.Padding;
        if (padding > 0)
        {
            for (int k = 0; k < padding; k++)
            {
                stack.AsSpan(padding * plane, plane).CopyTo(stack.AsSpan(k * plane, plane));
                stack.AsSpan((lines - padding - 1) * plane, plane).CopyTo(stack.AsSpan((lines - 1 - k) * plane, plane));
            }

            Parallel.For(0, plan.Y.Count, options, row => SplineFilter.Along(stack, row * plan.X.Count, lines, plane, plan.X.Count));
        }

        float[] grid = new float[through.Count * plane];
        Parallel.For(0, through.Count, options, z => through.Combine(z, stack, plane, grid.AsSpan(z * plane, plane), air));
        return grid;
    }

    /// <summary>A slice in its plane; returns the range of the values it had.</summary>
    private (float Low, float High) Plane(int k, Span<float> result, Normaliser? normaliser, float air)
    {
        AxisTaps across = plan.X.Taps(plan.AcrossMm(k), plan.OrderForth(2), plan.Model.AreaMean);
        AxisTaps down = plan.Y.Taps(plan.DownMm(k), plan.OrderForth(1), plan.Model.AreaMean);
        int width = plan.X.Count, padX = across.Padding, padY = down.Padding;
        float[] line = new float[box.Columns + 2 * padX], lines = new float[(box.Rows + 2 * padY) * width];
        float low = float.PositiveInfinity, high = float.NegativeInfinity;
        ReadOnlySpan<short> slice = volume.Slice(plan.SourceSlice(k));
        for (int row = 0; row < box.Rows; row++)
        {
            int sourceRow = plan.FlipY ? box.LastRow - row : box.FirstRow + row;
            Span<float> values = line.AsSpan(padX, box.Columns);
            TensorPrimitives.ConvertTruncating(slice.Slice(sourceRow * volume.Geometry.Columns + box.FirstColumn, box.Columns), values);
            if (plan.FlipX) values.Reverse();
            normaliser?.Apply(values);
            low = Math.Min(low, TensorPrimitives.Min(values));
            high = Math.Max(high, TensorPrimitives.Max(values));
            Span<float> target = lines.AsSpan((row + padY) * width, width);
            if (plan.X.IsIdentity)
            {
                values.CopyTo(target);
                continue;
            }

            if (padX > 0)
            {
                line.AsSpan(0, padX).Fill(values[0]);
                line.AsSpan(padX + box.Columns).Fill(values[^1]);
                SplineFilter.Along(line, 0, line.Length, 1, 1);
            }

            across.AlongRow(line, target, air);
        }

        if (plan.Y.IsIdentity) lines.AsSpan(padY * width, result.Length).CopyTo(result);
        else
        {
            if (padY > 0)
            {
                for (int i = 0; i < padY; i++)
                {
                    lines.AsSpan(padY * width, width).CopyTo(lines.AsSpan(i * width, width));
                    lines.AsSpan((padY + box.Rows - 1) * width, width).CopyTo(lines.AsSpan((padY + box.Rows + i) * width, width));
                }

                SplineFilter.Along(lines, 0, box.Rows + 2 * padY, width, width);
            }

            for (int y = 0; y < plan.Y.Count; y++) down.Combine(y, lines, width, result.Slice(y * width, width), air);
        }

        if (clips && plan.SeparateForth == 0 && (splineAcross || splineDown))
        {
            TensorPrimitives.Max(result, low, result);
            TensorPrimitives.Min(result, high, result);
        }

        return (low, high);
    }
}
