using System.Globalization;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class JpegLsDecoderTests
{
    public static TheoryData<string, int, int, int> Frames() =>
        new(from kind in TestFrames.Kinds
            from size in ((int Rows, int Columns)[])[(1, 1), (1, 300), (300, 1), (7, 513), (513, 7)]
            from bits in (int[])[8, 12, 16]
            where kind == "mixed" || size == (7, 513)
            select (kind, size.Rows, size.Columns, bits));

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task What_dcmcjpls_wrote_decodes_to_what_it_was_given(string kind, int rows, int columns, int bits)
    {
        CodedFrame native = TestFrames.Make(kind, rows, columns, bits);
        TestFrames.AssertSame(native.Bytes, (await native.ThroughAsync("dcmcjpls", "+el")).Decode(JpegLsDecoder.Instance));
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task A_near_lossless_frame_decodes_as_dcmdjpls_decodes_it(string kind, int rows, int columns, int bits)
    {
        CodedFrame native = TestFrames.Make(kind, rows, columns, bits);
        foreach (int deviation in (int[])[1, 2, 7])
        {
            var (coded, decoded) = await native.ThroughBothAsync("dcmcjpls", "dcmdjpls",
                "+en", "+md", deviation.ToString(CultureInfo.InvariantCulture));
            TestFrames.AssertSame(decoded.Bytes, coded.Decode(JpegLsDecoder.Instance));
        }
    }

    [Theory]
    [InlineData("+in", 8)]
    [InlineData("+il", 8)]
    [InlineData("+is", 8)]
    public async Task Every_interleaving_of_colours_decodes_to_what_was_coded(string interleaving, int bits)
    {
        foreach (string kind in TestFrames.Kinds)
        {
            CodedFrame native = TestFrames.Make(kind, 41, 67, bits, samples: 3);
            CodedFrame lossless = await native.ThroughAsync("dcmcjpls", "+el", interleaving);
            TestFrames.AssertSame(native.Bytes, lossless.Decode(JpegLsDecoder.Instance));
            var (coded, decoded) = await native.ThroughBothAsync("dcmcjpls", "dcmdjpls", "+en", interleaving);
            TestFrames.AssertSame(decoded.Bytes, coded.Decode(JpegLsDecoder.Instance));
        }
    }

    [Fact]
    public async Task Preset_thresholds_and_reset_are_used()
    {
        CodedFrame native = TestFrames.Make("mixed", 61, 47, 16);
        CodedFrame coded = await native.ThroughAsync("dcmcjpls", "+el", "+t1", "5", "+t2", "300", "+t3", "40000", "+rs", "7");
        TestFrames.AssertSame(native.Bytes, coded.Decode(JpegLsDecoder.Instance));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    public async Task Signed_samples_keep_their_sign(int bits)
    {
        CodedFrame native = TestFrames.Make("mixed", 61, 47, bits, isSigned: true);
        TestFrames.AssertSame(native.Bytes, (await native.ThroughAsync("dcmcjpls", "+el")).Decode(JpegLsDecoder.Instance));
    }

    [Fact]
    public async Task Where_only_the_bits_stored_are_coded_their_sign_is_extended()
    {
        CodedFrame native = TestFrames.Make("mixed", 43, 57, 12), signed = TestFrames.Make("mixed", 43, 57, 12, isSigned: true);
        var (coded, _) = await LibjpegTool.CodeAsync(native, "-ls", "0", "-c");
        TestFrames.AssertSame(signed.Bytes, (coded with { Format = signed.Format }).Decode(JpegLsDecoder.Instance));
    }

    [Fact]
    public async Task Mapping_tables_and_another_process_are_refused()
    {
        CodedFrame native = TestFrames.Make("smooth", 43, 57, 8), coded = await native.ThroughAsync("dcmcjpls", "+el");
        byte[] table = [0xFF, 0xF8, 0, 6, 2, 1, 1, 0], selector = [.. coded.Bytes];
        selector[coded.Bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]) + 6] = 1;
        foreach (byte[] mapped in (byte[][])[[.. coded.Bytes[..2], .. table, .. coded.Bytes[2..]], selector])
            Assert.Contains("mapping table", (coded with { Bytes = mapped }).Refused(JpegLsDecoder.Instance).Message,
                StringComparison.Ordinal);

        CodedFrame lossless = await native.ThroughAsync("dcmcjpeg", "+e1");
        Assert.Contains("transfer syntax", lossless.Refused(JpegLsDecoder.Instance).Message, StringComparison.Ordinal);
    }

    private static readonly string[] LibjpegOptions =
        ["-ls 0", "-ls 0 -n", "-ls 0 -z 1", "-ls 0 -z 5", "-ls 0 -m 1 -z 9", "-ls 0 -m 4", "-ls 1", "-ls 2", "-ls 1 -m 2", "-ls 2 -m 3"];

    public static TheoryData<int, int, string> Libjpeg() =>
        new(from shape in ((int Bits, int Samples)[])[(8, 1), (10, 1), (12, 1), (16, 1), (8, 3), (16, 3)]
            from options in LibjpegOptions
            where shape.Samples == 3 || options.StartsWith("-ls 0", StringComparison.Ordinal)
            select (shape.Bits, shape.Samples, options));

    [Theory]
    [MemberData(nameof(Libjpeg))]
    public async Task Any_precision_restarts_and_interleaving_decode_as_libjpeg_decodes_them(int bits, int samples, string options)
    {
        foreach (string kind in TestFrames.Kinds)
        {
            CodedFrame native = TestFrames.Make(kind, 43, 57, bits, samples);
            var (coded, decoded) = await LibjpegTool.CodeAsync(native, [.. options.Split(' '), "-c"]);
            bool isLossless = !options.Contains("-m", StringComparison.Ordinal);
            TestFrames.AssertSame(isLossless ? native.Bytes : decoded.Bytes, coded.Decode(JpegLsDecoder.Instance));
        }
    }
}
