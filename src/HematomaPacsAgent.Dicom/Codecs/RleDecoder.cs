using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>RLE Lossless (1.2.840.10008.1.2.5): one PackBits segment for every byte of a sample, most significant byte first.</summary>
/// <remarks>PS3.5 Annex G.</remarks>
public sealed class RleDecoder : IPixelDecoder
{
    private const int HeaderBytes = 64;
    private const int RunsBetweenChecks = 1 << 14;

    public static RleDecoder Instance { get; } = new();

    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        if (stream.Length < HeaderBytes)
            throw new DicomFormatException($"RLE frame of {stream.Length} bytes: its header alone takes {HeaderBytes}");
        int segments = format.SamplesPerPixel * format.BytesPerSample;
        uint stated = BinaryPrimitives.ReadUInt32LittleEndian(stream);
        if (stated != segments)
            throw new DicomFormatException(
                $"RLE frame has {stated} segments; {format.SamplesPerPixel} samples of {format.BitsAllocated} bits have {segments}");

        for (int segment = 0; segment < segments; segment++)
        {
            cancellation.ThrowIfCancellationRequested();
            long start = Offset(stream, segment), end = segment + 1 < segments ? Offset(stream, segment + 1) : stream.Length;
            if (start < HeaderBytes || end < start || end > stream.Length)
                throw new DicomFormatException(
                    $"RLE segment {segment + 1} is at bytes {start} to {end} of {stream.Length}: the frame is cut off or its header wrong");
            // The first segment of a sample has its last byte in memory.
            int width = format.BytesPerSample, place = segment / width * width + width - 1 - segment % width;
            if (!Unpack(stream[(int)start..(int)end], target[place..], segments, cancellation))
                throw new DicomFormatException($"RLE segment {segment + 1} of {segments} fills less than the frame: the stream is cut off");
        }
    }

    private static uint Offset(ReadOnlySpan<byte> stream, int segment) =>
        BinaryPrimitives.ReadUInt32LittleEndian(stream[(4 + 4 * segment)..]);

    /// <summary>Writes every <paramref name="stride"/>th byte up to the target's end. What a segment has beyond is padding.</summary>
    private static bool Unpack(ReadOnlySpan<byte> source, Span<byte> target, int stride, CancellationToken cancellation)
    {
        int read = 0, written = 0;
        for (int runs = 1; written < target.Length; runs++)
        {
            if (runs % RunsBetweenChecks == 0) cancellation.ThrowIfCancellationRequested();
            if ((uint)read >= (uint)source.Length) return false;
            int control = (sbyte)source[read++];
            if (control >= 0)
            {
                int left = source.Length - read, count = Math.Min(control + 1, (target.Length - written + stride - 1) / stride);
                if (count > left) return false;
                foreach (byte value in source.Slice(read, count))
                {
                    target[written] = value;
                    written += stride;
                }

                read += count;
            }
            else if (control != sbyte.MinValue)
            {
                if (read == source.Length) return false;
                byte value = source[read++];
                int end = (int)Math.Min(target.Length, written + (long)(1 - control) * stride);
                for (; written < end; written += stride) target[written] = value;
            }
        }

        return true;
    }
}
