using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Arrays in NumPy's .npy format (1.0), as golden inputs and outputs are kept: float32, and float16 to read.</summary>
internal static partial class NpyFile
{
    private const int Longest = 256 * 1024 * 1024;

    /// <exception cref="ModelPackageException">It is not such a file.</exception>
    public static (int[] Shape, float[] Values) Read(string path)
    {
        if (!File.Exists(path)) throw new ModelPackageException($"{path} is not there. Remedy: install the package anew");
        if (new FileInfo(path).Length > Longest) throw new ModelPackageException($"{path} is larger than {Longest} bytes");
        return Parse(path, File.ReadAllBytes(path));
    }

    /// <summary>The arrays of a .npz file (a zip of .npy files) by name.</summary>
    /// <exception cref="ModelPackageException">It is not such a file.</exception>
    public static IReadOnlyDictionary<string, (int[] Shape, float[] Values)> ReadZip(string path)
    {
        Dictionary<string, (int[], float[])> arrays = new(StringComparer.Ordinal);
        try
        {
            using ZipArchive zip = ZipFile.OpenRead(path);
            if (zip.Entries.Any(entry => entry.Length > Longest) || zip.Entries.Sum(entry => entry.Length) > Longest)
                throw new ModelPackageException($"{path} unpacks to more than {Longest} bytes");
            foreach (ZipArchiveEntry entry in zip.Entries)
            {
                byte[] bytes = new byte[entry.Length];
                using Stream stream = entry.Open();
                stream.ReadExactly(bytes);
                arrays[Path.GetFileNameWithoutExtension(entry.FullName)] = Parse($"{path}, {entry.FullName}", bytes);
            }
        }
        catch (Exception wrong) when (wrong is InvalidDataException or EndOfStreamException)
        {
            throw new ModelPackageException($"{path} is no .npz file or is damaged: {wrong.Message} Remedy: fetch it anew", wrong);
        }

        return arrays;
    }

    private static (int[] Shape, float[] Values) Parse(string path, byte[] bytes)
    {
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes.AsSpan(1, 5).SequenceEqual("NUMPY"u8) || bytes[6] != 1)
            throw new ModelPackageException($"{path} is not a .npy file of version 1.0");
        int start = 10 + BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8));
        Match header = start <= bytes.Length ? Header().Match(Encoding.ASCII.GetString(bytes, 10, start - 10)) : Match.Empty;
        if (!header.Success) throw new ModelPackageException($"{path} does not hold float32 or float16 values in C order");
        string[] numbers = header.Groups[2].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        int[] shape = [.. numbers.Select(text =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n <= Longest ? n : -1)];
        Int128 count = shape.Contains(-1) || shape.Length > 5 ? -1 : shape.Aggregate((Int128)1, (product, n) => product * n);
        int width = header.Groups[1].Value == "2" ? 2 : 4;
        if (count * width != bytes.Length - start)
            throw new ModelPackageException(
                $"{path} holds {bytes.Length - start} bytes for {count} values: it is damaged");
        if (width == 4) return (shape, MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start)).ToArray());
        float[] values = new float[(int)count];
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(bytes.AsSpan(start));
        for (int i = 0; i < values.Length; i++) values[i] = (float)halves[i];
        return (shape, values);
    }

    /// <param name="path">Written anew.</param>
    /// <param name="shape">At most five sides.</param>
    /// <param name="values">In C order, as many as the shape holds.</param>
    public static void Write(string path, IReadOnlyList<int> shape, ReadOnlySpan<float> values)
    {
        if (shape.Count is < 1 or > 5 || shape.Aggregate((Int128)1, (product, n) => product * n) != values.Length)
            throw new ArgumentException($"{values.Length} values do not fill the shape [{string.Join(", ", shape)}]", nameof(shape));
        string text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}{(shape.Count == 1 ? "," : "")}), }}";
        // The values begin at a multiple of 64 bytes, as the format asks.
        byte[] header = Encoding.ASCII.GetBytes(text.PadRight((text.Length + 11 + 63) / 64 * 64 - 11) + "\n");
        using FileStream stream = File.Create(path);
        stream.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        stream.Write(header);
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    [GeneratedRegex(@"'descr': '<f([24])', 'fortran_order': False, 'shape': \(([\d, ]*)\)")]
    private static partial Regex Header();
}
