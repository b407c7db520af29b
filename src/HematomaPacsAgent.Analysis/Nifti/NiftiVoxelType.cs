namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>How a NIfTI file stores a voxel: its <c>datatype</c> codes, without colours and complex numbers.</summary>
public enum NiftiVoxelType
{
    UInt8 = 2,
    Int16 = 4,
    Int32 = 8,
    Float32 = 16,
    Float64 = 64,
    Int8 = 256,
    UInt16 = 512,
    UInt32 = 768,
    Int64 = 1024,
    UInt64 = 1280,
}

internal static class NiftiVoxelTypes
{
    /// <summary>Bytes of a voxel; 0 for a code that is not read here.</summary>
    public static int Bytes(this NiftiVoxelType type) => type switch
    {
        NiftiVoxelType.UInt8 or NiftiVoxelType.Int8 => 1,
        NiftiVoxelType.Int16 or NiftiVoxelType.UInt16 => 2,
        NiftiVoxelType.Int32 or NiftiVoxelType.UInt32 or NiftiVoxelType.Float32 => 4,
        NiftiVoxelType.Int64 or NiftiVoxelType.UInt64 or NiftiVoxelType.Float64 => 8,
        _ => 0,
    };

    /// <summary>Smallest and largest number that an integer type holds; null for real numbers.</summary>
    public static (double Minimum, double Maximum)? IntegerRange(this NiftiVoxelType type) => type switch
    {
        NiftiVoxelType.UInt8 => (byte.MinValue, byte.MaxValue),
        NiftiVoxelType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        NiftiVoxelType.UInt16 => (ushort.MinValue, ushort.MaxValue),
        NiftiVoxelType.Int16 => (short.MinValue, short.MaxValue),
        NiftiVoxelType.UInt32 => (uint.MinValue, uint.MaxValue),
        NiftiVoxelType.Int32 => (int.MinValue, int.MaxValue),
        NiftiVoxelType.UInt64 => (ulong.MinValue, ulong.MaxValue),
        NiftiVoxelType.Int64 => (long.MinValue, long.MaxValue),
        _ => null,
    };
}
