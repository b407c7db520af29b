using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

/// <summary>Small state dicts, byte by byte as torch.save writes them, with one float tensor <c>w</c>.</summary>
internal static class TorchFiles
{
    private static readonly byte[] Head =
    [
        0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.', // the magic number
        0x80, 2, (byte)'M', 0xe9, 3, (byte)'.', // protocol 1001
        0x80, 2, (byte)'}', .. Text("little_endian"), 0x88, (byte)'s', (byte)'.',
    ];

    public static byte[] Legacy(float[] values, int[] shape, long? storageCount = null) =>
    [
        .. Head, .. StateDict(values.Length, shape),
        0x80, 2, (byte)']', .. Text("0"), (byte)'a', (byte)'.', .. Count(storageCount ?? values.Length), .. Bytes(values),
    ];

    /// <summary>The older format with another pickle in place of the tensors.</summary>
    public static byte[] LegacyWith(byte[] pickle) => [.. Head, .. pickle, 0x80, 2, (byte)']', (byte)'.'];

    public static byte[] Zip(float[] values, int[] shape, bool compressed = false)
    {
        using MemoryStream stream = new();
        using (ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add("archive/data.pkl", StateDict(values.Length, shape));
            Add("archive/byteorder", Encoding.ASCII.GetBytes("little"));
            Add("archive/data/0", Bytes(values));

            void Add(string name, byte[] content)
            {
                using Stream entry = zip.CreateEntry(name, compressed ? CompressionLevel.Optimal : CompressionLevel.NoCompression).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    public static byte[] Global(string module, string name) => Encoding.ASCII.GetBytes($"c{module}\n{name}\n");

    public static byte[] Text(string text) => [(byte)'X', (byte)text.Length, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];

    private static byte[] StateDict(int count, int[] shape)
    {
        List<byte> strides = [];
        for (int i = 0, step = 1; i < shape.Length; step *= shape[shape.Length - 1 - i++]) strides.InsertRange(0, Whole(step));
        return
        [
            0x80, 2, .. Global("collections", "OrderedDict"), (byte)')', (byte)'R', .. Text("w"),
            .. Global("torch._utils", "_rebuild_tensor_v2"), (byte)'(', (byte)'(',
            .. Text("storage"), .. Global("torch", "FloatStorage"), .. Text("0"), .. Text("cpu"), .. Whole(count), (byte)'t', (byte)'Q',
            .. Whole(0), (byte)'(', .. shape.SelectMany(Whole), (byte)'t', (byte)'(', .. strides, (byte)'t', 0x89,
            .. Global("collections", "OrderedDict"), (byte)')', (byte)'R',
            (byte)'t', (byte)'R', (byte)'s', (byte)'.',
        ];
    }

    private static byte[] Whole(int value) => [(byte)'J', (byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];

    private static byte[] Count(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Bytes(float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
