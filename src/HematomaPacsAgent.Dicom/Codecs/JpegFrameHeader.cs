using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The frame header of a JPEG or JPEG-LS stream, checked against what the data set says.</summary>
/// <param name="Precision">Bits of a sample, 2 to 16 and no more than are allocated.</param>
/// <param name="ComponentIds">In the order in which the frame's samples lie.</param>
/// <remarks>ISO 10918-1 §B.2.2, ISO 14495-1 §C.2.2.</remarks>
internal sealed record JpegFrameHeader(int Precision, byte[] ComponentIds)
{
    private const int FixedBytes = 6, ComponentBytes = 3;

    /// <exception cref="DicomFormatException">The header is malformed or does not agree with <paramref name="format"/>.</exception>
    public static JpegFrameHeader Parse(ReadOnlySpan<byte> segment, PixelFormat format)
    {
        if (segment.Length < FixedBytes) throw new DicomFormatException("JPEG frame header ends early");
        int precision = segment[0], components = segment[5];
        int rows = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]), columns = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        if (segment.Length != FixedBytes + components * ComponentBytes)
            throw new DicomFormatException($"JPEG frame header of {segment.Length} bytes for {components} components");
        // Zero rows: the encoder meant to say so later (DNL). The data set knows.
        if (rows != format.Rows && rows != 0 || columns != format.Columns)
            throw Differs($"{rows} x {columns}", "Rows x Columns", $"{format.Rows} x {format.Columns}");
        if (components != format.SamplesPerPixel)
            throw Differs($"{components} components", "SamplesPerPixel", $"{format.SamplesPerPixel}");
        if (precision is < 2 or > 16 || precision > format.BitsAllocated)
            throw Differs($"{precision} bits a sample", "BitsAllocated", $"{format.BitsAllocated}");

        byte[] ids = new byte[components];
        for (int i = 0; i < components; i++)
        {
            ReadOnlySpan<byte> component = segment[(FixedBytes + i * ComponentBytes)..];
            if (ids.AsSpan(0, i).Contains(component[0]))
                throw new DicomFormatException($"JPEG frame header names component {component[0]} twice");
            if (components > 1 && component[1] != 0x11)
                throw new DicomFormatException($"lossless JPEG frame with sampling factors {component[1]:X2}: subsampling is not decoded");
            ids[i] = component[0];
        }

        return new JpegFrameHeader(precision, ids);
    }

    /// <summary>Which of the frame's samples a scan carries, in the scan's order.</summary>
    /// <param name="scan">Scan header: count, then id and a table selector for each component, then three bytes.</param>
    /// <param name="done">One bit for each of the frame's samples that an earlier scan carried; this scan's are added.</param>
    public int[] ScanComponents(ReadOnlySpan<byte> scan, ref int done)
    {
        int count = scan.Length == 0 ? 0 : scan[0];
        if (count < 1 || count > ComponentIds.Length || scan.Length != 4 + 2 * count)
            throw new DicomFormatException($"JPEG scan header of {scan.Length} bytes for {count} components of {ComponentIds.Length}");
        int[] samples = new int[count];
        for (int i = 0; i < count; i++)
        {
            int sample = Array.IndexOf(ComponentIds, scan[1 + 2 * i]);
            if (sample < 0 || (done & 1 << sample) != 0)
                throw new DicomFormatException($"JPEG scan of component {scan[1 + 2 * i]}, which is unknown or came before");
            done |= 1 << sample;
            samples[i] = sample;
        }

        return samples;
    }

    /// <exception cref="DicomFormatException">A component had no scan.</exception>
    public static void ExpectWhole(JpegFrameHeader? frame, int done)
    {
        if (frame is null) throw new DicomFormatException("JPEG stream without a lossless frame: it is cut off");
        if (done != (1 << frame.ComponentIds.Length) - 1)
            throw new DicomFormatException("JPEG stream ends before all components came: it is cut off");
    }

    /// <exception cref="DicomFormatException">The marker begins a frame.</exception>
    public static void ExpectNone(byte marker, byte own)
    {
        if (JpegMarker.IsFrameHeader(marker))
            throw new DicomFormatException($"JPEG frame FF{marker:X2} where a single FF{own:X2} belongs: the transfer syntax may be wrong");
    }

    /// <param name="segment">Content of DNL: the number of lines that the frame header left open.</param>
    /// <exception cref="DicomFormatException">It is not the number of rows.</exception>
    public static void ExpectLines(ReadOnlySpan<byte> segment, PixelFormat format)
    {
        int lines = segment.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(segment) : -1;
        if (lines != format.Rows) throw Differs($"{lines} lines", "Rows", $"{format.Rows}");
    }

    private static DicomFormatException Differs(string stream, string attribute, string value) =>
        new($"JPEG frame of {stream}, but {attribute} of the data set is {value}: one of them is damaged or of another image");
}
