namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>
/// From samples to the coefficients of the cubic B-spline through them (Unser, IEEE Signal Processing Magazine 16(6), 1999), the signal going on
/// beyond its ends with the values it has there. scipy.ndimage's prefilter of mode <c>nearest</c> is this to 1e-7.
/// </summary>
internal static class SplineFilter
{
    private const float Gain = 6;
    private static readonly float Pole = (float)(Math.Sqrt(3) - 2);

    /// <summary>Filters <paramref name="count"/> lines of <paramref name="width"/> values along their sequence, in place.</summary>
    /// <param name="data">Line <c>i</c> starts at <c>start + i * stride</c>.</param>
    public static void Along(Span<float> data, int start, int count, int stride, int width)
    {
        float towardsInfinity = 1 / (1 - Pole);
        Span<float> first = Line(data, 0), last = Line(data, count - 1);
        Span<float> limit = width <= 1024 ? stackalloc float[width] : new float[width];
        for (int x = 0; x < width; x++)
        {
            limit[x] = last[x] * Gain * towardsInfinity;
            first[x] *= Gain * towardsInfinity;
        }

        for (int i = 1; i < count; i++)
        {
            Span<float> line = Line(data, i), before = Line(data, i - 1);
            for (int x = 0; x < line.Length; x++) line[x] = line[x] * Gain + Pole * before[x];
        }

        for (int x = 0; x < width; x++) last[x] = -Pole * (limit[x] * towardsInfinity + (last[x] - limit[x]) / (1 - Pole * Pole));
        for (int i = count - 2; i >= 0; i--)
        {
            Span<float> line = Line(data, i), after = Line(data, i + 1);
            for (int x = 0; x < line.Length; x++) line[x] = Pole * (after[x] - line[x]);
        }

        Span<float> Line(Span<float> all, int i) => all.Slice(start + i * stride, width);
    }
}
