using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Kinds of message between the agent and the process that runs its models.</summary>
internal enum WorkerMessage
{
    // To the process
    Configure = 1, Open = 2, Run = 3, Stop = 4, Close = 5,

    // From the process
    Ready = 10, Opened = 11, Output = 12, Failed = 13, Stopped = 14,
}

/// <summary>A failure as it is sent.</summary>
internal sealed record WorkerFailure(FaultKind Kind, string Message);

/// <summary>
/// What passes over the two pipes: messages of a sign, a kind, a number (which run) and a length, then the body. Tensors are raw
/// little-endian floats behind their shape; all else is short JSON.
/// </summary>
internal static class WorkerExchange
{
    private const int Sign = 0x31464E49, Head = 16, MostDimensions = 8, LongestText = 1 << 16;

    /// <summary>Longest message, bytes.</summary>
    public const int Longest = 1 << 30;

    public static void WriteText<T>(Stream stream, WorkerMessage kind, int number, T content)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(content);
        WriteHead(stream, kind, number, body.Length);
        stream.Write(body);
        stream.Flush();
    }

    public static void WriteTensor(Stream stream, WorkerMessage kind, int number, int model, ReadOnlySpan<long> shape, ReadOnlySpan<float> values)
    {
        Span<byte> prefix = stackalloc byte[8 + 8 * MostDimensions];
        BinaryPrimitives.WriteInt32LittleEndian(prefix, model);
        BinaryPrimitives.WriteInt32LittleEndian(prefix[4..], shape.Length);
        for (int i = 0; i < shape.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(prefix[(8 + 8 * i)..], shape[i]);
        prefix = prefix[..(8 + 8 * shape.Length)];
        WriteHead(stream, kind, number, prefix.Length + sizeof(float) * values.Length);
        stream.Write(prefix);
        stream.Write(MemoryMarshal.AsBytes(values));
        stream.Flush();
    }

    /// <summary>Whether a tensor can be sent at all.</summary>
    public static bool Fits(int dimensions, int values) => dimensions is >= 0 and <= MostDimensions && values <= (Longest - 8 - 8 * MostDimensions) / sizeof(float);

    /// <returns>Null at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">It is no message of ours.</exception>
    public static (WorkerMessage Kind, int Number, int Length)? ReadHead(Stream stream)
    {
        Span<byte> head = stackalloc byte[Head];
        int read = stream.ReadAtLeast(head, Head, throwOnEndOfStream: false);
        if (read == 0) return null;
        if (read < Head) throw new EndOfStreamException("a message ends in its head");
        int Field(ReadOnlySpan<byte> bytes, int i) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
        int length = Field(head, 3);
        if (Field(head, 0) != Sign || length is < 0 or > Longest) throw new InvalidDataException("what was read is no message of the process that runs models");
        return ((WorkerMessage)Field(head, 1), Field(head, 2), length);
    }

    public static T ReadText<T>(Stream stream, int length)
    {
        if (length > LongestText) throw new InvalidDataException($"a text of {length} bytes is too long");
        byte[] body = new byte[length];
        stream.ReadExactly(body);
        try
        {
            return JsonSerializer.Deserialize<T>(body) ?? throw new InvalidDataException("an empty message");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("a message that cannot be read", e);
        }
    }

    public static (int Model, long[] Shape, float[] Values) ReadTensor(Stream stream, int length)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (length < prefix.Length) throw Wrong();
        stream.ReadExactly(prefix);
        int model = BinaryPrimitives.ReadInt32LittleEndian(prefix), dimensions = BinaryPrimitives.ReadInt32LittleEndian(prefix[4..]);
        int rest = length - prefix.Length - 8 * dimensions;
        if (dimensions is < 0 or > MostDimensions || rest < 0 || rest % sizeof(float) != 0) throw Wrong();
        long[] shape = new long[dimensions];
        stream.ReadExactly(MemoryMarshal.AsBytes(shape.AsSpan()));
        float[] values = new float[rest / sizeof(float)];
        stream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return (model, shape, values);

        static InvalidDataException Wrong() => new("a tensor whose shape and length disagree");
    }

    /// <summary>Messages are read by people: longer ones end in dots.</summary>
    public static string Shorten(string text) => Encoding.UTF8.GetByteCount(text) <= 8000 ? text : text[..2000] + " …";

    private static void WriteHead(Stream stream, WorkerMessage kind, int number, int length)
    {
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("tensors are sent as they lie in memory, little end first");
        Span<byte> head = stackalloc byte[Head];
        ReadOnlySpan<int> fields = [Sign, (int)kind, number, length];
        for (int i = 0; i < fields.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(head[(4 * i)..], fields[i]);
        stream.Write(head);
    }
}
