using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Codecs;

public sealed class DicomPixelDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_native_multi_frame_image_gives_each_frame_alone()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 64 * 64 * 2).Select(i => (byte)(i / 1000))];
        new DicomFile(Image(3).AddOrUpdate(DicomVR.OW, DicomTag.PixelData, pixels),
            DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder["three.dcm"]);
        DicomPixelData image = Open(folder["three.dcm"]);
        Assert.Equal(3, image.NumberOfFrames);
        Assert.Equal(pixels[8192..16384], Frame(image, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Frame(image, 3));
    }

    [Theory]
    [InlineData("none, a fragment each")]
    [InlineData("basic")]
    [InlineData("basic, two fragments each")]
    [InlineData("extended")]
    public void Frames_are_found_by_whatever_table_there_is(string table)
    {
        byte[][] frames = [Rle(1), Rle(2), Rle(3)];
        bool halves = table.EndsWith("two fragments each", StringComparison.Ordinal);
        byte[][] pieces = [.. frames.SelectMany(frame => halves ? (byte[][])[frame[..66], frame[66..]] : [frame])];
        DicomDataset dataset = Image(3);
        ulong[] offsets = [0, (ulong)Size(pieces, halves ? 2 : 1), (ulong)Size(pieces, halves ? 4 : 2)];
        if (table == "extended")
        {
            dataset.AddOrUpdate(new DicomElement(DicomTag.ExtendedOffsetTable, DicomVR.OV, [.. offsets.SelectMany(BitConverter.GetBytes)]));
            dataset.AddOrUpdate(new DicomElement(DicomTag.ExtendedOffsetTableLengths, DicomVR.OV,
                [.. frames.SelectMany(frame => BitConverter.GetBytes((ulong)frame.Length))]));
        }

        dataset.AddOrUpdate(Encapsulated(table.StartsWith("basic", StringComparison.Ordinal)
            ? [.. offsets.Select(offset => (uint)offset)] : [], pieces));
        DicomPixelData image = new(dataset, Syntax("1.2.840.10008.1.2.5"));
        for (int i = 0; i < 3; i++) Assert.All(Frame(image, i), value => Assert.Equal(i + 1, value));
    }

    [Fact]
    public void One_frame_may_lie_in_many_fragments()
    {
        byte[] frame = Rle(7);
        DicomPixelData image = new(Image(1).AddOrUpdate(Encapsulated([], [.. frame.Chunk(10).Select(piece => piece.ToArray())])),
            Syntax("1.2.840.10008.1.2.5"));
        Assert.All(Frame(image, 0), value => Assert.Equal(7, value));
    }

    [Theory]
    [InlineData(new uint[] { 0, 6 })]
    [InlineData(new uint[] { 8, 0 })]
    [InlineData(new uint[] { 0, 0 })]
    [InlineData(new uint[] { 0, 4_000_000_000 })]
    [InlineData(new uint[] { 0 })]
    public void An_offset_table_that_lies_is_refused(uint[] offsets)
    {
        DicomDataset dataset = Image(2).AddOrUpdate(Encapsulated(offsets, Rle(1), Rle(2)));
        Assert.Contains("offset table", Assert.Throws<DicomFormatException>(() => new DicomPixelData(dataset,
            Syntax("1.2.840.10008.1.2.5"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_extended_table_that_gives_a_frame_more_bytes_than_came_is_refused()
    {
        DicomDataset dataset = Image(2).AddOrUpdate(Encapsulated([], Rle(1), Rle(2)));
        dataset.AddOrUpdate(new DicomElement(DicomTag.ExtendedOffsetTable, DicomVR.OV, [.. new[] { 0L, Rle(1).Length + 8L }.SelectMany(BitConverter.GetBytes)]));
        dataset.AddOrUpdate(new DicomElement(DicomTag.ExtendedOffsetTableLengths, DicomVR.OV, [.. new[] { (long)Rle(1).Length, 1000L }.SelectMany(BitConverter.GetBytes)]));
        DicomPixelData image = new(dataset, Syntax("1.2.840.10008.1.2.5"));
        Assert.Contains("frame 2 1000 bytes", Assert.Throws<DicomFormatException>(() => Frame(image, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_that_cannot_be_told_apart_are_refused()
    {
        DicomDataset dataset = Image(2).AddOrUpdate(Encapsulated([], Rle(1)[..66], Rle(1)[66..], Rle(2)));
        Assert.Contains("cannot be told apart", Assert.Throws<DicomFormatException>(() => new DicomPixelData(dataset,
            Syntax("1.2.840.10008.1.2.5"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_whole_image_is_refused_with_the_reason()
    {
        Refused(new DicomDataset(), "Rows (0028,0010) is missing");
        Refused(Image(1), "PixelData (7FE0,0010) is missing");
        Refused(Image(2).AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[8192]), "2 frames of 8192 need 16384: the image is truncated");
        Refused(Image(1).AddOrUpdate(DicomTag.BitsAllocated, 32).AddOrUpdate(DicomTag.BitsStored, 32), "BitsAllocated is 32");
        Refused(Image(1).AddOrUpdate(DicomTag.Rows, 65535).AddOrUpdate(DicomTag.Columns, 65535), "268435456 are allowed");

        static void Refused(DicomDataset dataset, string why) => Assert.Contains(why,
            Assert.Throws<DicomFormatException>(() => new DicomPixelData(dataset, DicomTransferSyntax.ExplicitVRLittleEndian)).Message,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CTImage.dcm_BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2.dcm")]
    [InlineData("CTImage.dcm_DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99.dcm")]
    [InlineData("CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm")]
    [InlineData("CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm")]
    [InlineData("CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm")]
    [InlineData("CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm")]
    public void A_CT_has_the_same_pixels_in_every_lossless_syntax(string name) => TestFrames.AssertSame(
        Frame(Open(SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm")), 0), Frame(Open(SharedFiles.Data("ct-transfer-syntaxes/"
            + name)), 0));

    public void Dispose() => folder.Dispose();

    private static DicomPixelData Open(string path)
    {
        DicomFile file = DicomFile.Open(path);
        return new DicomPixelData(file.Dataset, file.TransferSyntax);
    }

    private static byte[] Frame(DicomPixelData image, int index) => image.GetFrame(index, TestContext.Current.CancellationToken);

    private static DicomTransferSyntax Syntax(string uid) => DicomTransferSyntax.Lookup(new DicomUID(uid));

    private static DicomDataset Image(int frames) => new DicomDataset()
        .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage).AddOrUpdate(DicomTag.SOPInstanceUID,
            DicomUID.Derive("frames"))
        .AddOrUpdate(DicomTag.SamplesPerPixel, 1).AddOrUpdate(DicomTag.PhotometricInterpretation,
            "MONOCHROME2").AddOrUpdate(DicomTag.NumberOfFrames, frames)
        .AddOrUpdate(DicomTag.Rows, 64).AddOrUpdate(DicomTag.Columns, 64).AddOrUpdate(DicomTag.BitsAllocated,
            16).AddOrUpdate(DicomTag.BitsStored, 16)
        .AddOrUpdate(DicomTag.HighBit, 15).AddOrUpdate(DicomTag.PixelRepresentation, 0);

    private static DicomFragmentSequence Encapsulated(uint[] offsets, params byte[][] pieces) => new(DicomTag.PixelData, DicomVR.OB,
        [new DicomElement(DicomTag.Item, DicomVR.OB, [.. offsets.SelectMany(BitConverter.GetBytes)]),
            .. pieces.Select(piece => new DicomElement(DicomTag.Item, DicomVR.OB, piece))]);

    private static long Size(byte[][] pieces, int count) => pieces.Take(count).Sum(piece => 8L + piece.Length);

    /// <summary>A frame whose every byte is <paramref name="value"/>, RLE coded: two segments of 4096 bytes in runs of 128.</summary>
    private static byte[] Rle(byte value)
    {
        byte[] segment = [.. Enumerable.Repeat((byte[])[0x81, value], 32).SelectMany(run => run)];
        return [.. new[] { 2u, 64u, 64u + (uint)segment.Length }.Concat(new uint[13]).SelectMany(BitConverter.GetBytes), .. segment,
            .. segment];
    }
}
