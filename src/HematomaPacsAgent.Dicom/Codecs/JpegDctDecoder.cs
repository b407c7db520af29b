using System.Buffers.Binary;
using JpegLibrary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>JPEG with discrete cosine transform, 8 and 12 bits: 1.2.840.10008.1.2.4.50 and .51. The transform is JpegLibrary's; what goes
/// into it is
/// checked here first, since it takes some frame types for others without a word.</summary>
/// <remarks>ISO 10918-1 frame types SOF0 and SOF1 (processes 1, 2, 4); PS3.5 §A.4.1</remarks>
public sealed class JpegDctDecoder : IPixelDecoder
{
    private const byte Baseline = 0xC0, ExtendedSequential = 0xC1;

    public static JpegDctDecoder Instance { get; } = new();

    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        int precision = Check(stream, format);
        cancellation.ThrowIfCancellationRequested();
        BlockWriter blocks = new(format, precision);
        try
        {
            JpegDecoder decoder = new();
            decoder.SetInput(stream.ToArray());
            decoder.Identify();
            decoder.SetOutputWriter(blocks);
            decoder.Decode();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new DicomFormatException($"JPEG stream is damaged: {e.Message}", e);
        }

        blocks.CopyTo(target);
    }

    /// <summary>Walks the headers: one frame of a type decoded here, of the size that the data set says, and an end that came.</summary>
    /// <returns>Bits of a sample.</returns>
    private static int Check(ReadOnlySpan<byte> stream, PixelFormat format)
    {
        JpegMarkerReader markers = new(stream);
        markers.ExpectStart();
        int precision = 0;
        bool ended = false;
        while (!ended && markers.TryNext(out byte marker))
        {
            if (marker == JpegMarker.Eoi) ended = true;
            else if (marker is >= JpegMarker.Rst0 and < JpegMarker.Soi) continue;
            else if (marker is Baseline or ExtendedSequential && precision == 0) precision = CheckFrame(markers.Segment(marker), format);
            else if (JpegMarker.IsFrameHeader(marker))
                throw new DicomFormatException(marker is 0xC2 or 0xC6 or 0xCA or 0xCE
                    ? $"JPEG frame type FF{marker:X2} is progressive, which DICOM retired and is not decoded here"
                    : $"JPEG frame type FF{marker:X2} where a single FFC0 or FFC1 belongs: the transfer syntax may be wrong");
            else if (marker != 0x01) markers.Segment(marker);
        }

        return precision == 0 ? throw new DicomFormatException("JPEG stream without a frame: it is cut off")
            : !ended ? throw new DicomFormatException("JPEG stream has no end marker: it is cut off") : precision;
    }

    private static int CheckFrame(ReadOnlySpan<byte> segment, PixelFormat format)
    {
        if (segment.Length < 6 || segment.Length != 6 + 3 * segment[5])
            throw new DicomFormatException("JPEG frame header has a wrong length");
        int rows = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), columns = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (rows != format.Rows || columns != format.Columns || segment[5] != format.SamplesPerPixel)
            throw new DicomFormatException($"JPEG frame of {rows} x {columns} with {segment[5]} components, but the data set says {format.Rows} x {format.Columns} with "
                + $"{format.SamplesPerPixel}: one of them is damaged or of another image");
        if (segment[0] is not (8 or 12) || segment[0] > format.BitsAllocated)
            throw new DicomFormatException($"JPEG frame of {segment[0]} bits a sample: 8 and 12 exist, and {format.BitsAllocated} are allocated");
        for (int i = 7; i < segment.Length; i += 3)
            if (segment[i] >> 4 is not (1 or 2) || (segment[i] & 15) is not (1 or 2))
                throw new DicomFormatException($"JPEG sampling factors {segment[i]:X2} are not decoded");
        return segment[0];
    }

    /// <summary>Takes the blocks of 8 x 8 samples as they are decoded.</summary>
    private sealed class BlockWriter(PixelFormat format, int precision) : JpegBlockOutputWriter
    {
        private const int Block = 8;

        private readonly byte[] pixels = new byte[format.FrameBytes];
        private readonly SampleLineWriter lines = new(format, precision);
        private readonly ushort[] row = new ushort[Block];
        private readonly int highest = (1 << precision) - 1;
        private long written;

        public override void WriteBlock(ref short blockRef, int componentIndex, int x, int y)
        {
            if (componentIndex >= format.SamplesPerPixel || x < 0 || y < 0 || x >= format.Columns || y >= format.Rows) return;
            ReadOnlySpan<short> block = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref blockRef, Block * Block);
            int width = Math.Min(Block, format.Columns - x), height = Math.Min(Block, format.Rows - y);
            for (int dy = 0; dy < height; dy++)
            {
                for (int dx = 0; dx < width; dx++) row[dx] = (ushort)Math.Clamp((int)block[dy * Block + dx], 0, highest);
                lines.WriteAt(row.AsSpan(0, width), pixels, y + dy, x, componentIndex);
            }

            written += (long)width * height;
        }

        /// <exception cref="DicomFormatException">Blocks did not come.</exception>
        public void CopyTo(Span<byte> target)
        {
            if (written < format.SamplesPerFrame)
                throw new DicomFormatException("JPEG data end before the image does: the stream is cut off or damaged");
            pixels.CopyTo(target);
        }
    }
}
