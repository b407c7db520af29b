using System.Buffers.Binary;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

/// <summary>Streams of headers only: what is refused before any process is asked.</summary>
public sealed class Jpeg2000CodestreamTests
{
    private static readonly PixelFormat Format = new(100, 200, 1, 16, 12, false);
    private static readonly byte[] Whole = [.. Head(), .. TilePart(0), .. TilePart(1), .. TilePart(2), .. TilePart(3), 0xFF, 0xD9];

    [Fact]
    public void A_whole_stream_passes_bare_boxed_and_padded()
    {
        Jpeg2000Codestream.Check(Whole, Format);
        Jpeg2000Codestream.Check(Whole.AsSpan()[..^2], Format);
        Jpeg2000Codestream.Check([.. Whole, 0, 0, 0], Format);
        Jpeg2000Codestream.Check([.. Jpeg2000Codestream.Jp2Signature, 1, 2, 3, 4, .. Box(0x66747970, new byte[12]), .. Box(0x6A703263, Whole)], Format);
        Jpeg2000Codestream.Check([.. Head(), .. TilePart(0), .. TilePart(2), .. TilePart(1, 1, 2), .. TilePart(3), .. TilePart(1, 0, 2), .. TilePart(1, 2, 2)], Format);
    }

    /// <summary>libopenjp2 decodes such a stream and leaves the rest of the head black.</summary>
    [Fact]
    public void A_stream_that_lacks_a_tile_or_a_part_of_one_is_refused()
    {
        Refused([.. Head(), .. TilePart(0), .. TilePart(1), .. TilePart(2), 0xFF, 0xD9], "1 of its 4 tiles");
        Refused([.. Head(), .. TilePart(0), .. TilePart(1), .. TilePart(3), 0xFF, 0xD9], "1 of its 4 tiles");
        Refused([.. Head(), .. TilePart(0), .. TilePart(0), 0xFF, 0xD9], "3 of its 4 tiles");
        Refused([.. Head(), .. TilePart(0, 0, 2), .. TilePart(1, 0, 2), .. TilePart(2), .. TilePart(3), .. TilePart(1, 1, 2), 0xFF, 0xD9], "1 of its 4 tiles");
        Refused([.. Head(), .. TilePart(4)], "tile 4 of 4");
        Refused([.. Head(), 0xFF, 0xD9], "4 of its 4 tiles");
    }

    [Fact]
    public void A_stream_cut_anywhere_is_refused()
    {
        for (int length = 0; length < Whole.Length - 2; length++)
        {
            byte[] cut = Whole[..length];
            Assert.Throws<DicomFormatException>(() => Jpeg2000Codestream.Check(cut, Format));
        }
    }

    [Fact]
    public void A_size_that_disagrees_with_the_data_set_is_refused()
    {
        Refused(Head(columns: 201), "100 x 201, but Rows x Columns of the data set is 100 x 200");
        Refused(Head(columns: uint.MaxValue), "Rows x Columns");
        Refused(Head(components: 3), "3 components, but SamplesPerPixel of the data set is 1");
        Refused(Head(components: 16384), "16384 components");
        Refused(Head(precision: 17), "17 bits");
        Refused(Head(tile: 0), "do not cover");
        Refused(Head(columns: 200, tile: 1), "20000 of its 20000 tiles");
        Assert.Contains("tiles; 65535", Assert.Throws<DicomFormatException>(
            () => Jpeg2000Codestream.Check(Head(1000, tile: 1, rows: 1000), new PixelFormat(1000, 1000, 1, 16, 12, false))).Message, StringComparison.Ordinal);
    }

    private static void Refused(byte[] stream, string why) => Assert.Contains(why,
        Assert.Throws<DicomFormatException>(() => Jpeg2000Codestream.Check(stream, Format)).Message, StringComparison.Ordinal);

    private static byte[] Head(uint columns = 200, int components = 1, int precision = 12, uint tile = 100, uint rows = 100) =>
    [
        0xFF, 0x4F, 0xFF, 0x51, .. Short(38 + 3 * components), 0, 0, .. Long(columns), .. Long(rows), .. Long(0), .. Long(0),
        .. Long(tile), .. Long(tile > 1 ? tile / 2 : tile), .. Long(0), .. Long(0), .. Short(components),
        .. Enumerable.Repeat((byte[])[(byte)(precision - 1), 1, 1], components).SelectMany(component => component),
        0xFF, 0x64, 0, 4, 1, 2, // a comment
    ];

    private static byte[] TilePart(int tile, byte part = 0, byte parts = 1) =>
        [0xFF, 0x90, 0, 10, .. Short(tile), .. Long(20), part, parts, 0xFF, 0x93, 1, 2, 3, 4, 5, 6];

    private static byte[] Box(uint type, byte[] content) => [.. Long((uint)content.Length + 8), .. Long(type), .. content];

    private static byte[] Short(int value) => [(byte)(value >> 8), (byte)value];

    private static byte[] Long(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
