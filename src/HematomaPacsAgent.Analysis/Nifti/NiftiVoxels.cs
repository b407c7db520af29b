using System.Buffers.Binary;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>Voxels as they lie in a file, piece by piece, to numbers.</summary>
internal static class NiftiVoxels
{
    /// <summary>Bytes read at a time: a multiple of every voxel's.</summary>
    public const int PieceBytes = 64 * 1024;

    public delegate void Take(ReadOnlySpan<byte> piece, int firstVoxel);

    /// <summary>Skips to the first voxel, then hands over all of them in pieces, and nothing beyond.</summary>
    /// <exception cref="RadiomicsException">The file ends early.</exception>
    public static void Stream(NiftiFile.Rest source, long skip, NiftiHeader header, string name, Take take, CancellationToken cancellation)
    {
        byte[] buffer = new byte[PieceBytes];
        for (long left = skip; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = source.Read(buffer.AsSpan(0, (int)Math.Min(left, PieceBytes)));
            if (count == 0) throw CutOff(0);
            left -= count;
        }

        int width = header.Type.Bytes();
        for (long done = 0; done < header.VoxelBytes;)
        {
            cancellation.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(header.VoxelBytes - done, PieceBytes);
            int count = source.Read(buffer.AsSpan(0, wanted));
            if (count < wanted) throw CutOff(done + count);
            take(buffer.AsSpan(0, count), (int)(done / width));
            done += count;
        }

        // One byte beyond makes gzip check its sum where the voxels are the file's last.
        source.Read(buffer.AsSpan(0, 1));

        RadiomicsException CutOff(long had) =>
            new($"{name} ends early: {had} of {header.VoxelBytes} bytes of voxels are there. The file is cut off. Copy it again");
    }

    /// <summary>Numbers of any type and byte order as doubles. Whole numbers of 64 bits lose what is beyond 53.</summary>
    public static void Widen(ReadOnlySpan<byte> piece, NiftiVoxelType type, bool isBigEndian, Span<double> target)
    {
        bool swap = isBigEndian == BitConverter.IsLittleEndian;
        switch (type)
        {
            case NiftiVoxelType.UInt8:
                for (int i = 0; i < target.Length; i++) target[i] = piece[i];
                break;
            case NiftiVoxelType.Int8:
                for (int i = 0; i < target.Length; i++) target[i] = (sbyte)piece[i];
                break;
            case NiftiVoxelType.Int16:
                ReadOnlySpan<short> shorts = MemoryMarshal.Cast<byte, short>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(shorts[i]) : shorts[i];
                break;
            case NiftiVoxelType.UInt16:
                ReadOnlySpan<ushort> words = MemoryMarshal.Cast<byte, ushort>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(words[i]) : words[i];
                break;
            case NiftiVoxelType.Int32:
                ReadOnlySpan<int> ints = MemoryMarshal.Cast<byte, int>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(ints[i]) : ints[i];
                break;
            case NiftiVoxelType.UInt32:
                ReadOnlySpan<uint> uints = MemoryMarshal.Cast<byte, uint>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(uints[i]) : uints[i];
                break;
            case NiftiVoxelType.Int64:
                ReadOnlySpan<long> longs = MemoryMarshal.Cast<byte, long>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(longs[i]) : longs[i];
                break;
            case NiftiVoxelType.UInt64:
                ReadOnlySpan<ulong> ulongs = MemoryMarshal.Cast<byte, ulong>(piece);
                for (int i = 0; i < target.Length; i++) target[i] = swap ? BinaryPrimitives.ReverseEndianness(ulongs[i]) : ulongs[i];
                break;
            case NiftiVoxelType.Float32:
                ReadOnlySpan<int> singles = MemoryMarshal.Cast<byte, int>(piece);
                for (int i = 0; i < target.Length; i++)
                    target[i] = BitConverter.Int32BitsToSingle(swap ? BinaryPrimitives.ReverseEndianness(singles[i]) : singles[i]);
                break;
            default:
                ReadOnlySpan<long> doubles = MemoryMarshal.Cast<byte, long>(piece);
                for (int i = 0; i < target.Length; i++)
                    target[i] = BitConverter.Int64BitsToDouble(swap ? BinaryPrimitives.ReverseEndianness(doubles[i]) : doubles[i]);
                break;
        }
    }

    /// <summary>value x slope + intercept, kept in single precision as ITK keeps it, unless the voxels themselves are double.</summary>
    public static void Scale(Span<double> values, double slope, double intercept, bool isDouble)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double scaled = values[i] * slope + intercept;
            values[i] = isDouble ? scaled : (float)scaled;
        }
    }
}
