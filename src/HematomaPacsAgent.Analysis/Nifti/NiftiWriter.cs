using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>Writes NIfTI-1 as one file, little-endian, gzip-compressed where the name ends in .gz; sform and qform say the same.</summary>
public static class NiftiWriter
{
    private const int VoxelOffset = 352;

    /// <exception cref="RadiomicsException">The grid does not fit a NIfTI-1 header, or the counts differ.</exception>
    public static void Write(string path, ImageGrid grid, ReadOnlySpan<byte> voxels) => Write(path, grid, NiftiVoxelType.UInt8, voxels);

    /// <inheritdoc cref="Write(string, ImageGrid, ReadOnlySpan{byte})"/>
    public static void Write(string path, ImageGrid grid, ReadOnlySpan<short> voxels) => Write(path, grid, NiftiVoxelType.Int16, voxels);

    /// <inheritdoc cref="Write(string, ImageGrid, ReadOnlySpan{byte})"/>
    public static void Write(string path, ImageGrid grid, ReadOnlySpan<float> voxels) => Write(path, grid, NiftiVoxelType.Float32, voxels);

    private static void Write<T>(string path, ImageGrid grid, NiftiVoxelType type, ReadOnlySpan<T> voxels) where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("NIfTI files are written on little-endian machines");
        if (voxels.Length != grid.Count) throw new RadiomicsException($"{voxels.Length} voxels for {grid.SizeX} x {grid.SizeY} x {grid.SizeZ}");
        byte[] header = Header(grid, type);
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
        {
            using GZipStream packed = new(file, CompressionLevel.Optimal);
            Put(packed, header, voxels);
        }
        else
        {
            Put(file, header, voxels);
        }
    }

    private static void Put<T>(Stream stream, byte[] header, ReadOnlySpan<T> voxels) where T : unmanaged
    {
        stream.Write(header);
        for (int at = 0, step = NiftiVoxels.PieceBytes; at < voxels.Length; at += step)
            stream.Write(MemoryMarshal.AsBytes(voxels.Slice(at, Math.Min(step, voxels.Length - at))));
    }

    private static byte[] Header(ImageGrid grid, NiftiVoxelType type)
    {
        if (grid.SizeX > short.MaxValue || grid.SizeY > short.MaxValue || grid.SizeZ > short.MaxValue)
            throw new RadiomicsException(
                $"an image of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels does not fit NIfTI-1: at most {short.MaxValue} along an axis");
        byte[] header = new byte[VoxelOffset];
        Int32(0, NiftiHeader.Bytes1);
        Int16(40, 3, grid.SizeX, grid.SizeY, grid.SizeZ, 1, 1, 1, 1);
        Int16(70, (int)type, 8 * type.Bytes());
        double[] axes = Ras(grid.Direction);
        (double b, double c, double d, double handedness) = Quaternion(axes);
        Singles(76, handedness, grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm);
        Singles(108, VoxelOffset, 1, 0);
        header[123] = 2; // mm
        Int16(252, 1, 1);
        (double x, double y, double z) = (0 - grid.OriginMm.X, 0 - grid.OriginMm.Y, grid.OriginMm.Z);
        Singles(256, b, c, d, x, y, z);
        double[] step = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm], origin = [x, y, z];
        for (int row = 0; row < 3; row++)
            Singles(280 + 16 * row, axes[3 * row] * step[0], axes[3 * row + 1] * step[1], axes[3 * row + 2] * step[2], origin[row]);
        "n+1\0"u8.CopyTo(header.AsSpan(344));
        return header;

        void Int32(int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), value);

        void Int16(int at, params ReadOnlySpan<int> values)
        {
            foreach (int value in values)
            {
                BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(at), (short)value);
                at += 2;
            }
        }

        void Singles(int at, params ReadOnlySpan<double> values)
        {
            foreach (double value in values)
            {
                BinaryPrimitives.WriteSingleLittleEndian(header.AsSpan(at), (float)value);
                at += 4;
            }
        }
    }

    private static double[] Ras(IReadOnlyList<double> lps) => [.. lps.Select((value, i) => i < 6 ? 0 - value : value)];

    /// <summary>b, c, d of the unit quaternion of a rotation with a = 0 or above, and the sign that the third axis is turned by first.</summary>
    private static (double B, double C, double D, double Handedness) Quaternion(double[] axes)
    {
        double[] r = [.. axes];
        double determinant = r[0] * (r[4] * r[8] - r[5] * r[7]) - r[1] * (r[3] * r[8] - r[5] * r[6]) + r[2] * (r[3] * r[7] - r[4] * r[6]);
        double sign = determinant < 0 ? -1 : 1;
        (r[2], r[5], r[8]) = (sign * r[2], sign * r[5], sign * r[8]);
        double[] squares = [1 + r[0] + r[4] + r[8], 1 + r[0] - r[4] - r[8], 1 - r[0] + r[4] - r[8], 1 - r[0] - r[4] + r[8]];
        int largest = Array.IndexOf(squares, squares.Max());
        double twice = Math.Sqrt(squares[largest]), quarter = 0.5 / twice;
        (double a, double b, double c, double d) = largest switch
        {
            0 => (twice / 2, (r[7] - r[5]) * quarter, (r[2] - r[6]) * quarter, (r[3] - r[1]) * quarter),
            1 => ((r[7] - r[5]) * quarter, twice / 2, (r[1] + r[3]) * quarter, (r[2] + r[6]) * quarter),
            2 => ((r[2] - r[6]) * quarter, (r[1] + r[3]) * quarter, twice / 2, (r[5] + r[7]) * quarter),
            _ => ((r[3] - r[1]) * quarter, (r[2] + r[6]) * quarter, (r[5] + r[7]) * quarter, twice / 2),
        };
        return a < 0 ? (-b, -c, -d, sign) : (b, c, d, sign);
    }
}
