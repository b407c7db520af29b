using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>
/// Cubic B-splines: the coefficients whose spline passes through given samples, mirrored at both ends (Unser, Aldroubi, Eden, IEEE Trans. Signal
/// Process. 41, 1993, 821 and 834; initial values as in Thévenaz, Blu, Unser, IEEE Trans. Med. Imaging 19, 2000, 739).
/// </summary>
internal static class CubicSpline
{
    /// <summary>The recursive filter's factor, sqrt(3) - 2.</summary>
    private static readonly double Pole = Math.Sqrt(3) - 2;

    /// <summary>
    /// Samples after which the pole's power is lost in a double's rounding. ITK stops at 1e-10 (18 samples): at the image's border even tissue of
    /// -1023 HU then comes out as -1022.9999999, and as -1022 once the fraction is cut off. Elsewhere the two are the same.
    /// </summary>
    private static readonly int Horizon = (int)Math.Ceiling(Math.Log(1e-17) / Math.Log(-Pole));

    /// <summary>Weights of the four coefficients around a place that lies the fraction t after the second.</summary>
    public static void Weigh(double t, Span<double> weights)
    {
        weights[3] = t * t * t / 6;
        weights[0] = 1.0 / 6 + 0.5 * t * (t - 1) - weights[3];
        weights[2] = t + weights[0] - 2 * weights[3];
        weights[1] = 1 - weights[0] - weights[2] - weights[3];
    }

    /// <summary>Turns samples into coefficients, in place, for many lines at once.</summary>
    /// <param name="block">Sample i of line j at i lines + j.</param>
    /// <param name="lines">Lines side by side.</param>
    public static void ToCoefficients(Span<double> block, int lines)
    {
        int n = block.Length / lines;
        if (n < 2) return;
        Scale(block, 6);
        // The first coefficient is the sum over the mirrored past.
        Span<double> first = block[..lines];
        double power = Pole;
        if (Horizon < n)
        {
            for (int i = 1; i < Horizon; i++, power *= Pole) Add(block.Slice(i * lines, lines), power, first);
        }
        else
        {
            double back = Math.Pow(Pole, n - 1);
            Add(block.Slice((n - 1) * lines, lines), back, first);
            back *= back / Pole;
            for (int i = 1; i < n - 1; i++, power *= Pole, back /= Pole) Add(block.Slice(i * lines, lines), power + back, first);
            Scale(first, 1 / (1 - power * power));
        }

        for (int i = 1; i < n; i++) Add(block.Slice((i - 1) * lines, lines), Pole, block.Slice(i * lines, lines));
        Span<double> last = block.Slice((n - 1) * lines, lines);
        Add(block.Slice((n - 2) * lines, lines), Pole, last);
        Scale(last, Pole / (Pole * Pole - 1));
        for (int i = n - 2; i >= 0; i--) Follow(block.Slice((i + 1) * lines, lines), block.Slice(i * lines, lines));
    }

    /// <summary>target += factor source.</summary>
    public static void Add(ReadOnlySpan<double> source, double factor, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(source);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int i = 0; i < to.Length && i < from.Length; i++) to[i] += factor * from[i];
        for (int i = to.Length * Vector<double>.Count; i < target.Length && i < source.Length; i++) target[i] += factor * source[i];
    }

    private static void Scale(Span<double> target, double factor)
    {
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int i = 0; i < to.Length; i++) to[i] *= factor;
        for (int i = to.Length * Vector<double>.Count; i < target.Length; i++) target[i] *= factor;
    }

    /// <summary>target = Pole (next - target), the filter's way back.</summary>
    private static void Follow(ReadOnlySpan<double> next, Span<double> target)
    {
        ReadOnlySpan<Vector<double>> from = MemoryMarshal.Cast<double, Vector<double>>(next);
        Span<Vector<double>> to = MemoryMarshal.Cast<double, Vector<double>>(target);
        for (int i = 0; i < to.Length && i < from.Length; i++) to[i] = Pole * (from[i] - to[i]);
        for (int i = to.Length * Vector<double>.Count; i < target.Length && i < next.Length; i++) target[i] = Pole * (next[i] - target[i]);
    }
}
