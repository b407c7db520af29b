using System.Buffers.Binary;
using System.IO.Compression;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>The few NIfTI 1 files that the tests read: little endian, gzipped, one volume.</summary>
internal static class Nifti
{
    public static (double[] Values, (int X, int Y, int Z) Size, (double X, double Y, double Z) SpacingMm) Read(string path)
    {
        using MemoryStream memory = new();
        using (GZipStream zip = new(File.OpenRead(path), CompressionMode.Decompress)) zip.CopyTo(memory);
        ReadOnlySpan<byte> bytes = memory.ToArray();
        (int X, int Y, int Z) size = (Short(bytes, 42), Short(bytes, 44), Short(bytes, 46));
        int type = Short(bytes, 70), start = (int)Float(bytes, 108);
        double slope = Float(bytes, 112) is var s && s != 0 ? s : 1, intercept = Float(bytes, 116);
        double[] values = new double[size.X * size.Y * size.Z];
        for (int i = 0; i < values.Length; i++)
            values[i] = slope * type switch
            {
                2 => bytes[start + i],
                4 => Short(bytes, start + 2 * i),
                8 => BinaryPrimitives.ReadInt32LittleEndian(bytes[(start + 4 * i)..]),
                16 => Float(bytes, start + 4 * i),
                64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes[(start + 8 * i)..]),
                512 => BinaryPrimitives.ReadUInt16LittleEndian(bytes[(start + 2 * i)..]),
                _ => throw new NotSupportedException($"NIfTI type {type}"),
            } + intercept;
        return (values, size, (Float(bytes, 80), Float(bytes, 84), Float(bytes, 88)));
    }

    private static short Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt16LittleEndian(bytes[at..]);

    private static float Float(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadSingleLittleEndian(bytes[at..]);
}
