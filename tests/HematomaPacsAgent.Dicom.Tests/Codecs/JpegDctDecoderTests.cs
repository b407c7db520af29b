using System.Buffers.Binary;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class JpegDctDecoderTests
{
    private const string Baseline = "ct-transfer-syntaxes/CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm";
    private const string Extended = "ct-transfer-syntaxes/CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm";

    /// <summary>Two inverse transforms may round apart: one grey level, as between DCMTK and others.</summary>
    [Theory]
    [InlineData(Baseline)]
    [InlineData(Extended)]
    [InlineData("ct-transfer-syntaxes/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm")]
    public async Task A_CT_decodes_as_near_to_DCMTK_as_rounding_allows(string name)
    {
        string path = SharedFiles.Data(name);
        using TemporaryFolder folder = new();
        await CodedFrame.RunAsync("dcmdjpeg", [path, folder["decoded.dcm"]]);
        AssertNear(CodedFrame.Open(folder["decoded.dcm"]), CodedFrame.Open(path), 1);
    }

    [Theory]
    [InlineData(8, 200, 133)]
    [InlineData(12, 64, 64)]
    [InlineData(12, 17, 301)]
    public async Task What_DCMTK_encodes_decodes_as_near_as_rounding_allows(int bits, int rows, int columns)
    {
        CodedFrame native = TestFrames.Make("smooth", rows, columns, bits);
        var (coded, decoded) = await native.ThroughBothAsync("dcmcjpeg", "dcmdjpeg", bits == 8 ? "+eb" : "+ee");
        AssertNear(decoded, coded, 1);
    }

    [Theory]
    [InlineData("ct-transfer-syntaxes/CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm", "progressive")]
    [InlineData("ct-transfer-syntaxes/CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm", "FFC3")]
    public void Frame_types_that_the_library_would_take_for_others_are_refused(string name, string says) =>
        Assert.Contains(says, CodedFrame.Open(SharedFiles.Data(name)).Refused(JpegDctDecoder.Instance).Message, StringComparison.Ordinal);

    [Fact]
    public void A_cut_off_stream_is_refused_at_any_length()
    {
        CodedFrame whole = CodedFrame.Open(SharedFiles.Data(Extended));
        for (int length = 0; length < whole.Bytes.Length - 4; length += 997)
            (whole with { Bytes = whole.Bytes[..length] }).Refused(JpegDctDecoder.Instance);
        // An end marker where the data were cut makes no image of it.
        for (int length = whole.Bytes.Length / 50; length < whole.Bytes.Length * 99 / 100; length += 2999)
            (whole with { Bytes = [.. whole.Bytes[..length], 0xFF, 0xD9] }).Refused(JpegDctDecoder.Instance);
    }

    [Fact]
    public void Mutants_are_decoded_or_refused() => Fuzz.Run([Seed()], Decode, e => e is DicomFormatException, 300);

    [Fact(Explicit = true)]
    public void Mutants_are_decoded_or_refused_for_long() => Fuzz.RunFor(Fuzz.LongStudy, [Seed()], Decode, e => e is DicomFormatException);

    private static byte[] Seed() => CodedFrame.Open(SharedFiles.Data(Extended)).Bytes;

    private static void Decode(byte[] mutant)
    {
        PixelFormat format = new(512, 512, 1, 16, 12, false);
        JpegDctDecoder.Instance.Decode(mutant, format, new byte[format.FrameBytes], CancellationToken.None);
    }

    private static void AssertNear(CodedFrame expected, CodedFrame coded, int tolerance)
    {
        byte[] actual = coded.Decode(JpegDctDecoder.Instance);
        int worst = 0;
        for (int i = 0; i < actual.Length; i += coded.Format.BytesPerSample)
            worst = Math.Max(worst, Math.Abs(Value(expected.Bytes, i) - Value(actual, i)));
        Assert.InRange(worst, 0, tolerance);

        int Value(byte[] bytes, int at) => coded.Format.BytesPerSample == 1
            ? bytes[at] : BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
    }
}
