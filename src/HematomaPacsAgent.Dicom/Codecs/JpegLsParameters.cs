using System.Buffers.Binary;
using System.Numerics;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The coding parameters of a JPEG-LS scan and what follows from them.</summary>
/// <remarks>ISO 14495-1 §A.2.1, §C.2.4.1.1. Names as there.</remarks>
internal sealed record JpegLsParameters
{
    /// <param name="preset">LSE segment of preset parameters (id 1) without its id, or empty. Zero stands for the default.</param>
    /// <param name="near">Largest deviation of a sample; 0 is lossless.</param>
    /// <exception cref="DicomFormatException">A value is outside its range.</exception>
    public JpegLsParameters(ReadOnlySpan<byte> preset, int precision, int near)
    {
        int highest = (1 << precision) - 1;
        MaxVal = Preset(preset, 0) is > 0 and int maxVal ? maxVal : highest;
        Near = near;
        if (MaxVal > highest) throw new DicomFormatException($"JPEG-LS MAXVAL {MaxVal} in samples of {precision} bits");
        if (near > Math.Min(255, MaxVal / 2))
            throw new DicomFormatException($"JPEG-LS NEAR {near}: more than 255 or half of MAXVAL {MaxVal}");

        var (t1, t2, t3) = Thresholds(MaxVal, near);
        T1 = Preset(preset, 1) is > 0 and int stated1 ? stated1 : t1;
        T2 = Preset(preset, 2) is > 0 and int stated2 ? stated2 : t2;
        T3 = Preset(preset, 3) is > 0 and int stated3 ? stated3 : t3;
        Reset = Preset(preset, 4) is > 0 and int reset ? reset : 64;
        if (T1 < near + 1 || T2 < T1 || T3 < T2 || T3 > MaxVal)
            throw new DicomFormatException($"JPEG-LS thresholds {T1}, {T2}, {T3} outside NEAR {near} to MAXVAL {MaxVal}");
        int highestReset = Math.Max(255, MaxVal);
        if (Reset < 3 || Reset > highestReset) throw new DicomFormatException($"JPEG-LS RESET {Reset}: 3 to {highestReset} are possible");

        Range = (MaxVal + 2 * near) / (2 * near + 1) + 1;
        QuantizedBits = CeilingLog2(Range);
        int bits = Math.Max(2, CeilingLog2(MaxVal + 1));
        Limit = 2 * (bits + Math.Max(8, bits));
    }

    public int MaxVal { get; }
    public int Near { get; }
    public int T1 { get; }
    public int T2 { get; }
    public int T3 { get; }
    public int Reset { get; }

    /// <summary>RANGE: how many quantised prediction errors there are.</summary>
    public int Range { get; }

    /// <summary>qbpp: bits of a quantised error.</summary>
    public int QuantizedBits { get; }

    /// <summary>LIMIT: bits of the longest code of a sample, at most 64.</summary>
    public int Limit { get; }

    private static int Preset(ReadOnlySpan<byte> preset, int index) =>
        preset.Length == 0 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(preset[(2 * index)..]);

    private static int CeilingLog2(int value) => value <= 1 ? 0 : BitOperations.Log2((uint)value - 1) + 1;

    private static (int T1, int T2, int T3) Thresholds(int maxVal, int near)
    {
        int t1 = 3, t2 = 7, t3 = 21;
        if (maxVal >= 128)
        {
            int factor = (Math.Min(maxVal, 4095) + 128) / 256;
            (t1, t2, t3) = (factor * (t1 - 2) + 2, factor * (t2 - 3) + 3, factor * (t3 - 4) + 4);
        }
        else
        {
            int factor = 256 / (maxVal + 1);
            (t1, t2, t3) = (Math.Max(2, t1 / factor), Math.Max(3, t2 / factor), Math.Max(4, t3 / factor));
        }

        t1 = Within(t1 + 3 * near, near + 1);
        t2 = Within(t2 + 5 * near, t1);
        return (t1, t2, Within(t3 + 7 * near, t2));

        int Within(int value, int lowest) => value > maxVal || value < lowest ? lowest : value;
    }
}
