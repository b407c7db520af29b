namespace HematomaPacsAgent.Analysis.Tests.Nifti;

/// <summary>A NIfTI file made by hand, field by field, so that the reader is not tested against our own writer alone.</summary>
internal sealed class NiftiBytes
{
    public int[] Dim { get; init; } = [3, 3, 2, 2, 1, 1, 1, 1];
    public double[] Pixdim { get; init; } = [1, 0.5, 0.75, 2, 0, 0, 0, 0];
    public int Type { get; init; } = 4;
    public double Slope { get; init; }
    public double Intercept { get; init; }
    public int Units { get; init; } = 2;
    public int QformCode { get; init; }
    public double[] Quaternion { get; init; } = [0, 0, 0, 0, 0, 0];
    public int SformCode { get; init; }
    public double[] Sform { get; init; } = new double[12];
    public bool IsBigEndian { get; init; }
    public bool IsVersion2 { get; init; }
    public bool IsPair { get; init; }
    public double? Offset { get; init; }

    /// <summary>The voxels of the file that has them: bytes of each value by <see cref="Type"/>.</summary>
    public static byte[] Voxel(int type, double value, bool isBigEndian)
    {
        byte[] bytes = type switch
        {
            2 => [(byte)value],
            256 => [(byte)(sbyte)value],
            4 => BitConverter.GetBytes((short)value),
            512 => BitConverter.GetBytes((ushort)value),
            8 => BitConverter.GetBytes((int)value),
            768 => BitConverter.GetBytes((uint)value),
            1024 => BitConverter.GetBytes((long)value),
            1280 => BitConverter.GetBytes((ulong)value),
            16 => BitConverter.GetBytes((float)value),
            64 => BitConverter.GetBytes(value),
            _ => new byte[4],
        };
        if (isBigEndian) Array.Reverse(bytes);
        return bytes;
    }

    public byte[] File(params double[] voxels)
    {
        byte[] header = Header();
        int start = IsPair ? header.Length : (IsVersion2 ? 544 : 352);
        return [.. header, .. new byte[start - header.Length], .. Voxels(voxels)];
    }

    public byte[] Voxels(params double[] voxels) => [.. voxels.SelectMany(value => Voxel(Type, value, IsBigEndian))];

    public byte[] Header()
    {
        byte[] h = new byte[IsVersion2 ? 540 : 348];
        if (IsVersion2)
        {
            Int32(0, 540);
            (IsPair ? "ni2\0\r\n\x1A\n"u8 : "n+2\0\r\n\x1A\n"u8).CopyTo(h.AsSpan(4));
            Int16(12, Type);
            for (int i = 0; i < 8; i++) Int64(16 + 8 * i, Dim[i]);
            for (int i = 0; i < 8; i++) Double(104 + 8 * i, Pixdim[i]);
            Int64(168, (long)(Offset ?? (IsPair ? 0 : 544)));
            Double(176, Slope);
            Double(184, Intercept);
            Int32(344, QformCode);
            Int32(348, SformCode);
            for (int i = 0; i < 6; i++) Double(352 + 8 * i, Quaternion[i]);
            for (int i = 0; i < 12; i++) Double(400 + 8 * i, Sform[i]);
            Int32(500, Units);
            return h;
        }

        Int32(0, 348);
        for (int i = 0; i < 8; i++) Int16(40 + 2 * i, Dim[i]);
        Int16(70, Type);
        for (int i = 0; i < 8; i++) Single(76 + 4 * i, Pixdim[i]);
        Single(108, Offset ?? (IsPair ? 0 : 352));
        Single(112, Slope);
        Single(116, Intercept);
        h[123] = (byte)Units;
        Int16(252, QformCode);
        Int16(254, SformCode);
        for (int i = 0; i < 6; i++) Single(256 + 4 * i, Quaternion[i]);
        for (int i = 0; i < 12; i++) Single(280 + 4 * i, Sform[i]);
        (IsPair ? "ni1\0"u8 : "n+1\0"u8).CopyTo(h.AsSpan(344));
        return h;

        void Put(int at, byte[] bytes)
        {
            if (IsBigEndian) Array.Reverse(bytes);
            bytes.CopyTo(h, at);
        }

        void Int16(int at, int value) => Put(at, BitConverter.GetBytes((short)value));
        void Int32(int at, int value) => Put(at, BitConverter.GetBytes(value));
        void Int64(int at, long value) => Put(at, BitConverter.GetBytes(value));
        void Single(int at, double value) => Put(at, BitConverter.GetBytes((float)value));
        void Double(int at, double value) => Put(at, BitConverter.GetBytes(value));
    }
}
