using System.Buffers.Binary;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Nifti;

/// <summary>What a NIfTI header says of the voxels, checked: sizes, type, scaling and the two placements in space.</summary>
/// <remarks>NIfTI-1: 348 bytes, NIfTI-2: 540 bytes, either byte order (nifti1.h, nifti2.h of the NIfTI data format working group).</remarks>
internal sealed record NiftiHeader
{
    public const int Bytes1 = 348, Bytes2 = 540;

    public int SizeX { get; private init; }
    public int SizeY { get; private init; }
    public int SizeZ { get; private init; }
    public NiftiVoxelType Type { get; private init; }
    public bool IsBigEndian { get; private init; }

    /// <summary>Whether the voxels lie in a file of their own (.img).</summary>
    public bool IsPair { get; private init; }

    public long VoxelOffset { get; private init; }
    public double Slope { get; private init; }
    public double Intercept { get; private init; }
    public required NiftiPlacement Placement { get; init; }

    public long VoxelCount => (long)SizeX * SizeY * SizeZ;

    public long VoxelBytes => VoxelCount * Type.Bytes();

    /// <summary>Whether values are scaled, as ITK decides it: a slope of 0 means 1.</summary>
    public bool IsScaled => Math.Abs(Slope - 1) > DoubleEpsilon || Math.Abs(Intercept) > DoubleEpsilon;

    /// <param name="start">The file's first bytes: 348 at least, 540 for NIfTI-2.</param>
    /// <param name="name">Of the file, for messages.</param>
    /// <exception cref="RadiomicsException">It is no NIfTI header, or of an image that is not read here.</exception>
    public static NiftiHeader Parse(ReadOnlySpan<byte> start, string name)
    {
        if (start.Length < Bytes1)
            throw new RadiomicsException($"{name} ends after {start.Length} bytes; a NIfTI header has {Bytes1}: the file is cut off. Copy it again");
        int size = BinaryPrimitives.ReadInt32LittleEndian(start), swapped = BinaryPrimitives.ReverseEndianness(size);
        bool isBigEndian = swapped is Bytes1 or Bytes2;
        if (isBigEndian) size = swapped;
        if (size is not (Bytes1 or Bytes2))
            throw new RadiomicsException($"{name} is no NIfTI file: it begins with {size}, not with a header size of {Bytes1} or {Bytes2}. " +
                "Images are read from .nii, .nii.gz and .hdr/.img");
        if (start.Length < size)
            throw new RadiomicsException($"{name} ends after {start.Length} bytes; a NIfTI-2 header has {Bytes2}: the file is cut off. Copy it again");
        return size == Bytes1 ? Parse1(new NiftiFields(start, isBigEndian), name) : Parse2(new NiftiFields(start, isBigEndian), name);
    }

    private static NiftiHeader Parse1(NiftiFields fields, string name)
    {
        ReadOnlySpan<byte> magic = fields.Span(344, 4);
        bool isPair = magic.SequenceEqual("ni1\0"u8);
        if (!isPair && !magic.SequenceEqual("n+1\0"u8))
            throw new RadiomicsException($"{name} has no NIfTI mark at byte 344: an Analyze 7.5 file does not say how it lies in the patient. " +
                "Convert it to NIfTI");
        Span<long> sizes = stackalloc long[8];
        Span<double> spacing = stackalloc double[4];
        for (int i = 0; i < 8; i++) sizes[i] = fields.Int16(40 + 2 * i);
        for (int i = 0; i < 4; i++) spacing[i] = fields.Single(76 + 4 * i);
        double[] sform = new double[12];
        for (int i = 0; i < 12; i++) sform[i] = fields.Single(280 + 4 * i);
        // Through a float, as it is stored; a fraction or a size beyond any file ends in the check of the offset.
        return Checked(name, sizes, fields.Int16(70), fields.IsBigEndian, isPair, Bytes1, fields.Single(108), fields.Single(112), fields.Single(116),
            new NiftiPlacement(spacing, fields.Byte(123), fields.Int16(252), [fields.Single(256), fields.Single(260), fields.Single(264)],
                [fields.Single(268), fields.Single(272), fields.Single(276)], fields.Int16(254), sform, isSingle: true));
    }

