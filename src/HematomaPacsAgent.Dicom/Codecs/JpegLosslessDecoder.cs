using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>
/// JPEG Lossless, Huffman coded (process 14): 1.2.840.10008.1.2.4.57 and, with selection value 1, 1.2.840.10008.1.2.4.70.
/// </summary>
/// <remarks>
/// ISO 10918-1 Annex H (frame type SOF3): 2 to 16 bits, all selection values, point transform, restart intervals, interleaved or not.
/// </remarks>
public sealed class JpegLosslessDecoder : IPixelDecoder
{
    public static JpegLosslessDecoder Instance { get; } = new();

    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        JpegMarkerReader markers = new(stream);
        markers.ExpectStart();
        JpegLosslessTable?[] tables = new JpegLosslessTable?[4];
        JpegFrameHeader? frame = null;
        int restartInterval = 0, done = 0;
        while (markers.TryNext(out byte marker) && marker != JpegMarker.Eoi)
        {
            ReadOnlySpan<byte> segment = markers.Segment(marker);
            switch (marker)
            {
                case JpegMarker.Sof3 when frame is null:
                    frame = JpegFrameHeader.Parse(segment, format);
                    break;
                case JpegMarker.Dht:
                    JpegLosslessTable.Define(segment, tables);
                    break;
                case JpegMarker.Dri:
                    restartInterval = RestartLines(segment, format.Columns);
                    break;
                case JpegMarker.Dnl:
                    JpegFrameHeader.ExpectLines(segment, format);
                    break;
                case JpegMarker.Sos:
                    if (frame is null) throw new DicomFormatException("JPEG scan before its frame header: the stream is damaged");
                    markers.Position +=
                        DecodeScan(segment, markers.Rest, frame, ref done, tables, restartInterval, format, target, cancellation);
                    break;
                default:
                    JpegFrameHeader.ExpectNone(marker, JpegMarker.Sof3);
                    break;
            }
        }

        JpegFrameHeader.ExpectWhole(frame, done);
    }

    /// <remarks>ISO 10918-1 §H.1.1: the interval is a whole number of lines.</remarks>
    private static int RestartLines(ReadOnlySpan<byte> segment, int columns)
    {
        int interval = segment.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(segment) : -1;
        return interval >= 0 && interval % columns == 0
            ? interval / columns
            : throw new DicomFormatException($"JPEG restart interval of {interval} samples, no multiple of the {columns} columns");
    }

    /// <returns>Bytes of entropy-coded data.</returns>
    private static int DecodeScan(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data, JpegFrameHeader frame, ref int done,
        JpegLosslessTable?[] defined, int restartLines, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        int[] samples = frame.ScanComponents(header, ref done);
        JpegLosslessTable[] tables = new JpegLosslessTable[samples.Length];
        for (int i = 0; i < samples.Length; i++)
        {
            int slot = header[2 + 2 * i] >> 4;
            tables[i] = (slot < 4 ? defined[slot] : null)
                ?? throw new DicomFormatException($"JPEG scan refers to Huffman table {slot}, which did not come: the stream is damaged");
        }

        int selection = header[^3], transform = header[^1] & 15;
        if (selection is < 1 or > 7)
            throw new DicomFormatException($"JPEG lossless selection value {selection}: 1 to 7 are possible in a frame of its own");
        if (transform >= frame.Precision)
            throw new DicomFormatException($"JPEG point transform {transform} of {frame.Precision} bits leaves none");

        JpegLosslessScan scan = new(tables, selection, (ushort)(1 << (frame.Precision - transform - 1)));
        SampleLineWriter writer = new(format, frame.Precision, transform);
        ushort[] line = new ushort[format.Columns * samples.Length], above = new ushort[line.Length];
        EntropyBitReader reader = new(data, isJpegLs: false);
        int begin = 0;
        for (int row = 0; row < format.Rows; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            bool restart = restartLines > 0 && row > 0 && row % restartLines == 0;
            if (restart) reader = reader.NextInterval(data, ref begin, row / restartLines - 1);
            scan.DecodeLine(ref reader, above, line, row == 0 || restart);
            if (reader.IsOverrun)
                throw new DicomFormatException($"JPEG data end in line {row + 1} of {format.Rows}: the stream is cut off or damaged");
            for (int i = 0; i < samples.Length; i++) writer.Write(line.AsSpan(i), samples.Length, target, row, samples[i]);
            (line, above) = (above, line);
        }

        return begin + reader.Position;
    }
}
