using System.Buffers.Binary;
using System.IO.Compression;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>Reads the NIfTI-1 files of the reference data: little-endian, single file, gzip-compressed, three dimensions.</summary>
internal sealed record NiftiFile(double[] Voxels, int SizeX, int SizeY, int SizeZ, double SpacingX, double SpacingY, double SpacingZ)
{
    public static NiftiFile Read(string path)
    {
        using MemoryStream buffer = new();
        using (GZipStream gzip = new(File.OpenRead(path), CompressionMode.Decompress)) gzip.CopyTo(buffer);
        ReadOnlySpan<byte> bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (BinaryPrimitives.ReadInt32LittleEndian(bytes) != 348)
            throw new InvalidDataException($"{path}: no little-endian NIfTI-1 header");
        int x = Dimension(bytes, 1), y = Dimension(bytes, 2), z = Dimension(bytes, 3),
            type = BinaryPrimitives.ReadInt16LittleEndian(bytes[70..]);
        float slope = Float(bytes, 112), intercept = Float(bytes, 116);
        ReadOnlySpan<byte> data = bytes[(int)Float(bytes, 108)..];
        var voxels = new double[x * y * z];
        for (int i = 0; i < voxels.Length; i++)
        {
            double value = type switch
            {
                2 => data[i],
                4 => BinaryPrimitives.ReadInt16LittleEndian(data[(2 * i)..]),
                8 => BinaryPrimitives.ReadInt32LittleEndian(data[(4 * i)..]),
                16 => BinaryPrimitives.ReadSingleLittleEndian(data[(4 * i)..]),
                64 => BinaryPrimitives.ReadDoubleLittleEndian(data[(8 * i)..]),
                512 => BinaryPrimitives.ReadUInt16LittleEndian(data[(2 * i)..]),
                _ => throw new InvalidDataException($"{path}: voxel type {type}"),
            };
            voxels[i] = slope == 0 ? value : value * slope + intercept;
        }

        return new NiftiFile(voxels, x, y, z, Float(bytes, 80), Float(bytes, 84), Float(bytes, 88));
    }

    public static RoiImage ReadRoi(string image, string mask)
    {
        NiftiFile values = Read(image), flags = Read(mask);
        return new RoiImage(values.Voxels, [.. flags.Voxels.Select(flag => flag == 1)], values.SizeX, values.SizeY, values.SizeZ,
            values.SpacingX, values.SpacingY, values.SpacingZ);
    }

    private static int Dimension(ReadOnlySpan<byte> header, int index) =>
        BinaryPrimitives.ReadInt16LittleEndian(header[(40 + 2 * index)..]);

    private static float Float(ReadOnlySpan<byte> header, int offset) => BinaryPrimitives.ReadSingleLittleEndian(header[offset..]);
}
