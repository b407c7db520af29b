using System.Globalization;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class JpegLosslessDecoderTests
{
    public static TheoryData<string, int, int> Selections() =>
        new(from selection in Enumerable.Range(1, 7)
            from bits in (int[])[8, 12, 16]
            from kind in TestFrames.Kinds
            select (kind, bits, selection));

    [Theory]
    [MemberData(nameof(Selections))]
    public async Task Every_selection_value_of_dcmcjpeg_decodes_to_what_was_coded(string kind, int bits, int selection)
    {
        CodedFrame native = TestFrames.Make(kind, 61, 47, bits);
        CodedFrame coded = await native.ThroughAsync("dcmcjpeg", "+el", "+sv", selection.ToString(CultureInfo.InvariantCulture));
        TestFrames.AssertSame(native.Bytes, coded.Decode(JpegLosslessDecoder.Instance));
    }

    [Theory]
    [InlineData(1, 1, 16, 1)]
    [InlineData(1, 513, 16, 1)]
    [InlineData(513, 1, 16, 1)]
    [InlineData(7, 513, 8, 1)]
    [InlineData(41, 67, 8, 3)]
    public async Task Odd_sizes_and_colours_decode_to_what_was_coded(int rows, int columns, int bits, int samples)
    {
        CodedFrame native = TestFrames.Make("mixed", rows, columns, bits, samples);
        foreach (string selection in (string[])["1", "7"])
        {
            CodedFrame coded = await native.ThroughAsync("dcmcjpeg", "+el", "+sv", selection);
            TestFrames.AssertSame(native.Bytes, coded.Decode(JpegLosslessDecoder.Instance));
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    public async Task Signed_samples_keep_their_sign(int bits)
    {
        CodedFrame native = TestFrames.Make("mixed", 61, 47, bits, isSigned: true);
        TestFrames.AssertSame(native.Bytes, (await native.ThroughAsync("dcmcjpeg", "+e1")).Decode(JpegLosslessDecoder.Instance));
    }

    [Fact]
    public async Task Where_only_the_bits_stored_are_coded_their_sign_is_extended()
    {
        CodedFrame native = TestFrames.Make("mixed", 43, 57, 12), signed = TestFrames.Make("mixed", 43, 57, 12, isSigned: true);
        var (coded, _) = await LibjpegTool.CodeAsync(native, "-p", "-c");
        TestFrames.AssertSame(signed.Bytes, (coded with { Format = signed.Format }).Decode(JpegLosslessDecoder.Instance));
    }

    [Fact]
    public async Task A_restart_within_a_line_and_another_process_are_refused()
    {
        CodedFrame native = TestFrames.Make("smooth", 43, 57, 8);
        foreach (string options in (string[])["-p -c -z 5", "-p -c -a", "-ls 0 -c", "-q 90 -c"])
        {
            var (coded, _) = await LibjpegTool.CodeAsync(native, options.Split(' '));
            Assert.Matches("multiple|transfer syntax", coded.Refused(JpegLosslessDecoder.Instance).Message);
        }
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(16, 1)]
    [InlineData(16, 5)]
    public async Task A_point_transform_loses_the_lowest_bits_as_dcmdjpeg_shows(int bits, int transform)
    {
        CodedFrame native = TestFrames.Make("mixed", 61, 47, bits);
        var (coded, decoded) = await native.ThroughBothAsync("dcmcjpeg", "dcmdjpeg",
            "+el", "+sv", "5", "+pt", transform.ToString(CultureInfo.InvariantCulture));
        TestFrames.AssertSame(decoded.Bytes, coded.Decode(JpegLosslessDecoder.Instance));
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(10, 1)]
    [InlineData(12, 1)]
    [InlineData(16, 1)]
    [InlineData(8, 3)]
    [InlineData(16, 3)]
    public async Task Any_precision_restart_intervals_and_a_late_height_decode_to_what_libjpeg_coded(int bits, int samples)
    {
        foreach (string kind in TestFrames.Kinds)
            foreach (string options in (string[])["-p", "-p -z 57", "-p -z 171", "-p -n"])
            {
                CodedFrame native = TestFrames.Make(kind, 43, 57, bits, samples);
                var (coded, _) = await LibjpegTool.CodeAsync(native, [.. options.Split(' '), "-c"]);
                TestFrames.AssertSame(native.Bytes, coded.Decode(JpegLosslessDecoder.Instance));
            }
    }
}
