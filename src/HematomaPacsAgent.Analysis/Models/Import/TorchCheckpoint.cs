using System.Buffers.Binary;
using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <param name="Shape">Empty for a single number.</param>
/// <param name="Values">In C order; whole numbers become floats.</param>
internal sealed record TorchTensor(int[] Shape, float[] Values);

/// <summary>
/// Reads the tensors of a PyTorch state dict, as <c>torch.save</c> writes it: the format before 1.6 (pickles, then raw storages) and the zip after it.
/// No code in the file is run: see <see cref="PickleReader"/>. Little-endian files only.
/// </summary>
internal sealed class TorchCheckpoint
{
    private const int Longest = 512 * 1024 * 1024, MostDimensions = 8;
    private const string Rebuild = "torch._utils._rebuild_tensor_v2", Ordered = "collections.OrderedDict";

    // The first pickle of the older format, "so that no one mistakes it" (torch/serialization.py).
    private static readonly BigInteger Magic = BigInteger.Parse("119547037146038801333356", System.Globalization.CultureInfo.InvariantCulture);

    private static readonly Dictionary<string, int> ElementBytes = new()
    {
        ["torch.FloatStorage"] = 4, ["torch.DoubleStorage"] = 8, ["torch.HalfStorage"] = 2, ["torch.LongStorage"] = 8, ["torch.IntStorage"] = 4,
    };

    private readonly Dictionary<string, Storage> storages = new(StringComparer.Ordinal);
    private readonly List<Unread> tensors = [];
    private readonly long fileBytes;

    private TorchCheckpoint(long fileBytes) => this.fileBytes = fileBytes;

    /// <summary>The tensors by name.</summary>
    /// <exception cref="ModelPackageException">Not such a file, damaged, or it would run code. Names the file.</exception>
    public static IReadOnlyDictionary<string, TorchTensor> Read(string path)
    {
        if (!File.Exists(path)) throw new ModelPackageException($"{path} is not there. Remedy: name the folder with the weight files");
        if (new FileInfo(path).Length > Longest) throw new ModelPackageException($"{path} is larger than {Longest >> 20} MiB: it is no file of such weights");
        try
        {
            return Read(File.ReadAllBytes(path));
        }
        catch (InvalidDataException wrong)
        {
            throw new ModelPackageException(
                $"{path} is not a PyTorch state dict that can be read safely: {wrong.Message}. Remedy: fetch the file anew from its publisher, "
                + "or save the model's state_dict() alone", wrong);
        }
    }

    /// <exception cref="InvalidDataException">Says what it holds instead.</exception>
    internal static IReadOnlyDictionary<string, TorchTensor> Read(byte[] file)
    {
        TorchCheckpoint checkpoint = new(file.Length);
        object? root = file.AsSpan().StartsWith("PK\x3\x4"u8) ? checkpoint.ReadZip(file) : checkpoint.ReadLegacy(file);
        if (root is not Dictionary<object, object?> names) throw new InvalidDataException("it holds no dictionary of tensors");
        long elements = checkpoint.tensors.Sum(tensor => (long)tensor.Count);
        if (elements > file.Length) throw new InvalidDataException("its tensors are larger than the file");
        Dictionary<string, TorchTensor> result = new(StringComparer.Ordinal);
        foreach ((object name, object? value) in names)
            result[name as string ?? throw new InvalidDataException("a tensor's name is no text")] =
                (value as Unread ?? throw new InvalidDataException($"'{name}' is no tensor")).Values();
        return result;
    }

    private PickleReader Pickles(byte[] bytes) => new(bytes, 0, name => name is Rebuild or Ordered || ElementBytes.ContainsKey(name), Call, Load);

    private object Call(PickleGlobal target, object?[] arguments) => (target.Name, arguments) switch
    {
        (Ordered, []) => new Dictionary<object, object?>(),
        (Rebuild, [Storage storage, long offset, object?[] size, object?[] stride, ..]) => Tensor(storage, offset, size, stride),
        _ => throw new InvalidDataException($"it has a call of '{target.Name}' as no state dict has it"),
    };

    private Storage Load(object?[] persistentId)
    {
        if (persistentId is not ["storage", PickleGlobal type, string key, string, long count, ..] || !ElementBytes.TryGetValue(type.Name, out int bytes)
            || count < 0 || count > fileBytes / bytes || (persistentId.Length > 5 && persistentId[5] is not null))
            throw new InvalidDataException("it has a storage that is not described as torch does, or is larger than the file");
        if (!storages.TryGetValue(key, out Storage? known)) storages[key] = known = new Storage(type.Name, bytes, count);
        return known.Count == count && known.Type == type.Name ? known : throw new InvalidDataException($"it has two descriptions of the storage {key}");
    }

