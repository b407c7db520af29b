using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>
/// What a JPEG 2000 stream says of itself, held against the data set before a process is asked for it, and whether all of it came:
/// libopenjp2 leaves tiles that are missing black and calls the image decoded.
/// </summary>
/// <remarks>ISO 15444-1 annex A (markers) and I.4 (boxes)</remarks>
internal static class Jpeg2000Codestream
{
    private const ushort StartOfStream = 0xFF4F, Size = 0xFF51, StartOfTilePart = 0xFF90, EndOfStream = 0xFFD9;
    private const int SizeFields = 36, ComponentFields = 3, TilePartHeader = 12, BoxHeader = 8;
    private const uint StreamBox = 0x6A703263; // jp2c
    private const long MostTiles = ushort.MaxValue;

    /// <summary>How a JP2 file begins. DICOM sends bare streams; some writers leave the boxes around them.</summary>
    public static ReadOnlySpan<byte> Jp2Signature => [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' '];

    /// <exception cref="DicomFormatException">The stream does not agree with <paramref name="format"/>, or a part of it is missing.</exception>
    public static void Check(ReadOnlySpan<byte> stream, PixelFormat format)
    {
        if (stream.StartsWith(Jp2Signature)) stream = Unboxed(stream);
        if (Word(stream, 0) != StartOfStream)
            throw new DicomFormatException("no JPEG 2000 stream: it does not begin with FF 4F; the transfer syntax or fragments may be wrong");
        if (Word(stream, 2) != Size) throw new DicomFormatException("JPEG 2000 stream does not begin with its size");
        ExpectTiles(stream, CheckSize(Segment(stream, 2), format));
    }

    /// <returns>How many tiles there are.</returns>
    private static int CheckSize(ReadOnlySpan<byte> segment, PixelFormat format)
    {
        if (segment.Length < SizeFields) throw new DicomFormatException("JPEG 2000 size ends early");
        long Field(ReadOnlySpan<byte> bytes, int i) => BinaryPrimitives.ReadUInt32BigEndian(bytes[(2 + 4 * i)..]);
        (long right, long bottom, long left, long top) = (Field(segment, 0), Field(segment, 1), Field(segment, 2), Field(segment, 3));
        (long tileWidth, long tileHeight, long firstLeft, long firstTop) = (Field(segment, 4), Field(segment, 5), Field(segment, 6), Field(segment, 7));
        int components = Word(segment, SizeFields - 2);
        if (components != format.SamplesPerPixel || segment.Length != SizeFields + ComponentFields * components)
            throw new DicomFormatException($"JPEG 2000 image of {components} components, but SamplesPerPixel of the data set is {format.SamplesPerPixel}");
        if (right - left != format.Columns || bottom - top != format.Rows)
            throw new DicomFormatException($"JPEG 2000 image of {bottom - top} x {right - left}, but Rows x Columns of the data set is {format.Rows} x {format.Columns}");
        for (int at = SizeFields; at < segment.Length; at += ComponentFields)
        {
            int precision = (segment[at] & 0x7F) + 1;
            if (precision > format.BitsAllocated)
                throw new DicomFormatException($"JPEG 2000 samples of {precision} bits, but {format.BitsAllocated} are allocated");
            if (segment[at + 1] != 1 || segment[at + 2] != 1) throw new DicomFormatException("JPEG 2000 components of fewer samples than the image are not decoded");
        }

        if (tileWidth < 1 || tileHeight < 1 || firstLeft > left || firstTop > top || firstLeft + tileWidth <= left || firstTop + tileHeight <= top)
            throw new DicomFormatException("JPEG 2000 tiles do not cover the image");
        long tiles = Parts(right - firstLeft, tileWidth) * Parts(bottom - firstTop, tileHeight);
        return tiles <= MostTiles ? (int)tiles : throw new DicomFormatException($"JPEG 2000 image of {tiles} tiles; {MostTiles} can be numbered");

        static long Parts(long whole, long part) => (whole + part - 1) / part;
    }

    /// <summary>Each tile must have a part, and as many parts as it says.</summary>
    private static void ExpectTiles(ReadOnlySpan<byte> stream, int tiles)
    {
        int[] came = new int[tiles];
        byte[] announced = new byte[tiles];
        int at = 2;
        bool begun = false;
        while (at + 2 <= stream.Length && Word(stream, at) is var marker and not EndOfStream)
        {
            if (marker != StartOfTilePart)
            {
                if (marker < 0xFF00 || begun) break; // padding after the last tile
                at += 4 + Segment(stream, at).Length;
                continue;
            }

            if (stream.Length - at < TilePartHeader) throw CutOff();
            int tile = Word(stream, at + 4);
            long length = BinaryPrimitives.ReadUInt32BigEndian(stream[(at + 6)..]);
            if (tile >= tiles) throw new DicomFormatException($"JPEG 2000 tile {tile} of {tiles}: the stream is damaged");
            begun = true;
            came[tile]++;
            announced[tile] = Math.Max(announced[tile], stream[at + 11]);
            if (length == 0) break; // the last part: to the end
            if (length < TilePartHeader || length > stream.Length - at) throw CutOff();
            at += (int)length;
        }

        int incomplete = 0;
        for (int tile = 0; tile < tiles; tile++)
            if (came[tile] == 0 || came[tile] < announced[tile]) incomplete++;
        if (incomplete > 0)
            throw new DicomFormatException($"JPEG 2000 stream lacks all or a part of {incomplete} of its {tiles} tiles: it is cut off or damaged");
    }

    private static ReadOnlySpan<byte> Unboxed(ReadOnlySpan<byte> file)
    {
        while (file.Length >= BoxHeader)
        {
            ulong length = BinaryPrimitives.ReadUInt32BigEndian(file);
            int head = BoxHeader;
            if (length == 0) length = (ulong)file.Length; // to the end
            else if (length == 1 && file.Length >= 2 * BoxHeader) (length, head) = (BinaryPrimitives.ReadUInt64BigEndian(file[BoxHeader..]), 2 * BoxHeader);
            if (length < (ulong)head || length > (ulong)file.Length) throw CutOff();
            if (BinaryPrimitives.ReadUInt32BigEndian(file[4..]) == StreamBox) return file[head..(int)length];
            file = file[(int)length..];
        }

        throw new DicomFormatException("JP2 file without a JPEG 2000 stream: it is cut off");
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> stream, int marker)
    {
        int length = Word(stream, marker + 2);
        return length >= 2 && length <= stream.Length - marker - 2 ? stream.Slice(marker + 4, length - 2) : throw CutOff();
    }

    private static ushort Word(ReadOnlySpan<byte> bytes, int at) =>
        at + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) : throw CutOff();

    private static DicomFormatException CutOff() => new("JPEG 2000 stream is damaged or cut off");
}
