using System.IO.Compression;
using System.Runtime.InteropServices;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Objects;

/// <summary>Segmentations of other makers and of our own, read pixel by pixel.</summary>
public sealed class SegmentationReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void The_liver_of_dcmqi_has_every_voxel_of_the_volume_it_was_made_from()
    {
        ReadSegmentation read = Open("seg-sr-dcmqi/segmentations_liver.dcm");
        Assert.Equal(SegmentationKind.Binary, read.Kind);
        ReadSegment liver = Assert.Single(read.Segments);
        Assert.Equal((1, "Liver", "Liver"), (liver.Number, liver.Label, liver.Type?.Meaning));
        AssertEqualsVolume(read, [liver.Number], "segmentations_liver_seg.nrrd");
    }

    [Fact]
    public void Overlapping_segments_are_read_each_by_itself()
    {
        ReadSegmentation read = Open("seg-sr-dcmqi/segmentations_partial_overlaps.dcm");
        Assert.Equal(["GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE"], read.Segments.Select(segment => segment.Label));
        // Each volume holds segments by label values; together they hold as many voxels as the object.
        long expected = Enumerable.Range(1, 3).Sum(k => Nrrd($"segmentations_partial_overlaps-{k}.nrrd").LongCount(value => value != 0));
        Assert.Equal(expected, read.Segments.Sum(segment => Count(read, segment.Number)));
    }

    [Fact]
    public void A_label_map_has_its_segments_without_the_background()
    {
        ReadSegmentation read = Open("seg-sr-dcmqi/segmentations_sparse-labelmap-noppv.dcm");
        Assert.Equal(SegmentationKind.LabelMap, read.Kind);
        ReadSegment liver = Assert.Single(read.Segments);
        Assert.Equal("1 (Liver)", liver.ToString());
        Assert.Equal((38, 24, 2), (read.Rows, read.Columns, read.Frames.Count));
        Assert.All(read.Frames, frame => Assert.Null(frame.SegmentNumber));
        byte[] pixels = DicomFile.Open(SharedFiles.Data("seg-sr-dcmqi/segmentations_sparse-labelmap-noppv.dcm")).Dataset
            .OfType<DicomElement>().Single(element => element.Tag == DicomTag.PixelData).Bytes.ToArray();
        Assert.Equal(pixels.Count(value => value == 1), Count(read, 1));
        Assert.InRange(Count(read, 1), 1, pixels.Length - 1);
    }

    [Theory]
    [InlineData("seg_image_ct_binary.dcm", SegmentationKind.Binary, 3)]
    [InlineData("seg_image_ct_binary_overlap.dcm", SegmentationKind.Binary, 8)]
    [InlineData("seg_image_ct_binary_single_frame.dcm", SegmentationKind.Binary, 1)]
    [InlineData("seg_image_ct_binary_fractional.dcm", SegmentationKind.Fractional, 3)]
    [InlineData("seg_image_ct_true_fractional.dcm", SegmentationKind.Fractional, 3)]
    public void Objects_of_highdicom_are_read(string file, SegmentationKind kind, int frames)
    {
        ReadSegmentation read = Open("seg-sr-highdicom/" + file);
        Assert.Equal((kind, frames), (read.Kind, read.Frames.Count));
        Assert.Equal("first segment", read.Segments[0].Label);
        Assert.All(read.Frames, frame => Assert.NotNull(frame.Position));
        Assert.All(read.Frames, frame => Assert.NotNull(frame.SourceInstanceUid));
        Assert.True(Count(read, 1) > 0);
        Assert.Equal(kind == SegmentationKind.Fractional, read.Notes.Any(note => note.Contains("half of its maximum", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_binary_object_and_the_same_as_fractions_are_the_same_mask()
    {
        ReadSegmentation binary = Open("seg-sr-highdicom/seg_image_ct_binary.dcm"), fractional = Open("seg-sr-highdicom/seg_image_ct_binary_fractional.dcm");
        for (int k = 0; k < 3; k++) Assert.Equal(Frame(binary, k, 1), Frame(fractional, k, 1));
        ReadSegmentation half = Open("seg-sr-highdicom/seg_image_ct_true_fractional.dcm");
        byte[] stored = DicomFile.Open(SharedFiles.Data("seg-sr-highdicom/seg_image_ct_true_fractional.dcm")).Dataset
            .OfType<DicomElement>().Single(element => element.Tag == DicomTag.PixelData).Bytes.ToArray();
        Assert.Equal(stored.Take(3 * 256).Select(value => value >= 128), Enumerable.Range(0, 3).SelectMany(k => Frame(half, k, 1)));
    }

    [Fact]
    public void Bits_run_on_from_frame_to_frame()
    {
        // 3 x 3 pixels: the second frame begins at bit 9.
        DicomDataset made = Made(frames: 3).AddOrUpdate(DicomVR.OB, DicomTag.PixelData, [0b1000_0001, 0b0000_0011, 0b0000_0100, 0b0000_0100]);
        ReadSegmentation read = SegmentationReader.Read(made, DicomTransferSyntax.ExplicitVRLittleEndian);
        Assert.Equal([0, 7, 8], Set(0));
        Assert.Equal([0], Set(1));
        Assert.Equal([0, 8], Set(2));

        IEnumerable<int> Set(int frame) => Frame(read, frame, 1).Index().Where(pixel => pixel.Item).Select(pixel => pixel.Index);
    }

    [Fact]
    public void Fractions_compressed_by_run_lengths_are_read()
    {
        byte[] rle = new byte[64 + 4];
        (rle[0], rle[4]) = (1, 64);
        // Five times 255, four times 100.
        (rle[64], rle[65], rle[66], rle[67]) = (unchecked((byte)-4), 255, unchecked((byte)-3), 100);
        DicomElement Fragment(byte[] bytes) => new(new DicomTag(0xFFFE, 0xE000), DicomVR.OB, bytes);
        DicomDataset made = Made(frames: 1)
            .AddOrUpdate(DicomTag.SegmentationType, "FRACTIONAL").AddOrUpdate(DicomTag.SegmentationFractionalType, "PROBABILITY")
            .AddOrUpdate(DicomTag.MaximumFractionalValue, (ushort)255)
            .AddOrUpdate(DicomTag.BitsAllocated, (ushort)8).AddOrUpdate(DicomTag.BitsStored, (ushort)8)
            .AddOrUpdate(new DicomFragmentSequence(DicomTag.PixelData, DicomVR.OB, [Fragment([]), Fragment(rle)]));
        ReadSegmentation read = SegmentationReader.Read(made, DicomTransferSyntax.Lookup(new DicomUID("1.2.840.10008.1.2.5")));
        Assert.Equal([true, true, true, true, true, false, false, false, false], Frame(read, 0, 1));
    }

    [Fact]
    public void What_contradicts_itself_is_refused_with_the_attribute()
    {
        Refused("not a Segmentation", made => made.AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage));
        Refused("SegmentationType", made => made.AddOrUpdate(DicomTag.SegmentationType, "SOMETHING"));
        Refused("truncated", made => made.AddOrUpdate(DicomVR.OB, DicomTag.PixelData, [1, 2]));
        Refused("has 3 items", made => made.AddOrUpdate(DicomTag.NumberOfFrames, 2));
        Refused("truncated", made => made.AddOrUpdate(DicomTag.NumberOfFrames, int.MaxValue));
        Refused("NumberOfFrames is 0", made => made.AddOrUpdate(DicomTag.NumberOfFrames, 0));
        Refused("BitsAllocated is 8", made => made.AddOrUpdate(DicomTag.BitsAllocated, (ushort)8));
        Refused("is missing", made => made.Remove(DicomTag.PixelData));
        Refused("SegmentSequence", made => made.Remove(DicomTag.SegmentSequence));
        Refused("two segments", made => made.AddOrUpdate(DicomTag.SegmentSequence, Segment(1), Segment(1)));
        Refused("segment 1, which", made => made.AddOrUpdate(DicomTag.SegmentSequence, Segment(2)));
        Refused("ImageOrientationPatient", made => made.Remove(DicomTag.SharedFunctionalGroupsSequence));
        Refused("compressed", made => made.AddOrUpdate(new DicomFragmentSequence(DicomTag.PixelData, DicomVR.OB, [])));

        static void Refused(string reason, Action<DicomDataset> change)
        {
            DicomDataset made = Made(frames: 3).AddOrUpdate(DicomVR.OB, DicomTag.PixelData, [1, 2, 3, 4]);
            change(made);
            DicomFormatException refusal = Assert.Throws<DicomFormatException>(() => SegmentationReader.Read(made, DicomTransferSyntax.ExplicitVRLittleEndian));
            Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Mutated_objects_are_read_or_refused()
    {
        byte[][] seeds = [.. ((string[])["seg-sr-highdicom/seg_image_ct_binary_overlap.dcm", "seg-sr-highdicom/seg_image_ct_true_fractional.dcm",
            "seg-sr-dcmqi/segmentations_sparse-labelmap-noppv.dcm"]).Select(name => File.ReadAllBytes(SharedFiles.Data(name)))];
        Fuzz.Run(seeds, mutant =>
        {
            File.WriteAllBytes(folder["mutant.dcm"], mutant);
            ReadSegmentation read = SegmentationReader.Open(folder["mutant.dcm"]);
            if ((long)read.Rows * read.Columns > 1 << 20) return;
            bool[] target = new bool[read.Rows * read.Columns];
            int segment = read.Segments is [var first, ..] ? first.Number : 1;
            foreach (ReadSegmentationFrame frame in read.Frames.Take(10)) read.ReadFrame(frame, segment, target, CancellationToken.None);
        }, e => e is DicomFormatException, 2500);
    }

    public void Dispose() => folder.Dispose();

    private static DicomDataset Segment(int number) =>
        new DicomDataset().AddOrUpdate(DicomTag.SegmentNumber, (ushort)number).AddOrUpdate(DicomTag.SegmentLabel, "a");

    /// <summary>Frames of 3 x 3 pixels, all of segment 1.</summary>
    private static DicomDataset Made(int frames) => new DicomDataset()
        .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SegmentationStorage)
        .AddOrUpdate(DicomTag.SegmentationType, "BINARY")
        .AddOrUpdate(DicomTag.Rows, (ushort)3).AddOrUpdate(DicomTag.Columns, (ushort)3).AddOrUpdate(DicomTag.NumberOfFrames, frames)
        .AddOrUpdate(DicomTag.SamplesPerPixel, (ushort)1).AddOrUpdate(DicomTag.PixelRepresentation, (ushort)0)
        .AddOrUpdate(DicomTag.BitsAllocated, (ushort)1).AddOrUpdate(DicomTag.BitsStored, (ushort)1)
        .AddOrUpdate(DicomTag.SegmentSequence, Segment(1))
        .AddOrUpdate(DicomTag.SharedFunctionalGroupsSequence, new DicomDataset()
            .AddOrUpdate(DicomTag.PlaneOrientationSequence, new DicomDataset().AddOrUpdate(DicomTag.ImageOrientationPatient, 1.0, 0, 0, 0, 1, 0))
            .AddOrUpdate(DicomTag.PixelMeasuresSequence, new DicomDataset().AddOrUpdate(DicomTag.PixelSpacing, 0.5, 0.5)))
        .AddOrUpdate(DicomTag.PerFrameFunctionalGroupsSequence, [.. Enumerable.Range(0, frames).Select(k => new DicomDataset()
            .AddOrUpdate(DicomTag.PlanePositionSequence, new DicomDataset().AddOrUpdate(DicomTag.ImagePositionPatient, 0.0, 0, 5 * k))
            .AddOrUpdate(DicomTag.SegmentIdentificationSequence, new DicomDataset().AddOrUpdate(DicomTag.ReferencedSegmentNumber, (ushort)1)))]);

    private static ReadSegmentation Open(string name) => SegmentationReader.Open(SharedFiles.Data(name));

    private static bool[] Frame(ReadSegmentation read, int index, int segment)
    {
        bool[] flags = new bool[read.Rows * read.Columns];
        read.ReadFrame(read.Frames[index], segment, flags, TestContext.Current.CancellationToken);
        return flags;
    }

    private static long Count(ReadSegmentation read, int segment) =>
        read.FramesOf(segment).Sum(frame => (long)Frame(read, frame.Index, segment).Count(flag => flag));

    /// <summary>The volumes lie at z = -128.69 in steps of 1 mm, as the frames' own positions do.</summary>
    private static void AssertEqualsVolume(ReadSegmentation read, int[] segments, string volume)
    {
        short[] truth = Nrrd(volume);
        int pixels = read.Rows * read.Columns;
        bool[] made = new bool[truth.Length];
        foreach (int segment in segments)
            foreach (ReadSegmentationFrame frame in read.FramesOf(segment))
            {
                int slice = (int)Math.Round(frame.Position![2] + 128.69);
                bool[] flags = Frame(read, frame.Index, segment);
                for (int i = 0; i < pixels; i++) made[slice * pixels + i] |= flags[i];
            }

        Assert.Equal(truth.Select(value => value != 0), made);
    }

    private static short[] Nrrd(string name)
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Data("seg-sr-dcmqi/" + name));
        using GZipStream gzip = new(new MemoryStream(file[(file.AsSpan().IndexOf("\n\n"u8) + 2)..]), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        gzip.CopyTo(bytes);
        return MemoryMarshal.Cast<byte, short>(bytes.ToArray()).ToArray();
    }
}
