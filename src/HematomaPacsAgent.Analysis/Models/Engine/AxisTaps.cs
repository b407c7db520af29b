using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Along one axis: which source samples, with what weights, make up each voxel of a grid.</summary>
internal sealed class AxisTaps
{
    /// <summary>Samples repeated at each end before a cubic spline's prefilter, as scipy does for the mode <c>nearest</c>.</summary>
    private const int SplinePadding = 12;

    private const double Tie = 1e-9; // what lies between two samples by rounding alone belongs to the later one, as floor(c + 0.5) has it

    private readonly int[] first, start;
    private readonly float[] weights;

    private AxisTaps(List<int> first, List<int> start, List<float> weights, int padding)
    {
        start.Add(weights.Count);
        (this.first, this.start, this.weights, Padding) = ([.. first], [.. start], [.. weights], padding);
    }

    public int Count => first.Length;

    /// <summary>How many copies of the end samples a line needs before and after it; above 0 it must have passed <see cref="SplineFilter"/>, too.</summary>
    public int Padding { get; }

    /// <summary>Samples a line of <paramref name="count"/> values at the given places, the ends going on.</summary>
    /// <param name="places">In samples, ascending; 0 is the first sample's centre. NaN: there is nothing there.</param>
    /// <param name="count">Samples of the line.</param>
    /// <param name="order">0 nearest, 1 linear, 3 cubic spline.</param>
    public static AxisTaps At(IReadOnlyList<double> places, int count, int order)
    {
        int padding = order == 3 ? SplinePadding : 0;
        List<int> first = [], start = [];
        List<float> weights = [];
        foreach (double at in places)
        {
            start.Add(weights.Count);
            if (double.IsNaN(at))
            {
                first.Add(0);
                continue;
            }

            if (order == 3)
            {
                double inside = Math.Clamp(at, 1 - padding, count + padding - 3);
                int below = (int)Math.Floor(inside);
                double t = inside - below, u = 1 - t;
                first.Add(below - 1 + padding);
                weights.AddRange([(float)(u * u * u / 6), (float)(2 / 3.0 - t * t * (2 - t) / 2)]);
                weights.AddRange([(float)(2 / 3.0 - u * u * (2 - u) / 2), (float)(t * t * t / 6)]);
                continue;
            }

            double clamped = Math.Clamp(at, 0, count - 1);
            int low = (int)Math.Floor(order == 0 ? clamped + 0.5 + Tie : clamped);
            float share = order == 0 ? 0 : (float)(clamped - low);
            first.Add(Math.Min(low, count - 1));
            if (share == 0 || low == count - 1) weights.Add(1);
            else weights.AddRange([1 - share, share]);
        }

        return new AxisTaps(first, start, weights, padding);
    }

    /// <summary>The mean over each voxel's footprint.</summary>
    /// <param name="centres">Of the grid's voxels.</param>
    /// <param name="size">Of a voxel, in the same unit.</param>
    /// <param name="faces">Of the source's samples, ascending, one more than there are samples.</param>
    public static AxisTaps Mean(IReadOnlyList<double> centres, double size, IReadOnlyList<double> faces)
    {
        List<int> first = [], start = [];
        List<float> weights = [];
        int from = 0;
        foreach (double centre in centres)
        {
            start.Add(weights.Count);
            double low = centre - size / 2, high = centre + size / 2, sum = 0;
            while (from < faces.Count - 2 && faces[from + 1] <= low) from++;
            int begin = -1;
            for (int k = from; k < faces.Count - 1 && faces[k] < high; k++)
            {
                double overlap = Math.Min(faces[k + 1], high) - Math.Max(faces[k], low);
                if (overlap <= Tie) continue;
                if (begin < 0) begin = k;
                weights.Add((float)overlap);
                sum += overlap;
            }

            first.Add(Math.Max(begin, 0));
            for (int w = start[^1]; w < weights.Count; w++) weights[w] = (float)(weights[w] / sum);
        }

        return new AxisTaps(first, start, weights, 0);
    }

    /// <summary>A line with its padding, to the grid.</summary>
    public void AlongRow(ReadOnlySpan<float> line, Span<float> result, float outside)
    {
        for (int i = 0; i < first.Length; i++)
        {
            int from = start[i], count = start[i + 1] - from;
            float sum = count == 0 ? outside : 0;
            for (int k = 0; k < count; k++) sum += weights[from + k] * line[first[i] + k];
            result[i] = sum;
        }
    }

    /// <summary>One voxel's line made of whole lines of <paramref name="width"/> values.</summary>
    public void Combine(int voxel, ReadOnlySpan<float> lines, int width, Span<float> result, float outside)
    {
        int from = start[voxel], count = start[voxel + 1] - from;
        if (count == 0)
        {
            result[..width].Fill(outside);
            return;
        }

        TensorPrimitives.Multiply(Line(lines, 0), weights[from], result[..width]);
        for (int k = 1; k < count; k++) TensorPrimitives.MultiplyAdd(Line(lines, k), weights[from + k], result[..width], result[..width]);

        ReadOnlySpan<float> Line(ReadOnlySpan<float> all, int k) => all.Slice((first[voxel] + k) * width, width);
    }
}
