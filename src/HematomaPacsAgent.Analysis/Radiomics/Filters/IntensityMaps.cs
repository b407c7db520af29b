using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// Filters of each voxel by itself (PyRadiomics <c>square</c>, <c>squareroot</c>, <c>logarithm</c>, <c>exponential</c>). m is the largest |x| of
/// the whole image; each keeps the image's range, and its unit, by it.
/// </summary>
internal sealed class IntensityMaps(ScalarImage image, Box wanted)
{
    private readonly Lock gate = new();
    private double? largest;

    /// <summary>(x / sqrt(m))^2.</summary>
    public double[] Square(CancellationToken cancellation)
    {
        double factor = 1 / Math.Sqrt(Largest("square", cancellation));
        return Map(x => factor * x * (factor * x), cancellation);
    }

    /// <summary>sign(x) sqrt(m |x|).</summary>
    public double[] SquareRoot(CancellationToken cancellation)
    {
        double m = Largest(null, cancellation);
        return Map(x => x > 0 ? Math.Sqrt(x * m) : x < 0 ? -Math.Sqrt(-x * m) : x, cancellation);
    }

    /// <summary>sign(x) ln(|x| + 1) m / ln(m + 1).</summary>
    public double[] Logarithm(CancellationToken cancellation)
    {
        double m = Largest("logarithm", cancellation), factor = m / Math.Log(m + 1);
        return Map(x => (x > 0 ? Math.Log(x + 1) : x < 0 ? -Math.Log(-(x - 1)) : x) * factor, cancellation);
    }

    /// <summary>e^(x ln(m) / m).</summary>
    public double[] Exponential(CancellationToken cancellation)
    {
        double m = Largest("exponential", cancellation), factor = Math.Log(m) / m;
        return Map(x => Math.Exp(factor * x), cancellation);
    }

    private double[] Map(Func<double, double> map, CancellationToken cancellation)
    {
        double[] values = wanted.Cut<double>(image.Voxels, image.Grid.SizeX, image.Grid.SizeY);
        for (int i = 0; i < values.Length; i++)
        {
            if (i % (1 << 20) == 0) cancellation.ThrowIfCancellationRequested();
            values[i] = map(values[i]);
        }

        return values;
    }

    /// <param name="dividing">The filter that divides by m, which must then not be 0.</param>
    private double Largest(string? dividing, CancellationToken cancellation)
    {
        lock (gate) largest ??= Scan(cancellation);
        if (!double.IsFinite(largest.Value))
            throw new RadiomicsException($"the image holds a voxel that is no finite number ({largest}): filters that look at the whole image cannot use it");
        return largest.Value != 0 || dividing is null
            ? largest.Value
            : throw new RadiomicsException($"the image is 0 everywhere: image type {dividing} divides by its largest intensity; leave it out");
    }

    private double Scan(CancellationToken cancellation)
    {
        // In pieces, so that a large image can be given up; the maximum of NaN and anything is NaN.
        const int Piece = 1 << 20;
        double most = 0;
        Vector<double> peak = Vector<double>.Zero;
        for (int start = 0; start < image.Voxels.Length; start += Piece)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<double> piece = image.Voxels.AsSpan(start, Math.Min(Piece, image.Voxels.Length - start));
            ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(piece);
            foreach (Vector<double> x in vectors) peak = Vector.Max(peak, Vector.Abs(x));
            foreach (double x in piece[(vectors.Length * Vector<double>.Count)..]) most = Math.Max(most, Math.Abs(x));
        }

        for (int i = 0; i < Vector<double>.Count; i++) most = Math.Max(most, peak[i]);
        return most;
    }
}
