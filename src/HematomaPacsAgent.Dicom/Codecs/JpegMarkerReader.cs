using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The marker codes that the lossless decoders know.</summary>
/// <remarks>ISO 10918-1 table B.1, ISO 14495-1 table C.1.</remarks>
internal static class JpegMarker
{
    public const byte Sof3 = 0xC3, Dht = 0xC4, Dac = 0xCC, Rst0 = 0xD0, Soi = 0xD8, Eoi = 0xD9, Sos = 0xDA, Dnl = 0xDC, Dri = 0xDD;
    public const byte App8 = 0xE8, Sof55 = 0xF7, Lse = 0xF8;

    public static bool IsFrameHeader(byte marker) => marker is >= 0xC0 and <= 0xCF and not (Dht or Dac or 0xC8) or Sof55;
}

/// <summary>Walks the markers of a JPEG or JPEG-LS stream.</summary>
internal ref struct JpegMarkerReader(ReadOnlySpan<byte> stream)
{
    private readonly ReadOnlySpan<byte> stream = stream;

    /// <summary>The byte after the last marker or segment.</summary>
    public int Position { get; set; }

    /// <exception cref="DicomFormatException">The stream does not begin with SOI.</exception>
    public void ExpectStart()
    {
        if (stream.Length < 2 || stream[0] != 0xFF || stream[1] != JpegMarker.Soi)
            throw new DicomFormatException("no JPEG stream: it does not begin with FF D8; the transfer syntax or fragments may be wrong");
        Position = 2;
    }

    /// <summary>To the next marker, past fill bytes and what is left of entropy-coded data. False at the end of the stream.</summary>
    public bool TryNext(out byte marker)
    {
        while (Position + 1 < stream.Length)
        {
            int next = stream[Position..^1].IndexOf((byte)0xFF);
            if (next < 0) break;
            Position += next + 1;
            // FF 00 and, in JPEG-LS, FF 01 to FF 7F are data; FF FF is a fill byte before a marker.
            marker = stream[Position];
            if (marker is < 0x80 or 0xFF) continue;
            Position++;
            return true;
        }

        Position = stream.Length;
        marker = 0;
        return false;
    }

    /// <summary>The content of the marker segment that begins here.</summary>
    public ReadOnlySpan<byte> Segment(byte marker)
    {
        if (marker is >= JpegMarker.Rst0 and <= JpegMarker.Soi)
            throw new DicomFormatException($"JPEG marker FF{marker:X2} where a segment belongs: the stream is damaged");
        int left = stream.Length - Position, length = left < 2 ? 0 : BinaryPrimitives.ReadUInt16BigEndian(stream[Position..]);
        if (length < 2 || length > left)
            throw new DicomFormatException($"JPEG segment FF{marker:X2} has {length} bytes of {left} left: the stream is cut off");
        ReadOnlySpan<byte> content = stream.Slice(Position + 2, length - 2);
        Position += length;
        return content;
    }

    /// <summary>Entropy-coded data from here on.</summary>
    public readonly ReadOnlySpan<byte> Rest => stream[Position..];
}
