using CsCheck;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Encoding;

/// <summary>What is written reads back with the same values, and is written the same again, in every syntax that has no compression of
/// pixels.</summary>
public sealed class RoundTripTests
{
    public static TheoryData<string> Syntaxes => ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2"];

    [Theory]
    [MemberData(nameof(Syntaxes))]
    public void Any_data_set_that_can_be_built(string syntaxUid)
    {
        DicomTransferSyntax syntax = DicomTransferSyntax.Lookup(new DicomUID(syntaxUid));
        RandomDatasets.Any.Sample(dataset =>
        {
            byte[] written = Write(dataset, syntax);
            DicomDataset read = Read(written, syntax);
            Assert.Equal(Write(dataset, DicomTransferSyntax.ExplicitVRLittleEndian), Write(read,
                DicomTransferSyntax.ExplicitVRLittleEndian));
            Assert.Equal(written, Write(read, syntax));
        });
    }

    [Fact]
    public void Every_file_at_hand_in_every_native_syntax()
    {
        int files = 0;
        foreach (string path in Directory.EnumerateFiles(SharedFiles.Data("."), "*.dcm",
            SearchOption.AllDirectories).Where(path => !path.Contains("ct-ich", StringComparison.Ordinal)))
        {
            DicomDataset dataset;
            try
            {
                dataset = DicomFile.Open(path).Dataset;
            }
            catch (DicomFormatException)
            {
                continue;
            }

            files++;
            byte[] expected = Write(dataset, DicomTransferSyntax.ExplicitVRLittleEndian);
            bool isEncapsulated = dataset.TryGetItem(DicomTag.PixelData, out DicomItem? pixels) && pixels is DicomFragmentSequence;
            foreach (string uid in Syntaxes.Select(row => row.Data).Where(_ => !isEncapsulated).Append("1.2.840.10008.1.2.1"))
            {
                DicomTransferSyntax syntax = DicomTransferSyntax.Lookup(new DicomUID(uid));
                byte[] written = Write(dataset, syntax);
                DicomDataset read = Read(written, syntax);
                Assert.True(written.AsSpan().SequenceEqual(Write(read, syntax)),
                    $"{path} in {syntax.Name} is written differently the second time");
                // Implicit VR forgets the representation of elements that the dictionary lacks.
                if (syntax.IsExplicitVR) Assert.True(expected.AsSpan().SequenceEqual(Write(read,
                    DicomTransferSyntax.ExplicitVRLittleEndian)), $"{path} lost something in {syntax.Name}");
            }
        }

        Assert.True(files > 90, $"only {files} files");
    }

    [Fact]
    public void Pixel_values_are_signed_as_the_nearest_pixel_representation_says()
    {
        DicomDataset inner = new DicomDataset().AddOrUpdate(DicomVR.SS, DicomTag.PixelPaddingValue, -2000);
        DicomDataset unsigned = new DicomDataset().AddOrUpdate(DicomTag.PixelRepresentation, 0).AddOrUpdate(DicomVR.US,
            DicomTag.PixelPaddingValue, 63536);
        DicomDataset outer = new DicomDataset().AddOrUpdate(DicomTag.PixelRepresentation, 1).AddOrUpdate(DicomVR.SS,
            DicomTag.SmallestImagePixelValue, -1024)
            .AddOrUpdate(DicomTag.ReferencedSeriesSequence, inner, unsigned);
        DicomDataset read = Read(Write(outer, DicomTransferSyntax.ImplicitVRLittleEndian), DicomTransferSyntax.ImplicitVRLittleEndian);
        Assert.Equal(-1024, read.GetSingleValue<int>(DicomTag.SmallestImagePixelValue));
        IReadOnlyList<DicomDataset> items = read.GetSequence(DicomTag.ReferencedSeriesSequence).Items;
        Assert.Equal(-2000, items[0].GetSingleValue<int>(DicomTag.PixelPaddingValue));
        Assert.Equal(63536, items[1].GetSingleValue<int>(DicomTag.PixelPaddingValue));
    }

    [Fact]
    public void A_deflated_data_set_that_grows_without_measure_is_refused()
    {
        DicomDataset zeros = new DicomDataset().AddOrUpdate(DicomVR.OB, DicomTag.PixelData, new byte[100_000_000]);
        byte[] bomb = Write(zeros, DicomTransferSyntax.DeflatedExplicitVRLittleEndian);
        Assert.True(bomb.Length < 200_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        DicomFormatException refusal = Assert.Throws<DicomFormatException>(() => Read(bomb,
            DicomTransferSyntax.DeflatedExplicitVRLittleEndian));
        Assert.Contains("grows beyond", refusal.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Elements_out_of_order_are_put_in_order_and_of_two_the_last_counts()
    {
        byte[] bytes = [.. Write(new DicomDataset().AddOrUpdate(DicomTag.PatientID, "B"), DicomTransferSyntax.ExplicitVRLittleEndian),
            .. Write(new DicomDataset().AddOrUpdate(DicomTag.Modality, "CT"), DicomTransferSyntax.ExplicitVRLittleEndian),
            .. Write(new DicomDataset().AddOrUpdate(DicomTag.PatientID, "C"), DicomTransferSyntax.ExplicitVRLittleEndian)];
        DicomDataset read = Read(bytes, DicomTransferSyntax.ExplicitVRLittleEndian);
        Assert.Equal([DicomTag.Modality, DicomTag.PatientID], read.Select(item => item.Tag));
        Assert.Equal("C", read.GetString(DicomTag.PatientID));
    }

    private static DicomDataset Read(byte[] bytes, DicomTransferSyntax syntax) =>
        new DicomReader(new MemoryStream(bytes), "memory").ReadDataset(syntax);

    private static byte[] Write(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        using MemoryStream stream = new();
        new DicomWriter(stream, syntax).Write(dataset);
        return stream.ToArray();
    }
}
