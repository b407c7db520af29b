using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class RleDecoderTests
{
    public static TheoryData<string, int, int, int, int> Frames() =>
        new(from kind in TestFrames.Kinds
            from size in ((int Rows, int Columns)[])[(1, 1), (1, 300), (300, 1), (37, 53)]
            from shape in ((int Bits, int Samples)[])[(8, 1), (12, 1), (16, 1), (8, 3), (16, 3)]
            where kind == "mixed" || size == (37, 53)
            select (kind, size.Rows, size.Columns, shape.Bits, shape.Samples));

    [Theory]
    [MemberData(nameof(Frames))]
    public async Task What_dcmcrle_wrote_decodes_to_what_it_was_given(string kind, int rows, int columns, int bits, int samples)
    {
        CodedFrame native = TestFrames.Make(kind, rows, columns, bits, samples, isSigned: bits == 12);
        CodedFrame coded = await native.ThroughAsync("dcmcrle");
        TestFrames.AssertSame(native.Bytes, coded.Decode(RleDecoder.Instance));
    }

    [Fact]
    public async Task A_header_that_does_not_fit_the_frame_or_the_stream_is_refused()
    {
        CodedFrame coded = await TestFrames.Make("mixed", 19, 23, 16).ThroughAsync("dcmcrle");
        foreach (var (at, value, reason) in ((int, byte, string)[])[(0, 3, "segments"), (5, 0xFF, "cut off"), (4, 8, "cut off"), (11, 0xFF,
            "cut off")])
        {
            byte[] bytes = [.. coded.Bytes];
            bytes[at] = value;
            Assert.Contains(reason, (coded with { Bytes = bytes }).Refused(RleDecoder.Instance).Message, StringComparison.Ordinal);
        }
    }
}
