using System.Runtime.InteropServices;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

/// <summary>Native frames that try a coder's branches.</summary>
internal static class TestFrames
{
    public static string[] Kinds { get; } = ["noise", "smooth", "flat", "extremes", "mixed"];

    /// <param name="kind">
    /// noise; smooth: a slope with some noise; flat: one value; extremes: lowest and highest value at random; mixed: patches of these.
    /// </param>
    public static CodedFrame Make(string kind, int rows, int columns, int bitsStored, int samples = 1, bool isSigned = false)
    {
        Random random = new(1);
        PixelFormat format = new(rows, columns, samples, bitsStored <= 8 ? 8 : 16, bitsStored, isSigned);
        int highest = (1 << bitsStored) - 1, sign = 32 - bitsStored;
        int[] values = new int[format.SamplesPerFrame];
        for (int i = 0; i < values.Length; i++)
        {
            int sample = i % samples, column = i / samples % columns, row = i / samples / columns;
            string here = kind == "mixed" ? Kinds[(row / 7 + column / 19) % 4] : kind;
            int value = here switch
            {
                "noise" => random.Next(highest + 1),
                "smooth" => (int)((long)highest * (row + column + sample) / (rows + columns + samples)) + random.Next(-3, 4),
                "flat" => highest / 3 * (1 + sample % 2),
                _ => random.Next(2) * highest,
            };
            value = Math.Clamp(value, 0, highest);
            values[i] = isSigned ? value << sign >> sign : value;
        }

        byte[] bytes = format.BitsAllocated == 8
            ? Array.ConvertAll(values, value => (byte)value)
            : MemoryMarshal.AsBytes(Array.ConvertAll(values, value => (ushort)value).AsSpan()).ToArray();
        return new CodedFrame(format, bytes);
    }

    public static void AssertSame(byte[] expected, byte[] actual)
    {
        int differs = expected.AsSpan().CommonPrefixLength(actual);
        Assert.True(differs == expected.Length && differs == actual.Length,
            $"differs at byte {differs} of {expected.Length}");
    }
}
