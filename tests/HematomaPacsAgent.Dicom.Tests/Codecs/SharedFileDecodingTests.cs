using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class SharedFileDecodingTests
{
    private const string CtImage = "ct-transfer-syntaxes/CTImage.dcm";

    [Theory]
    [InlineData(CtImage + "_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm", CtImage)]
    [InlineData(CtImage + "_JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57.dcm", CtImage)]
    [InlineData(CtImage + "_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm", CtImage)]
    [InlineData(CtImage + "_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm", CtImage)]
    [InlineData("ct-transfer-syntaxes-nema/CT1_RLE.dcm", "ct-transfer-syntaxes-nema/CT1_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_RLE.dcm", "ct-transfer-syntaxes-nema/CT2_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT1_JPLL.dcm", "ct-transfer-syntaxes-nema/CT1_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_JPLL.dcm", "ct-transfer-syntaxes-nema/CT2_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT1_JLSL.dcm", "ct-transfer-syntaxes-nema/CT1_UNC.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_JLSL.dcm", "ct-transfer-syntaxes-nema/CT2_UNC.dcm")]
    public void A_losslessly_compressed_CT_decodes_to_the_uncompressed_one(string compressed, string uncompressed)
    {
        string path = SharedFiles.Data(compressed);
        TestFrames.AssertSame(CodedFrame.Open(SharedFiles.Data(uncompressed)).Bytes, CodedFrame.Open(path).Decode(DecoderOf(path)));
    }

    [Theory]
    [InlineData("MR_small_RLE.dcm", "MR_small.dcm")]
    [InlineData("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm")]
    public void A_compressed_file_of_pydicom_decodes_to_its_uncompressed_one(string compressed, string uncompressed)
    {
        const string Folder = "/usr/lib/python3/dist-packages/pydicom/data/test_files";
        foreach (string name in (string[])[compressed, uncompressed])
            if (!File.Exists(Path.Combine(Folder, name))) Assert.Skip($"{name} not in {Folder}: apt-get install python3-pydicom");
        string path = Path.Combine(Folder, compressed);
        TestFrames.AssertSame(CodedFrame.Open(Path.Combine(Folder, uncompressed)).Bytes, CodedFrame.Open(path).Decode(DecoderOf(path)));
    }

    [Theory]
    [InlineData("ct-transfer-syntaxes-nema/CT1_JLSN.dcm")]
    [InlineData("ct-transfer-syntaxes-nema/CT2_JLSN.dcm")]
    [InlineData(CtImage + "_JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81.dcm")]
    public async Task A_near_lossless_CT_decodes_as_DCMTK_decodes_it(string compressed)
    {
        string path = SharedFiles.Data(compressed);
        using TemporaryFolder folder = new();
        await CodedFrame.RunAsync("dcmdjpls", [path, folder["decoded.dcm"]]);
        TestFrames.AssertSame(CodedFrame.Open(folder["decoded.dcm"]).Bytes, CodedFrame.Open(path).Decode(JpegLsDecoder.Instance));
    }

    private static IPixelDecoder DecoderOf(string path) => DicomFile.Open(path).TransferSyntax.Uid.Value switch
    {
        "1.2.840.10008.1.2.5" => RleDecoder.Instance,
        "1.2.840.10008.1.2.4.57" or "1.2.840.10008.1.2.4.70" => JpegLosslessDecoder.Instance,
        "1.2.840.10008.1.2.4.80" or "1.2.840.10008.1.2.4.81" => JpegLsDecoder.Instance,
        var other => throw new InvalidOperationException(other),
    };
}
