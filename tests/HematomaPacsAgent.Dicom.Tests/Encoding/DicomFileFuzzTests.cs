using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Encoding;

public sealed class DicomFileFuzzTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Mutated_files_are_read_or_refused() => Fuzz.Run(Seeds(), Parse, e => e is DicomFormatException, 3000);

    [Fact(Explicit = true)]
    public void Mutated_files_are_read_or_refused_for_long() => Fuzz.RunFor(Fuzz.LongStudy, Seeds(), Parse, e => e is DicomFormatException);

    public void Dispose() => folder.Dispose();

    private void Parse(byte[] mutant)
    {
        File.WriteAllBytes(folder["mutant.dcm"], mutant);
        DicomFile file = DicomFile.Open(folder["mutant.dcm"]);
        file.Save(Stream.Null);
        foreach (DicomItem item in file.Dataset) file.Dataset.GetStringOrEmpty(item.Tag);
    }

    private static byte[][] Seeds() =>
    [
        .. ((string[])["dicom-edge-cases/nested_priv_SQ.dcm", "dicom-edge-cases/UN_sequence.dcm", "dicom-edge-cases/ExplVR_BigEnd.dcm",
            "dicom-edge-cases/image_dfl.dcm",
            "dicom-edge-cases/liver_rle.dcm", "dicom-edge-cases/test-SR.dcm", "dicom-edge-cases/CT_small.dcm",
                "seg-sr-highdicom/seg_image_ct_binary.dcm"])
            .Select(name => File.ReadAllBytes(SharedFiles.Data(name))),
    ];
}