    private object? ReadLegacy(byte[] file)
    {
        PickleReader reader = Pickles(file);
        if (file.Length < 2 || file[0] != 0x80 || reader.Read() is not BigInteger magic || magic != Magic)
            throw new InvalidDataException("it does not begin as torch.save writes");
        if (reader.Read() is not 1001L) throw new InvalidDataException("its protocol is not 1001");
        if (reader.Read() is not Dictionary<object, object?> system || system.GetValueOrDefault("little_endian") is not true)
            throw new InvalidDataException("it was not written on a little-endian machine");
        object? root = reader.Read();
        if (reader.Read() is not List<object?> keys) throw new InvalidDataException("its list of storages is missing");
        int at = reader.Position;
        foreach (object? key in keys)
        {
            if (key is not string name || !storages.TryGetValue(name, out Storage? storage) || storage.Content is not null)
                throw new InvalidDataException("its list of storages does not fit its tensors");
            if (file.Length - at < 8 || BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at)) != storage.Count
                || file.Length - at - 8 < storage.Count * storage.Bytes)
                throw new InvalidDataException($"the storage {name} is cut off or has another length than its tensor says");
            storage.Content = file.AsMemory(at + 8, (int)storage.Count * storage.Bytes);
            at += 8 + storage.Content.Value.Length;
        }

        return root;
    }

    private object? ReadZip(byte[] file)
    {
        using ZipArchive zip = new(new MemoryStream(file, writable: false));
        ZipArchiveEntry[] pickles = [.. zip.Entries.Where(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal))];
        if (pickles.Length != 1) throw new InvalidDataException("it is a zip without one data.pkl");
        string root = pickles[0].FullName[..^"data.pkl".Length];
        if (zip.GetEntry(root + "byteorder") is { } order && !Content(order).AsSpan().SequenceEqual("little"u8))
            throw new InvalidDataException("it was not written on a little-endian machine");
        object? value = Pickles(Content(pickles[0])).Read();
        foreach ((string key, Storage storage) in storages)
        {
            byte[] content = Content(zip.GetEntry($"{root}data/{key}") ?? throw new InvalidDataException($"the storage {key} is missing"));
            if (content.Length != storage.Count * storage.Bytes) throw new InvalidDataException($"the storage {key} has another length than its tensor says");
            storage.Content = content;
        }

        return value;
    }

    /// <summary>torch stores without compression, so nothing can unpack to more than the file.</summary>
    private static byte[] Content(ZipArchiveEntry entry)
    {
        if (entry.CompressedLength != entry.Length) throw new InvalidDataException("it is a compressed zip, which torch.save does not write");
        byte[] content = new byte[entry.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(content);
        return content;
    }

    private Unread Tensor(Storage storage, long offset, object?[] size, object?[] stride)
    {
        if (size.Length > MostDimensions || size.Length != stride.Length) throw new InvalidDataException("it has a tensor of an impossible shape");
        long count = 1;
        foreach (object? n in size)
            count = n is long side and >= 0 && side <= int.MaxValue && (count == 0 || side <= storage.Count / count) ? count * side
                : throw new InvalidDataException("it has a tensor larger than its storage");
        long step = 1;
        for (int i = size.Length - 1; i >= 0; step *= (long)size[i--]!)
            if (count > 0 && (long)size[i]! > 1 && (stride[i] is not long given || given != step))
                throw new InvalidDataException("it has a tensor whose values do not lie in order (save it with .contiguous())");
        if (offset < 0 || offset > storage.Count - count) throw new InvalidDataException("it has a tensor beyond the end of its storage");
        Unread tensor = new(storage, (int)offset, (int)count, [.. size.Select(n => (int)(long)n!)]);
        tensors.Add(tensor);
        return tensor;
    }

    private sealed class Storage(string type, int bytes, long count)
    {
        public string Type => type;
        public int Bytes => bytes;
        public long Count => count;
        public ReadOnlyMemory<byte>? Content { get; set; }
    }

    private sealed record Unread(Storage Storage, int Offset, int Count, int[] Shape)
    {
        public TorchTensor Values()
        {
            if (Storage.Content is not { } content) throw new InvalidDataException("it has a tensor whose storage is missing");
            ReadOnlySpan<byte> bytes = content.Span.Slice(Offset * Storage.Bytes, Count * Storage.Bytes);
            float[] values = new float[Count];
            switch (Storage.Type)
            {
                case "torch.FloatStorage": MemoryMarshal.Cast<byte, float>(bytes).CopyTo(values); break;
                case "torch.DoubleStorage": Convert<double>(bytes, values, n => (float)n); break;
                case "torch.HalfStorage": Convert<Half>(bytes, values, n => (float)n); break;
                case "torch.LongStorage": Convert<long>(bytes, values, n => n); break;
                case "torch.IntStorage": Convert<int>(bytes, values, n => n); break;
            }

            return new TorchTensor(Shape, values);
        }

        private static void Convert<T>(ReadOnlySpan<byte> bytes, float[] values, Func<T, float> convert) where T : struct
        {
            ReadOnlySpan<T> source = MemoryMarshal.Cast<byte, T>(bytes);
            for (int i = 0; i < values.Length; i++) values[i] = convert(source[i]);
        }
    }
}
