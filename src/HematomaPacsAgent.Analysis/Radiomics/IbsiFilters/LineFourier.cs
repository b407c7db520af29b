using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Discrete Fourier transforms of one length, of 16 lines at a time: every butterfly is the same for all of them, so they fill the vector
/// registers. A power of two by Stockham's radix-4 passes, any other length by Bluestein's chirp. Not for use by several threads at once.
/// </summary>
/// <remarks>X[k] = sum over n of x[n] exp(-2 pi i k n / N); the inverse divides by N.</remarks>
internal sealed class LineFourier
{
    public const int Lanes = 16;

    private readonly int length, radixLength;
    private readonly double[] cosines, sines;
    private readonly double[]? chirpRe, chirpIm, chirpSpectrumRe, chirpSpectrumIm;
    private readonly double[] bufferRe, bufferIm, workRe, workIm;

    public LineFourier(int length)
    {
        if (length is < 1 or > 1 << 20)
            throw new RadiomicsException($"a Fourier transform of {length} voxels: must be 1 to {1 << 20}");
        this.length = length;
        radixLength = BitOperations.IsPow2(length) ? length : (int)BitOperations.RoundUpToPowerOf2((uint)(2 * length - 1));
        (cosines, sines) = (new double[radixLength], new double[radixLength]);
        for (int k = 0; k < radixLength; k++) (sines[k], cosines[k]) = Math.SinCos(-2 * Math.PI * k / radixLength);
        (bufferRe, bufferIm) = (new double[radixLength * Lanes], new double[radixLength * Lanes]);
        (workRe, workIm) = (new double[radixLength * Lanes], new double[radixLength * Lanes]);
        if (radixLength == length) return;

        (chirpRe, chirpIm) = (new double[length], new double[length]);
        for (int k = 0; k < length; k++) (chirpIm[k], chirpRe[k]) = Math.SinCos(-Math.PI * ((long)k * k % (2L * length)) / length);
        // The chirp's conjugate, wrapped round, in the first lane; its spectrum serves all lanes.
        for (int k = 0; k < length; k++)
            foreach (int at in (ReadOnlySpan<int>)[k, (radixLength - k) % radixLength])
                (bufferRe[at * Lanes], bufferIm[at * Lanes]) = (chirpRe[k], -chirpIm[k]);
        Radix(bufferRe, bufferIm);
        (chirpSpectrumRe, chirpSpectrumIm) = (new double[radixLength], new double[radixLength]);
        for (int k = 0; k < radixLength; k++)
            (chirpSpectrumRe[k], chirpSpectrumIm[k]) = (bufferRe[k * Lanes] / radixLength, bufferIm[k * Lanes] / radixLength);
    }

    /// <summary>Transforms lines in place: line i has its value k at start + i lineStep + k step.</summary>
    public void Along(double[] re, double[] im, int start, int lines, int lineStep, int step, bool inverse)
    {
        var blockRe = new double[length * Lanes];
        var blockIm = new double[length * Lanes];
        double scale = inverse ? 1.0 / length : 1;
        for (int line = 0; line < lines; line += Lanes)
        {
            int lanes = Math.Min(Lanes, lines - line), first = start + line * lineStep;
            for (int k = 0; k < length; k++)
                for (int lane = 0, at = first + k * step, to = k * Lanes; lane < lanes; lane++, at += lineStep, to++)
                    (blockRe[to], blockIm[to]) = (re[at], im[at]);
            Block(blockRe, blockIm, inverse);
            for (int k = 0; k < length; k++)
                for (int lane = 0, at = first + k * step, from = k * Lanes; lane < lanes; lane++, at += lineStep, from++)
                    (re[at], im[at]) = (blockRe[from] * scale, blockIm[from] * scale);
        }
    }

    /// <summary>Transforms a block in place: lane l of value k is at k Lanes + l. The inverse is not divided by N.</summary>
    public void Block(Span<double> re, Span<double> im, bool inverse)
    {
        if (inverse)
        {
            // Exchanging real and imaginary parts before and after turns the one transform into the other.
            Span<double> swap = re;
            re = im;
            im = swap;
        }

        if (chirpRe is null) Radix(re[..(length * Lanes)], im[..(length * Lanes)]);
        else Bluestein(re, im);
    }

    private void Bluestein(Span<double> re, Span<double> im)
    {
        for (int k = 0; k < length; k++) Turn(re, im, bufferRe, bufferIm, k, chirpRe![k], chirpIm![k]);
        Array.Clear(bufferRe, length * Lanes, (radixLength - length) * Lanes);
        Array.Clear(bufferIm, length * Lanes, (radixLength - length) * Lanes);
        Radix(bufferRe, bufferIm);
        for (int k = 0; k < radixLength; k++) Turn(bufferRe, bufferIm, bufferRe, bufferIm, k, chirpSpectrumRe![k], chirpSpectrumIm![k]);
        Radix(bufferIm, bufferRe);
        for (int k = 0; k < length; k++) Turn(bufferRe, bufferIm, re, im, k, chirpRe![k], chirpIm![k]);
    }

