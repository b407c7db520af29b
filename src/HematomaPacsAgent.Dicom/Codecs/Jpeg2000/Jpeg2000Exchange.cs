using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>What passes between us and the process that decodes. A request is the frame's format and its compressed bytes, an answer the
/// frame or why there is
/// none; each with its length before it. First of all the process says that it is ready.</summary>
internal static class Jpeg2000Exchange
{
    private const int RequestHead = 24, AnswerHead = 8, Sign = 0x4A324B31, Decoded = 1, Refused = 2, Ready = 3;

    /// <summary>Longest reason of a refusal.</summary>
    private const int LongestReason = 4096;

    public static void WriteRequest(Stream stream, PixelFormat format, ReadOnlySpan<byte> compressed)
    {
        Span<byte> head = stackalloc byte[RequestHead];
        int samples = format.SamplesPerPixel | (format.IsSigned ? 1 << 8 : 0), bits = format.BitsAllocated | format.BitsStored << 8;
        ReadOnlySpan<int> fields = [Sign, format.Rows, format.Columns, samples, bits, compressed.Length];
        for (int i = 0; i < fields.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(head[(4 * i)..], fields[i]);
        stream.Write(head);
        stream.Write(compressed);
        stream.Flush();
    }

    /// <returns>Null at the end of the stream: nobody asks any more.</returns>
    public static (PixelFormat Format, byte[] Compressed)? ReadRequest(Stream stream)
    {
        Span<byte> head = stackalloc byte[RequestHead];
        if (stream.ReadAtLeast(head, RequestHead, throwOnEndOfStream: false) < RequestHead) return null;
        int Field(ReadOnlySpan<byte> bytes, int i) => BinaryPrimitives.ReadInt32LittleEndian(bytes[(4 * i)..]);
        if (Field(head, 0) != Sign || Field(head, 5) < 0) throw new InvalidDataException("no request");
        PixelFormat format = new(Field(head, 1), Field(head, 2), Field(head, 3) & 255, Field(head, 4) & 255, Field(head, 4) >> 8,
            (Field(head, 3) & 1 << 8) != 0);
        byte[] compressed = new byte[Field(head, 5)];
        stream.ReadExactly(compressed);
        return (format, compressed);
    }

    public static void WriteFrame(Stream stream, ReadOnlySpan<byte> frame) => WriteAnswer(stream, Decoded, frame);

    public static void WriteRefusal(Stream stream, string reason) =>
        WriteAnswer(stream, Refused, Encoding.UTF8.GetBytes(reason.Length <= LongestReason / 4 ? reason : reason[..(LongestReason / 4)]));

    public static void WriteReady(Stream stream) => WriteAnswer(stream, Ready, []);

    /// <exception cref="EndOfStreamException">The process died.</exception>
    /// <exception cref="InvalidDataException">It is another program.</exception>
    public static void ReadReady(Stream stream)
    {
        if (ReadHead(stream) != (Ready, 0)) throw OutOfTurn();
    }

    /// <summary>Reads an answer, into <paramref name="frame"/> if it is one.</summary>
    /// <returns>Why the stream could not be decoded; null when it was.</returns>
    /// <exception cref="EndOfStreamException">The process died.</exception>
    /// <exception cref="InvalidDataException">The process lost its way.</exception>
    public static string? ReadAnswer(Stream stream, Span<byte> frame)
    {
        (int kind, int length) = ReadHead(stream);
        if (kind == Decoded && length == frame.Length)
        {
            stream.ReadExactly(frame);
            return null;
        }

        if (kind != Refused || length is < 0 or > LongestReason) throw OutOfTurn();
        byte[] reason = new byte[length];
        stream.ReadExactly(reason);
        return Encoding.UTF8.GetString(reason);
    }

    private static (int Kind, int Length) ReadHead(Stream stream)
    {
        Span<byte> head = stackalloc byte[AnswerHead];
        stream.ReadExactly(head);
        return (BinaryPrimitives.ReadInt32LittleEndian(head), BinaryPrimitives.ReadInt32LittleEndian(head[4..]));
    }

    private static InvalidDataException OutOfTurn() => new("the decoding process answered out of turn");

    private static void WriteAnswer(Stream stream, int kind, ReadOnlySpan<byte> body)
    {
        Span<byte> head = stackalloc byte[AnswerHead];
        BinaryPrimitives.WriteInt32LittleEndian(head, kind);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], body.Length);
        stream.Write(head);
        stream.Write(body);
        stream.Flush();
    }
}
