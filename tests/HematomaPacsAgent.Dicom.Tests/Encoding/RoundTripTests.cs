using CsCheck;

namespace HematomaPacsAgent.Dicom.Tests.Encoding;

/// <summary>Any data set that can be built reads back as it was written, in both native syntaxes, and writing is stable.</summary>
public sealed class RoundTripTests
{
    private static readonly Gen<DicomItem> Element = Gen.OneOf(
        Gen.Select(Gen.OneOf(Gen.Const(DicomTag.PatientID), Gen.Const(DicomTag.SeriesDescription), Gen.Const(DicomTag.StudyID)), Gen.String[Gen.Char.AlphaNumeric, 0, 16],
            (tag, text) => new DicomDataset().AddOrUpdate(tag, text).First()),
        Gen.Select(Gen.OneOf(Gen.Const(DicomTag.PixelSpacing), Gen.Const(DicomTag.ImagePositionPatient)), Gen.Double[-1e6, 1e6].Array[0, 6], (tag, values) => new DicomDataset().AddOrUpdate(tag, values).First()),
        Gen.Select(Gen.OneOf(Gen.Const(DicomTag.Rows), Gen.Const(DicomTag.Columns)), Gen.UShort, (tag, value) => new DicomDataset().AddOrUpdate(tag, value).First()),
        Gen.Select(Gen.Double, value => new DicomDataset().AddOrUpdate(DicomTag.FloatingPointValue, value).First()),
        Gen.Select(Gen.Byte.Array[0, 300], bytes => (DicomItem)new DicomElement(DicomTag.PixelData, DicomVR.OW, bytes)));

    private static readonly Gen<DicomDataset> Dataset = Gen.Recursive<DicomDataset>((depth, inner) =>
        Gen.Select(Element.Array[0, 6], depth < 3 ? inner.Array[0, 3] : Gen.Const(Array.Empty<DicomDataset>()), (elements, items) =>
        {
            DicomDataset dataset = new();
            foreach (DicomItem element in elements) dataset.AddOrUpdate(element);
            return items.Length > 0 ? dataset.AddOrUpdate(DicomTag.ReferencedSeriesSequence, items) : dataset;
        }));

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.1")]
    public void What_is_written_reads_back_and_is_written_the_same_again(string syntaxUid)
    {
        DicomTransferSyntax syntax = DicomTransferSyntax.Lookup(new DicomUID(syntaxUid));
        Dataset.Sample(dataset =>
        {
            byte[] written = Write(dataset, syntax);
            DicomDataset read = new DicomReader(new MemoryStream(written), "memory").ReadDataset(syntax);
            Assert.Equal(dataset.Select(item => item.Tag), read.Select(item => item.Tag));
            Assert.Equal(written, Write(read, syntax));
        });
    }

    private static byte[] Write(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        using MemoryStream stream = new();
        new DicomWriter(stream, syntax).Write(dataset);
        return stream.ToArray();
    }
}