    /// <summary>All lanes of value k times a complex number.</summary>
    private static void Turn(ReadOnlySpan<double> re, ReadOnlySpan<double> im, Span<double> toRe, Span<double> toIm, int k, double c, double s)
    {
        for (int i = k * Lanes; i < (k + 1) * Lanes; i++)
        {
            (double a, double b) = (re[i], im[i]);
            (toRe[i], toIm[i]) = (a * c - b * s, a * s + b * c);
        }
    }

    private void Radix(Span<double> re, Span<double> im)
    {
        Span<double> fromRe = re, fromIm = im, toRe = workRe, toIm = workIm;
        int rest = radixLength;
        for (int stride = 1; rest > 1;)
        {
            int width = stride * Lanes;
            if (rest % 4 == 0)
            {
                int quarter = rest / 4, turn = radixLength / rest;
                for (int p = 0; p < quarter; p++) Four(fromRe, fromIm, toRe, toIm, p, quarter, width, p * turn);
                (rest, stride) = (quarter, stride * 4);
            }
            else
            {
                Two(fromRe, fromIm, toRe, toIm, width);
                (rest, stride) = (rest / 2, stride * 2);
            }

            Span<double> doneRe = toRe, doneIm = toIm;
            toRe = fromRe;
            toIm = fromIm;
            fromRe = doneRe;
            fromIm = doneIm;
        }

        if (fromRe == re) return;
        fromRe[..re.Length].CopyTo(re);
        fromIm[..im.Length].CopyTo(im);
    }

    private void Four(ReadOnlySpan<double> re, ReadOnlySpan<double> im, Span<double> toRe, Span<double> toIm, int p, int quarter, int width, int twiddle)
    {
        (Vector<double> c1, Vector<double> s1) = (new(cosines[twiddle]), new(sines[twiddle]));
        (Vector<double> c2, Vector<double> s2) = (new(cosines[2 * twiddle]), new(sines[2 * twiddle]));
        (Vector<double> c3, Vector<double> s3) = (new(cosines[3 * twiddle]), new(sines[3 * twiddle]));
        _ = (re[(p + 3 * quarter) * width + width - 1], im[(p + 3 * quarter) * width + width - 1]);
        _ = (toRe[(4 * p + 3) * width + width - 1], toIm[(4 * p + 3) * width + width - 1]);
        ref double r = ref MemoryMarshal.GetReference(re), i = ref MemoryMarshal.GetReference(im);
        ref double u = ref MemoryMarshal.GetReference(toRe), v = ref MemoryMarshal.GetReference(toIm);
        nuint step = (nuint)(quarter * width), w = (nuint)width, from = (nuint)(p * width), to = (nuint)(4 * p * width);
        for (nuint end = from + w; from < end; from += (nuint)Vector<double>.Count, to += (nuint)Vector<double>.Count)
        {
            Vector<double> ar = Vector.LoadUnsafe(ref r, from), ai = Vector.LoadUnsafe(ref i, from);
            Vector<double> br = Vector.LoadUnsafe(ref r, from + step), bi = Vector.LoadUnsafe(ref i, from + step);
            Vector<double> cr = Vector.LoadUnsafe(ref r, from + 2 * step), ci = Vector.LoadUnsafe(ref i, from + 2 * step);
            Vector<double> dr = Vector.LoadUnsafe(ref r, from + 3 * step), di = Vector.LoadUnsafe(ref i, from + 3 * step);
            Vector<double> sumR = ar + cr, sumI = ai + ci, lessR = ar - cr, lessI = ai - ci;
            Vector<double> otherR = br + dr, otherI = bi + di, crossR = bi - di, crossI = dr - br;
            (sumR + otherR).StoreUnsafe(ref u, to);
            (sumI + otherI).StoreUnsafe(ref v, to);
            (Vector<double> xr, Vector<double> xi) = (lessR + crossR, lessI + crossI);
            (xr * c1 - xi * s1).StoreUnsafe(ref u, to + w);
            (xr * s1 + xi * c1).StoreUnsafe(ref v, to + w);
            (xr, xi) = (sumR - otherR, sumI - otherI);
            (xr * c2 - xi * s2).StoreUnsafe(ref u, to + 2 * w);
            (xr * s2 + xi * c2).StoreUnsafe(ref v, to + 2 * w);
            (xr, xi) = (lessR - crossR, lessI - crossI);
            (xr * c3 - xi * s3).StoreUnsafe(ref u, to + 3 * w);
            (xr * s3 + xi * c3).StoreUnsafe(ref v, to + 3 * w);
        }
    }

    /// <summary>The last pass of an odd power of two: no factors.</summary>
    private static void Two(ReadOnlySpan<double> re, ReadOnlySpan<double> im, Span<double> toRe, Span<double> toIm, int width)
    {
        for (int i = 0; i < width; i++)
        {
            (toRe[i], toRe[i + width]) = (re[i] + re[i + width], re[i] - re[i + width]);
            (toIm[i], toIm[i + width]) = (im[i] + im[i + width], im[i] - im[i + width]);
        }
    }
}
