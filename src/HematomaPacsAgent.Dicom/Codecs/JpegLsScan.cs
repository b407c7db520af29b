using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Decodes the samples of one JPEG-LS scan, with the state that it adapts.</summary>
/// <remarks>ISO 14495-1 Annex A and B; names as there.</remarks>
internal sealed class JpegLsScan
{
    private const int Contexts = 365;

    /// <summary>Table A.1's J: how many samples, as a power of two, one bit of a run stands for.</summary>
    private static ReadOnlySpan<byte> J =>
        [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    private readonly JpegLsContext[] contexts = new JpegLsContext[Contexts];
    private readonly JpegLsContext[] interruptions = new JpegLsContext[2];
    private readonly int[] runIndexes;

    /// <summary>Region -4 to 4 of a gradient, which is held within T3 first; index T3 is gradient 0.</summary>
    private readonly sbyte[] regions;

    private readonly int components, maxVal, near, step, range, reset, qbpp, limit, t3;

    public JpegLsScan(JpegLsParameters parameters, int components)
    {
        this.components = components;
        runIndexes = new int[components];
        (maxVal, near, range, reset) = (parameters.MaxVal, parameters.Near, parameters.Range, parameters.Reset);
        (qbpp, limit, t3) = (parameters.QuantizedBits, parameters.Limit, parameters.T3);
        step = 2 * near + 1;
        regions = new sbyte[2 * t3 + 1];
        for (int gradient = 0; gradient <= t3; gradient++)
        {
            int region = gradient <= near ? 0 : gradient < parameters.T1 ? 1 : gradient < parameters.T2 ? 2 : gradient < t3 ? 3 : 4;
            regions[t3 + gradient] = (sbyte)region;
            regions[t3 - gradient] = (sbyte)-region;
        }

        Restart();
    }

    /// <summary>Forgets all that was learnt, as at the begin of a scan.</summary>
    public void Restart()
    {
        JpegLsContext fresh = new() { A = (uint)Math.Max(2, (range + 32) / 64), N = 1 };
        contexts.AsSpan().Fill(fresh);
        interruptions.AsSpan().Fill(fresh);
        runIndexes.AsSpan().Clear();
    }

    /// <summary>Decodes a line of one component.</summary>
    /// <param name="above">The line above with one sample before and one after it.</param>
    /// <param name="line">Likewise; the samples at both ends are set here.</param>
    /// <param name="component">0 to the scan's components - 1.</param>
    public void DecodeLine(ref EntropyBitReader reader, Span<ushort> above, Span<ushort> line, int component)
    {
        int end = line.Length - 1;
        above = above[..line.Length];
        above[end] = above[end - 1];
        line[0] = above[1];
        BitWindow window = reader.Window;
        int a = line[0], c = above[0], b = above[1], region = Region(b - c);
        for (int i = 1; i < end; i++)
        {
            // The gradient between b and c is the one between d and b of the sample before.
            int d = above[i + 1], next = Region(d - b), q = (next * 9 + region) * 9 + Region(c - a);
            region = next;
            if (q != 0)
            {
                a = DecodeRegular(ref reader, ref window, q, a, b, c);
                line[i] = (ushort)a;
                (c, b) = (b, d);
                continue;
            }

            reader.Window = window;
            int count = RunLength(ref reader, end - i, component);
            line.Slice(i, count).Fill((ushort)a);
            i += count;
            if (i < end)
            {
                b = above[i];
                a = DecodeInterruption(ref reader, a, b, component);
                line[i] = (ushort)a;
                (c, b) = (b, above[i + 1]);
                region = Region(b - c);
            }

            window = reader.Window;
        }

        reader.Window = window;
    }

    /// <summary>Decodes a line of sample-interleaved components, each with its samples apart.</summary>
    /// <param name="above">As in <see cref="DecodeLine"/>, one component after the other.</param>
    public void DecodeInterleavedLine(ref EntropyBitReader reader, Span<ushort> above, Span<ushort> line)
    {
        int width = line.Length / components, end = width - 1;
        for (int at = 0; at < line.Length; at += width)
        {
            above[at + end] = above[at + end - 1];
            line[at] = above[at + 1];
        }

        Span<int> q = stackalloc int[components];
        for (int i = 1; i < end; i++)
        {
            int any = 0;
            for (int n = 0, at = i; n < components; n++, at += width)
                any |= q[n] = Context(line[at - 1], above[at], above[at - 1], above[at + 1]);
            if (any == 0)
            {
                int count = RunLength(ref reader, end - i, 0);
                for (int at = i; at < line.Length; at += width) line.Slice(at, count).Fill(line[at - 1]);
                i += count;
                if (i == end) break;
                for (int at = i; at < line.Length; at += width) line[at] = (ushort)DecodeInterruption(ref reader, line[at - 1], above[at]);
                if (runIndexes[0] > 0) runIndexes[0]--;
                continue;
            }

            for (int n = 0, at = i; n < components; n++, at += width)
                line[at] = (ushort)DecodeRegular(ref reader, ref reader.Window, q[n], line[at - 1], above[at], above[at - 1]);
        }
    }

    /// <summary>§A.3.3 and §A.3.4: -364 to 364, 0 for a flat neighbourhood.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Context(int a, int b, int c, int d) => (Region(d - b) * 9 + Region(b - c)) * 9 + Region(c - a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Region(int gradient) => regions[Math.Min(Math.Max(gradient, -t3), t3) + t3];

    /// <summary>§A.4 to §A.6.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int DecodeRegular(ref EntropyBitReader reader, ref BitWindow window, int q, int a, int b, int c)
    {
        int sign = q >> 31;
        ref JpegLsContext context = ref contexts[(q ^ sign) - sign];
        int predicted = Clamp(Median(a, b, c) + ((context.C ^ sign) - sign), maxVal);

        int k = context.GolombParameter();
        int mapped = DecodeMapped(ref reader, ref window, k, limit);
        int error = (mapped >> 1) ^ -(mapped & 1);
        if (k == 0 && near == 0 && 2 * context.B <= -context.N) error = ~error;

        context.Learn(error, step, reset);
        return Reconstruct(predicted, (error ^ sign) - sign);
    }

    /// <summary>§A.4.1, without branches: which of the three it is cannot be foreseen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Median(int a, int b, int c)
    {
        int difference = a - b, part = difference & (difference >> 31);
        int low = b + part, high = a - part, plane = a + b - c;
        int under = plane - low;
        plane -= under & (under >> 31);
        int over = high - plane;
        return plane + (over & (over >> 31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Clamp(int value, int highest)
    {
        if ((uint)value > (uint)highest) value = value < 0 ? 0 : highest;
        return value;
    }

    /// <summary>§A.7.1: how far the run goes, at most to the end of the line.</summary>
    private int RunLength(ref EntropyBitReader reader, int left, int component)
    {
        ref int runIndex = ref runIndexes[component];
        BitWindow window = reader.Window;
        int length = 0;
        while (length < left)
        {
            if (window.Count < 32) window = reader.Fill(window);
            if (window.Take(1) == 0)
            {
                length += (int)window.Take(J[runIndex]);
                reader.Window = window;
                // What interrupts a run lies before the end of the line.
                return length < left ? length : throw Damaged("a run goes beyond its line");
            }

            length += 1 << J[runIndex];
            if (length <= left && runIndex < 31) runIndex++;
        }

        reader.Window = window;
        return left;
    }

    private int DecodeInterruption(ref EntropyBitReader reader, int a, int b, int component)
    {
        ref int runIndex = ref runIndexes[component];
        int sample = Math.Abs(a - b) <= near
            ? Reconstruct(a, InterruptionError(ref reader, 1, runIndex))
            : Reconstruct(b, b < a ? -InterruptionError(ref reader, 0, runIndex) : InterruptionError(ref reader, 0, runIndex));
        if (runIndex > 0) runIndex--;
        return sample;
    }

    /// <summary>One component of a sample-interleaved run's end: always as if its neighbours differed.</summary>
    private int DecodeInterruption(ref EntropyBitReader reader, int a, int b)
    {
        int error = InterruptionError(ref reader, 0, runIndexes[0]);
        return Reconstruct(b, b < a ? -error : error);
    }

    /// <summary>§A.7.2.</summary>
    /// <param name="type">RItype: 1 when the samples to the left and above are alike.</param>
    private int InterruptionError(ref EntropyBitReader reader, int type, int runIndex)
    {
        ref JpegLsContext context = ref interruptions[type];
        int k = context.GolombParameter(extra: type == 0 ? 0u : (uint)context.N >> 1);
        int mapped = DecodeMapped(ref reader, ref reader.Window, k, limit - J[runIndex] - 1);
        int sum = mapped + type, odd = sum & 1, magnitude = (sum + odd) >> 1;
        int error = (k != 0 || 2 * context.B >= context.N) == (odd == 1) ? -magnitude : magnitude;

        context.LearnInterruption((uint)(mapped + 1 - type) >> 1, error < 0, reset);
        return error;
    }

    /// <summary>§A.5.3: a Golomb code of limited length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int DecodeMapped(ref EntropyBitReader reader, ref BitWindow window, int k, int longest)
    {
        if (window.Count < 32) window = reader.Fill(window);
        int zeros = window.LeadingZeros, escape = longest - qbpp - 1;
        ulong mapped;
        if (zeros < escape && zeros + 1 + k <= window.Count)
        {
            window.Skip(zeros + 1);
            mapped = ((ulong)zeros << k) + window.Take(k);
        }
        else
        {
            (mapped, window) = DecodeLong(ref reader, window, k, escape);
        }

        return mapped <= 2 * (uint)range ? (int)mapped : throw Damaged("a prediction error is too large");
    }

    /// <summary>A code that is escaped or longer than the bits at hand.</summary>
    private (ulong Mapped, BitWindow Window) DecodeLong(ref EntropyBitReader reader, BitWindow window, int k, int escape)
    {
        window = reader.Fill(window);
        int zeros = window.LeadingZeros;
        if (zeros > escape) throw Damaged("a code is longer than its limit");
        window.Skip(zeros + 1);
        int rest = zeros == escape ? qbpp : k;
        if (window.Count < rest) window = reader.Fill(window);
        ulong value = window.Take(rest);
        return (zeros == escape ? value + 1 : ((ulong)zeros << k) + value, window);
    }

    /// <summary>§A.4.5: an error of the other sign where that is shorter, within bounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Reconstruct(int predicted, int error)
    {
        int value = predicted + error * step;
        if (value < -near) value += range * step;
        else if (value > maxVal + near) value -= range * step;
        return Clamp(value, maxVal);
    }

    private static DicomFormatException Damaged(string what) => new($"JPEG-LS data: {what}; the stream is cut off or damaged");
}
