namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>JPEG-LS, lossless and near-lossless: 1.2.840.10008.1.2.4.80 and 1.2.840.10008.1.2.4.81.</summary>
/// <remarks>
/// ISO 14495-1: 2 to 16 bits, one or three components with any interleaving, preset parameters, restart intervals. Mapping tables, point
/// transforms and the colour transforms of HP's encoder are refused.
/// </remarks>
public sealed class JpegLsDecoder : IPixelDecoder
{
    private const int PresetParameters = 1, PresetBytes = 10;

    private enum Interleaving
    {
        None,
        Line,
        Sample,
    }

    public static JpegLsDecoder Instance { get; } = new();

    public void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        CodecGuard.TargetHolds(format, target);
        JpegMarkerReader markers = new(stream);
        markers.ExpectStart();
        JpegFrameHeader? frame = null;
        ReadOnlySpan<byte> preset = [];
        int restartLines = 0, done = 0;
        while (markers.TryNext(out byte marker) && marker != JpegMarker.Eoi)
        {
            ReadOnlySpan<byte> segment = markers.Segment(marker);
            switch (marker)
            {
                case JpegMarker.Sof55 when frame is null:
                    frame = JpegFrameHeader.Parse(segment, format);
                    break;
                case JpegMarker.Lse:
                    preset = Preset(segment);
                    break;
                case JpegMarker.Dri:
                    restartLines = RestartLines(segment);
                    break;
                case JpegMarker.Dnl:
                    JpegFrameHeader.ExpectLines(segment, format);
                    break;
                case JpegMarker.App8:
                    if (segment.Length >= 5 && segment[..4].SequenceEqual("mrfx"u8) && segment[4] != 0)
                        throw new DicomFormatException($"JPEG-LS stream with HP colour transform {segment[4]}, which DICOM does not allow");
                    break;
                case JpegMarker.Sos:
                    if (frame is null) throw new DicomFormatException("JPEG-LS scan before its frame header: the stream is damaged");
                    markers.Position +=
                        DecodeScan(segment, markers.Rest, frame, ref done, preset, restartLines, format, target, cancellation);
                    break;
                default:
                    JpegFrameHeader.ExpectNone(marker, JpegMarker.Sof55);
                    break;
            }
        }

        JpegFrameHeader.ExpectWhole(frame, done);
    }

    /// <remarks>ISO 14495-1 §C.2.4.</remarks>
    private static ReadOnlySpan<byte> Preset(ReadOnlySpan<byte> segment)
    {
        int id = segment.Length == 0 ? 0 : segment[0];
        return id switch
        {
            PresetParameters when segment.Length == 1 + PresetBytes => segment[1..],
            2 or 3 => throw MappingTable(),
            _ => throw new DicomFormatException($"JPEG-LS preset segment of type {id} and {segment.Length} bytes: damaged, or not decoded"),
        };
    }

    private static DicomFormatException MappingTable() =>
        new("JPEG-LS stream with a mapping table: not decoded; DICOM images keep theirs in the data set");

    /// <remarks>ISO 14495-1 §C.2.5: 2 to 4 bytes; an MCU is a line.</remarks>
    private static int RestartLines(ReadOnlySpan<byte> segment)
    {
        if (segment.Length is < 2 or > 4) throw new DicomFormatException($"JPEG-LS restart interval of {segment.Length} bytes");
        uint lines = 0;
        foreach (byte part in segment) lines = lines << 8 | part;
        return (int)Math.Min(lines, int.MaxValue);
    }

    /// <returns>Bytes of entropy-coded data.</returns>
    private static int DecodeScan(ReadOnlySpan<byte> header, ReadOnlySpan<byte> data, JpegFrameHeader frame, ref int done,
        ReadOnlySpan<byte> preset, int restartLines, PixelFormat format, Span<byte> target, CancellationToken cancellation)
    {
        int[] samples = frame.ScanComponents(header, ref done);
        for (int i = 0; i < samples.Length; i++)
            if (header[2 + 2 * i] != 0) throw MappingTable();
        Interleaving interleaving = (Interleaving)header[^2];
        if (interleaving > Interleaving.Sample || interleaving == Interleaving.None != (samples.Length == 1))
            throw new DicomFormatException($"JPEG-LS interleave mode {header[^2]} of {samples.Length} components");
        if ((header[^1] & 15) != 0) throw new DicomFormatException($"JPEG-LS point transform {header[^1] & 15}: not decoded");

        JpegLsScan scan = new(new JpegLsParameters(preset, frame.Precision, header[^3]), samples.Length);
        SampleLineWriter writer = new(format, frame.Precision);
        int width = format.Columns + 2;
        ushort[] line = new ushort[width * samples.Length], above = new ushort[line.Length];
        EntropyBitReader reader = new(data, isJpegLs: true);
        int begin = 0;
        for (int row = 0; row < format.Rows; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (restartLines > 0 && row > 0 && row % restartLines == 0)
            {
                reader = reader.NextInterval(data, ref begin, row / restartLines - 1);
                scan.Restart();
                Array.Clear(line);
                Array.Clear(above);
            }

            if (interleaving == Interleaving.Sample)
                scan.DecodeInterleavedLine(ref reader, above, line);
            else
                for (int i = 0; i < samples.Length; i++)
                    scan.DecodeLine(ref reader, above.AsSpan(i * width, width), line.AsSpan(i * width, width), i);
            if (reader.IsOverrun)
                throw new DicomFormatException($"JPEG-LS data end in line {row + 1} of {format.Rows}: the stream is cut off or damaged");
            for (int i = 0; i < samples.Length; i++) writer.Write(line.AsSpan(i * width + 1), 1, target, row, samples[i]);
            (line, above) = (above, line);
        }

        return begin + reader.Position;
    }
}