    private static NiftiHeader Parse2(NiftiFields fields, string name)
    {
        ReadOnlySpan<byte> magic = fields.Span(4, 8);
        bool isPair = magic.SequenceEqual("ni2\0\r\n\x1A\n"u8);
        if (!isPair && !magic.SequenceEqual("n+2\0\r\n\x1A\n"u8))
            throw new RadiomicsException($"{name} has a damaged NIfTI-2 mark at byte 4: it was changed on its way, perhaps copied as text. Copy it again");
        Span<long> sizes = stackalloc long[8];
        Span<double> spacing = stackalloc double[4];
        for (int i = 0; i < 8; i++) sizes[i] = fields.Int64(16 + 8 * i);
        for (int i = 0; i < 4; i++) spacing[i] = fields.Double(104 + 8 * i);
        double[] sform = new double[12];
        for (int i = 0; i < 12; i++) sform[i] = fields.Double(400 + 8 * i);
        return Checked(name, sizes, fields.Int16(12), fields.IsBigEndian, isPair, Bytes2, fields.Int64(168), fields.Double(176), fields.Double(184),
            new NiftiPlacement(spacing, (byte)fields.Int32(500), fields.Int32(344), [fields.Double(352), fields.Double(360), fields.Double(368)],
                [fields.Double(376), fields.Double(384), fields.Double(392)], fields.Int32(348), sform, isSingle: false));
    }

    private static NiftiHeader Checked(string name, ReadOnlySpan<long> sizes, int type, bool isBigEndian, bool isPair, int headerBytes, double offset,
        double slope, double intercept, NiftiPlacement placement)
    {
        if (sizes[0] is < 1 or > 7) throw Damaged($"says it has {sizes[0]} dimensions");
        string shape = string.Join(" x ", sizes.Slice(1, (int)sizes[0]).ToArray());
        for (int i = 4; i <= sizes[0]; i++)
            if (sizes[i] != 1)
                throw new RadiomicsException(
                    $"{name} has {sizes[0]} dimensions ({shape}): radiomics take one image of three. Cut one volume or channel out of it");
        if (sizes[0] < 3)
            throw new RadiomicsException($"{name} has {sizes[0]} dimensions ({shape}): radiomics take three; for a single slice write its third size as 1");
        for (int i = 1; i <= 3; i++)
            if (sizes[i] is < 1 or > int.MaxValue) throw Damaged($"is {shape} voxels large");
        if (((NiftiVoxelType)type).Bytes() == 0)
            throw new RadiomicsException(
                $"{name} has voxels of type {type}: whole and real numbers of 8 to 64 bits are read, no colours and no complex numbers. Convert it");
        if ((Int128)sizes[1] * sizes[2] * sizes[3] > Array.MaxLength)
            throw new RadiomicsException($"{name} is {shape} voxels large, more than memory takes: crop or resample it first");
        long least = isPair ? 0 : headerBytes;
        // Some writers leave the offset of a single file at 0; libraries read it as the end of the header.
        if (offset == 0) offset = least == 0 ? 0 : least + 4;
        if (!(offset >= least && offset <= 1L << 40) || offset != Math.Floor(offset))
            throw Damaged(FormattableString.Invariant($"says that its voxels begin at byte {offset}"));
        return new NiftiHeader
        {
            SizeX = (int)sizes[1],
            SizeY = (int)sizes[2],
            SizeZ = (int)sizes[3],
            Type = (NiftiVoxelType)type,
            IsBigEndian = isBigEndian,
            IsPair = isPair,
            VoxelOffset = (long)offset,
            Slope = !double.IsFinite(slope) || Math.Abs(slope) < DoubleEpsilon ? 1 : slope,
            Intercept = double.IsFinite(intercept) ? intercept : 0,
            Placement = placement,
        };

        RadiomicsException Damaged(string what) => new($"{name} {what}: the header is damaged. Copy or export the file again");
    }

    /// <summary>Distance from 1 to the next number: below it ITK takes a slope for 0.</summary>
    private const double DoubleEpsilon = 2.220446049250313e-16;
}

/// <summary>Fields of a header by their place in it, in its byte order.</summary>
internal readonly ref struct NiftiFields(ReadOnlySpan<byte> header, bool isBigEndian)
{
    private readonly ReadOnlySpan<byte> header = header;

    public bool IsBigEndian { get; } = isBigEndian;

    public ReadOnlySpan<byte> Span(int at, int length) => header.Slice(at, length);

    public byte Byte(int at) => header[at];

    public short Int16(int at) => IsBigEndian ? BinaryPrimitives.ReadInt16BigEndian(header[at..]) : BinaryPrimitives.ReadInt16LittleEndian(header[at..]);

    public int Int32(int at) => IsBigEndian ? BinaryPrimitives.ReadInt32BigEndian(header[at..]) : BinaryPrimitives.ReadInt32LittleEndian(header[at..]);

    public long Int64(int at) => IsBigEndian ? BinaryPrimitives.ReadInt64BigEndian(header[at..]) : BinaryPrimitives.ReadInt64LittleEndian(header[at..]);

    public double Single(int at) => BitConverter.Int32BitsToSingle(Int32(at));

    public double Double(int at) => BitConverter.Int64BitsToDouble(Int64(at));
}
