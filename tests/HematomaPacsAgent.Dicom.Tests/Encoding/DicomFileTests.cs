using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Encoding;

public sealed class DicomFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Every_shared_file_reads_or_says_why_not()
    {
        int read = 0, refused = 0;
        foreach (string file in Directory.EnumerateFiles(SharedFiles.Data("."), "*", SearchOption.AllDirectories).Where(LooksLikeDicom))
            try
            {
                DicomFile dicom = DicomFile.Open(file);
                foreach (DicomItem item in dicom.Dataset) _ = dicom.Dataset.GetStringOrEmpty(item.Tag);
                read++;
            }
            catch (DicomFormatException reason)
            {
                Assert.Contains(Path.GetFileName(file), reason.Message, StringComparison.Ordinal);
                refused++;
            }

        Assert.True(read > 100 && refused < 15, $"{read} read, {refused} refused");
    }

    [Theory]
    [InlineData("head-ct-ge-tilted/14.dcm")]
    [InlineData("dicom-edge-cases/CT_small.dcm")]
    [InlineData("dicom-edge-cases/UN_sequence.dcm")]
    [InlineData("dicom-edge-cases/test-SR.dcm")]
    [InlineData("seg-sr-highdicom/seg_image_ct_binary.dcm")]
    [InlineData("seg-sr-highdicom/sr_document.dcm")]
    [InlineData("seg-sr-dcmqi/sr-example_sr.dcm")]
    [InlineData("ct-transfer-syntaxes/CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm")]
    [InlineData("ct-transfer-syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm")]
    public async Task Writing_what_was_read_keeps_every_value_as_pydicom_sees_it(string name)
    {
        string source = SharedFiles.Data(name), copy = folder["copy.dcm"], again = folder["again.dcm"];
        DicomFile file = DicomFile.Open(source);
        file.Save(copy);
        DicomFile.Open(copy).Save(again);
        Assert.Equal(await File.ReadAllBytesAsync(copy, TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(again,
            TestContext.Current.CancellationToken));

        const string Compare = """
            import sys, pydicom
            a, b = (pydicom.dcmread(p, force=True) for p in sys.argv[1:])
            strip = lambda ds: [ds.__delitem__(t) for t in [e.tag for e in ds if e.tag.element == 0]]
            strip(a); strip(b)
            left, right = a.to_json_dict(), b.to_json_dict()
            diff = [k for k in sorted(set(left) | set(right)) if left.get(k) != right.get(k)]
            sys.exit(f"differs in {diff[:5]}: {[ (left.get(k), right.get(k)) for k in diff[:1]]}"[:400] if diff else 0)
            """;
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("python3", "python3-pydicom") is { Length: > 0 }
            ? "/usr/bin/python3" : "", ["-c", Compare, source, copy], TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
    }

    [Fact]
    public void A_file_cut_at_any_byte_reads_as_far_as_it_goes_or_says_that_it_is_truncated()
    {
        byte[] whole = File.ReadAllBytes(SharedFiles.Data("seg-sr-dcmqi/sr-example_sr.dcm"));
        string cut = folder["cut.dcm"];
        int step = Math.Max(1, whole.Length / 500);
        for (int length = 0; length < whole.Length; length += step)
        {
            File.WriteAllBytes(cut, whole[..length]);
            try
            {
                DicomFile.Open(cut);
            }
            catch (DicomFormatException reason)
            {
                Assert.StartsWith("cut.dcm", reason.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Truncated_pixel_data_is_named_with_what_is_left()
    {
        byte[] whole = File.ReadAllBytes(SharedFiles.Data("head-ct-ge-tilted/14.dcm"));
        File.WriteAllBytes(folder["cut.dcm"], whole[..^1000]);
        DicomFormatException reason = Assert.Throws<DicomFormatException>(() => DicomFile.Open(folder["cut.dcm"]));
        Assert.Contains("(7FE0,0010) says 524288 bytes, 523288 are left: the file is truncated", reason.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_ours_is_clean_to_dcmdump()
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("test"))
            .AddOrUpdate(DicomTag.ImagePositionPatient, 1.5, -2, 1 / 3.0)
            .AddOrUpdate(DicomTag.ReferencedSeriesSequence, new DicomDataset().AddOrUpdate(DicomTag.SeriesInstanceUID,
                DicomUID.Derive("series")));
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder["ours.dcm"]);
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("dcmdump", "dcmtk"), [folder["ours.dcm"]],
            TestContext.Current.CancellationToken);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("W:", output, StringComparison.Ordinal);
        Assert.Contains(@"[1.5\-2\0.33333333333333]", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static bool LooksLikeDicom(string path) =>
        Path.GetExtension(path) is ".dcm" or ".DCM" or "" && new FileInfo(path).Length > 200
            && !path.Contains("LICENSE", StringComparison.Ordinal);
}
