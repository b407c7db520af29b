using System.IO.Compression;
using System.Numerics;
using System.Runtime.InteropServices;
using CsCheck;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Regions;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Regions;

public sealed class RadiomicsInputTests : IDisposable
{
    private const int Columns = 70, Rows = 66, Slices = 12;
    private static readonly ImageGrid Grid = new(5, 4, 3, 0.5, 0.75, 2) { OriginMm = (-10, 20, 30) };
    private static readonly int[][] Orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task What_else_lies_in_a_folder_neither_stops_nor_holds_up_its_images()
    {
        await Programs.RunAsync("mkfifo", [folder["pipe"]], TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(folder["nowhere"], folder["gone.dcm"]);
        File.WriteAllText(folder["empty.dcm"], "");
        File.WriteAllBytes(folder["image.dcm"], [.. new byte[128], .. "DICM"u8]);
        File.CreateSymbolicLink(folder["link.dcm"], folder["image.dcm"]);
        Directory.CreateDirectory(folder["below"]);
        foreach (string loop in (string[])["loop", "below/up", "below/higher"]) File.CreateSymbolicLink(folder[loop], folder.Path);
        Task<string[]> found = Task.Run(() => DicomFiles.OfOneSeries(folder.Path, null, TestContext.Current.CancellationToken).Select(path => Path.GetFileName(path)).ToArray(),
            TestContext.Current.CancellationToken);
        Assert.Equal(["image.dcm", "link.dcm"], await found.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void The_case_of_the_PyRadiomics_oracle_is_loaded()
    {
        string data = SharedFiles.Data("radiomics/pyradiomics-oracle");
        RadiomicsInput input = Load(Path.Combine(data, "ich5_image.nii.gz"), Path.Combine(data, "ich5_mask.nii.gz"));
        Assert.Equal((6172, true, "label 1"), (input.Mask.Count(flag => flag), input.Image.WholeNumbers, input.Region));
        Assert.Empty(input.Warnings);
        Assert.Equal(0.44999998807907104, input.Image.Grid.SpacingXMm);
    }

    [Fact]
    public void A_NIfTI_mask_with_other_axes_is_reordered_voxel_by_voxel()
    {
        WriteImage();
        // The same places, the axes as z, -y, x.
        ImageGrid turned = new(3, 4, 5, 2, 0.75, 0.5) { OriginMm = Place(0, 3, 0), Direction = [0, 0, 1, 0, -1, 0, 1, 0, 0] };
        byte[] labels = new byte[60];
        foreach ((int x, int y, int z) in ((int, int, int)[])[(4, 1, 2), (0, 3, 0)]) labels[(x * 4 + (3 - y)) * 3 + z] = 7;
        NiftiWriter.Write(folder["turned.nii.gz"], turned, labels);
        RadiomicsInput input = Load(folder["image.nii.gz"], folder["turned.nii.gz"], new RegionChoice(7));
        Assert.Equal([At(0, 3, 0), At(4, 1, 2)], Set(input));
        Assert.Contains("reordered", Assert.Single(input.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void However_image_and_mask_lie_and_run_the_same_places_are_set() =>
        Gen.Select(Gen.Int[1, 6].Array[3], Gen.Double[0.3, 6].Array[3], Gen.Double[-200, 200].Array[3], Gen.Double[-1, 1].Array[4],
                Gen.Int[0, 5].Select(k => Orders[k]), Gen.Bool.Array[3], Gen.Bool.Array[216])
            .Where((_, _, _, turn, _, _, _) => turn.Sum(part => part * part) > 0.01)
            .Sample((size, spacing, origin, turn, axes, isReversed, flags) =>
            {
                Quaternion q = Quaternion.Normalize(new Quaternion((float)turn[0], (float)turn[1], (float)turn[2], (float)turn[3]));
                Vector3[] way = [Vector3.Transform(Vector3.UnitX, q), Vector3.Transform(Vector3.UnitY, q), Vector3.Transform(Vector3.UnitZ, q)];
                ImageGrid image = Placed([0, 1, 2], [false, false, false]), mask = Placed(axes, isReversed);
                byte[] labels = new byte[mask.Count];
                flags[0] = true;
                for (int i = 0; i < labels.Length; i++)
                {
                    int[] at = [i % size[0], i / size[0] % size[1], i / size[0] / size[1]];
                    int[] now = [.. axes.Select((axis, k) => isReversed[k] ? size[axis] - 1 - at[axis] : at[axis])];
                    labels[(now[2] * mask.SizeY + now[1]) * mask.SizeX + now[0]] = flags[i] ? (byte)1 : (byte)0;
                }

                NiftiWriter.Write(folder["placed.nii"], image, new short[image.Count]);
                NiftiWriter.Write(folder["labels.nii"], mask, labels);
                Assert.Equal(flags.Take(image.Count), Load(folder["placed.nii"], folder["labels.nii"]).Mask);

                ImageGrid Placed(int[] of, bool[] isTurned)
                {
                    Vector3 first = new((float)origin[0], (float)origin[1], (float)origin[2]);
                    for (int k = 0; k < 3; k++)
                        if (isTurned[k]) first += way[of[k]] * (float)(spacing[of[k]] * (size[of[k]] - 1));
                    Vector3[] d = [.. of.Select((axis, k) => isTurned[k] ? -way[axis] : way[axis])];
                    return new ImageGrid(size[of[0]], size[of[1]], size[of[2]], spacing[of[0]], spacing[of[1]], spacing[of[2]])
                    {
                        OriginMm = (first.X, first.Y, first.Z),
                        Direction = [d[0].X, d[1].X, d[2].X, d[0].Y, d[1].Y, d[2].Y, d[0].Z, d[1].Z, d[2].Z],
                    };
                }
            }, iter: 300, threads: 1);

    [Fact]
    public void A_NIfTI_mask_of_a_part_of_the_image_is_put_in_its_place()
    {
        WriteImage();
        ImageGrid part = new(2, 2, 1, 0.5, 0.75, 2) { OriginMm = Place(3, 1, 1) };
        NiftiWriter.Write(folder["part.nii.gz"], part, (byte[])[1, 0, 0, 1]);
        Assert.Equal([At(3, 1, 1), At(4, 2, 1)], Set(Load(folder["image.nii.gz"], folder["part.nii.gz"])));
    }

    [Theory]
    [InlineData(0.1, 0, 0, "origin along the rows is off by 0.1 mm")]
    [InlineData(0, 0.2, 0, "origin along the columns is off by 0.2 mm")]
    [InlineData(0, 0, 0.5, "slice position is off by 0.5 mm")]
    [InlineData(0, 0, -40, "slice position is off by 40 mm")]
    [InlineData(5, 0, 0, "reaches beyond the image")]
    public void A_mask_beside_the_grid_is_refused_with_field_and_distance(double x, double y, double z, string reason)
    {
        WriteImage();
        ImageGrid moved = new(5, 4, 3, 0.5, 0.75, 2) { OriginMm = (-10 + x, 20 + y, 30 + z) };
        byte[] labels = new byte[60];
        labels[At(4, 3, 0)] = 1;
        NiftiWriter.Write(folder["moved.nii.gz"], moved, labels);
        Assert.Contains(reason, Refused(folder["image.nii.gz"], folder["moved.nii.gz"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_mask_of_another_spacing_or_direction_is_refused()
    {
        WriteImage();
        byte[] labels = [.. Enumerable.Repeat((byte)1, 60)];
        NiftiWriter.Write(folder["fine.nii.gz"], new ImageGrid(5, 4, 3, 0.45, 0.75, 2) { OriginMm = (-10, 20, 30) }, labels);
        Assert.Contains("pixel step along the first index is off by 0.05 mm", Refused(folder["image.nii.gz"], folder["fine.nii.gz"]),
            StringComparison.Ordinal);
        (double s, double c) = Math.SinCos(0.1);
        ImageGrid tilted = new(5, 4, 3, 0.5, 0.75, 2) { OriginMm = (-10, 20, 30), Direction = [1, 0, 0, 0, c, -s, 0, s, c] };
        NiftiWriter.Write(folder["tilted.nii.gz"], tilted, labels);
        Assert.Contains("not parallel", Refused(folder["image.nii.gz"], folder["tilted.nii.gz"]), StringComparison.Ordinal);
        // Within the tolerance of rounding it is the same place.
        NiftiWriter.Write(folder["near.nii.gz"], new ImageGrid(5, 4, 3, 0.5, 0.75, 2) { OriginMm = (-10.001, 20, 30.002) }, labels);
        Assert.Equal(60, Set(Load(folder["image.nii.gz"], folder["near.nii.gz"])).Length);
    }

    [Fact]
    public void The_parameter_file_can_widen_the_tolerance_or_have_the_mask_resampled()
    {
        WriteImage();
        NiftiWriter.Write(folder["off.nii.gz"], new ImageGrid(5, 4, 3, 0.5, 0.75, 2) { OriginMm = (-9.9, 20, 30) }, [.. Enumerable.Repeat((byte)1, 60)]);
        string refusal = Refused(folder["image.nii.gz"], folder["off.nii.gz"]);
        Assert.Contains("off by 0.1 mm", refusal, StringComparison.Ordinal);
        Assert.Contains("correctMask", refusal, StringComparison.Ordinal);
        // ITK's tolerance is in parts of the spacing along x: 0.1 mm are 0.2 voxels.
        RadiomicsInput near = Load(folder["image.nii.gz"], folder["off.nii.gz"], settings: new RadiomicsSettings { GeometryTolerance = 0.21 });
        Assert.Equal(60, near.Mask.Count(flag => flag));
        RadiomicsInput corrected = Load(folder["image.nii.gz"], WriteHalf(folder["half.nii.gz"]), settings: new RadiomicsSettings { CorrectMask = true });
        Assert.Equal([At(1, 1, 1), At(2, 1, 1)], Set(corrected));
        Assert.Contains(corrected.Warnings, warning => warning.Contains("resampled by nearest neighbour", StringComparison.Ordinal));

        // Twice as fine along x, two image voxels long, a tenth of a millimetre off.
        static string WriteHalf(string path)
        {
            ImageGrid fine = new(10, 4, 3, 0.25, 0.75, 2) { OriginMm = (-10.125 + 0.02, 20, 30) };
            byte[] labels = new byte[fine.Count];
            foreach (int x in (int[])[2, 3, 4, 5]) labels[(1 * 4 + 1) * 10 + x] = 1;
            NiftiWriter.Write(path, fine, labels);
            return path;
        }
    }

    [Fact]
    public void A_label_that_is_not_there_is_told_with_those_that_are()
    {
        WriteImage();
        byte[] labels = new byte[60];
        NiftiWriter.Write(folder["empty.nii.gz"], Grid, labels);
        Assert.Contains("is empty", Refused(folder["image.nii.gz"], folder["empty.nii.gz"]), StringComparison.Ordinal);
        (labels[3], labels[9]) = (2, 5);
        NiftiWriter.Write(folder["labels.nii.gz"], Grid, labels);
        Assert.Contains("no voxel of label 1, but of 2, 5", Refused(folder["image.nii.gz"], folder["labels.nii.gz"]), StringComparison.Ordinal);
        Assert.Equal([9], Set(Load(folder["image.nii.gz"], folder["labels.nii.gz"], new RegionChoice(Segment: "5"))));
        Assert.Contains("have numbers, no names", Refused(folder["image.nii.gz"], folder["labels.nii.gz"], new RegionChoice(Segment: "clot")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_liver_of_another_maker_lies_on_its_volume_as_the_volume_says()
    {
        // The image: the volume that the Segmentation was made from, at the place that its own header states.
        ImageGrid grid = new(512, 512, 3, 0.810547, 0.810547, 1) { OriginMm = (-235.2, -226.8, -128.69) };
        short[] truth = Nrrd();
        NiftiWriter.Write(folder["volume.nii.gz"], grid, truth);
        RadiomicsInput input = Load(folder["volume.nii.gz"], SharedFiles.Data("seg-sr-dcmqi/segmentations_liver.dcm"));
        Assert.Equal("segment 1 (Liver)", input.Region);
        Assert.Equal(truth.Select(value => value != 0), input.Mask);

        // The same volume with its rows upside down, as converters leave it.
        short[] flipped = new short[truth.Length];
        for (int i = 0; i < truth.Length; i++) flipped[i / 262144 * 262144 + (511 - i / 512 % 512) * 512 + i % 512] = truth[i];
        NiftiWriter.Write(folder["flipped.nii.gz"], new ImageGrid(512, 512, 3, 0.810547, 0.810547, 1)
        { OriginMm = (-235.2, -226.8 + 511 * 0.810547, -128.69), Direction = [1, 0, 0, 0, -1, 0, 0, 0, 1] }, flipped);
        Assert.Equal(flipped.Select(value => value != 0), Load(folder["flipped.nii.gz"], SharedFiles.Data("seg-sr-dcmqi/segmentations_liver.dcm")).Mask);
    }

    [Fact]
    public void Several_segments_must_be_chosen_from_by_number_or_label()
    {
        string overlaps = SharedFiles.Data("seg-sr-dcmqi/segmentations_partial_overlaps.dcm");
        ImageGrid grid = new(512, 512, 3, 0.810547, 0.810547, 1) { OriginMm = (-235.199997, -226.800003, -128.690002) };
        NiftiWriter.Write(folder["volume.nii.gz"], grid, new short[512 * 512 * 3]);
        Assert.Contains("5 segments: 1 (GREEN), 2 (ORANGE)", Refused(folder["volume.nii.gz"], overlaps), StringComparison.Ordinal);
        RadiomicsInput purple = Load(folder["volume.nii.gz"], overlaps, new RegionChoice(Segment: "purple"));
        Assert.Equal("segment 3 (PURPLE)", purple.Region);
        Assert.Equal(Set(purple), Set(Load(folder["volume.nii.gz"], overlaps, new RegionChoice(3))));
        Assert.Contains("no segment 9", Refused(folder["volume.nii.gz"], overlaps, new RegionChoice(9)), StringComparison.Ordinal);
        Assert.Contains("no segment 'red'", Refused(folder["volume.nii.gz"], overlaps, new RegionChoice(Segment: "red")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0, false)]
    [InlineData(0.3, true)]
    public void A_series_with_our_own_segmentation_has_the_mask_that_was_put_in(double tilt, bool isTilted)
    {
        (CtSeries series, bool[] mask) = WriteSeriesAndSegmentation((float)tilt);
        RadiomicsInput input = Load(folder["ct"], folder["seg.dcm"]);
        Assert.Equal(mask, input.Mask);
        Assert.Equal(series.Volume.Hounsfield.Select(value => (double)value), input.Image.Voxels);
        Assert.Equal(isTilted, input.Warnings.Any(warning => warning.Contains("gantry tilt", StringComparison.Ordinal)));
        ImageGrid grid = input.Image.Grid;
        Assert.Equal((Columns, Rows, Slices, 0.7), (grid.SizeX, grid.SizeY, grid.SizeZ, grid.SpacingXMm));
        Assert.Equal(series.Volume.Geometry.MedianSliceSpacingMm, grid.SpacingZMm);
        Assert.Equal((-30.0, -20.0, 0.0), grid.OriginMm);

        // One of the files stands for its series.
        Assert.Equal(mask, Load(Directory.GetFiles(folder["ct"])[3], folder["seg.dcm"]).Mask);
    }

    [Fact]
    public void A_segmentation_whose_slice_is_not_there_is_refused()
    {
        WriteSeriesAndSegmentation(0);
        // The first slice is sent away: what lies on it has no place.
        File.Delete(Directory.GetFiles(folder["ct"]).Single(file => DicomFile.Open(file).Dataset.GetNumbers(DicomTag.ImagePositionPatient)[2] == 0));
        Assert.Matches("frame .* slice position is off by 5 mm .* that slice is missing", Refused(folder["ct"], folder["seg.dcm"]));
    }

    [Fact]
    public void A_segmentation_of_another_frame_of_reference_is_refused()
    {
        WriteSeriesAndSegmentation(0);
        DicomFile file = DicomFile.Open(folder["seg.dcm"]);
        file.Dataset.AddOrUpdate(DicomTag.FrameOfReferenceUID, new DicomUID("1.2.3.4"));
        file.Save(folder["other.dcm"]);
        Assert.Contains("different frames of reference", Refused(folder["ct"], folder["other.dcm"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_without_a_position_lie_on_the_images_that_they_name()
    {
        (_, bool[] mask) = WriteSeriesAndSegmentation(0);
        DicomFile file = DicomFile.Open(folder["seg.dcm"]);
        foreach (DicomDataset frame in file.Dataset.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
            frame.Remove(DicomTag.PlanePositionSequence);
        file.Save(folder["nowhere.dcm"]);
        Assert.Equal(mask, Load(folder["ct"], folder["nowhere.dcm"]).Mask);
    }

    [Fact]
    public void What_is_not_there_or_of_another_kind_is_told()
    {
        WriteImage();
        Assert.Contains("Check the path of the image", Refused(folder["nothing.nii"], folder["image.nii.gz"]), StringComparison.Ordinal);
        Assert.Contains("Check the path of the mask", Refused(folder["image.nii.gz"], folder["nothing.nii"]), StringComparison.Ordinal);
        Assert.Contains("is a folder", Refused(folder["image.nii.gz"], folder.Path), StringComparison.Ordinal);
        File.WriteAllText(folder["mask.nrrd"], new string('x', 300));
        Assert.Contains("convert it to NIfTI", Refused(folder["image.nii.gz"], folder["mask.nrrd"]), StringComparison.Ordinal);
        Assert.Contains("convert it to NIfTI", Refused(folder["mask.nrrd"], folder["image.nii.gz"]), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static int At(int x, int y, int z) => (z * 4 + y) * 5 + x;

    private static (double, double, double) Place(int x, int y, int z) => Grid.ToPatient(x, y, z);

    private static int[] Set(RadiomicsInput input) => [.. input.Mask.Index().Where(voxel => voxel.Item).Select(voxel => voxel.Index)];

    private static RadiomicsInput Load(string image, string mask, RegionChoice? choice = null, RadiomicsSettings? settings = null) =>
        RadiomicsInput.Load(image, mask, choice ?? new RegionChoice(), settings ?? new RadiomicsSettings(), TestContext.Current.CancellationToken);

    private static string Refused(string image, string mask, RegionChoice? choice = null) =>
        Assert.Throws<RadiomicsException>(() => Load(image, mask, choice)).Message;

    private void WriteImage() => NiftiWriter.Write(folder["image.nii.gz"], Grid, [.. Enumerable.Range(0, 60).Select(i => (short)i)]);

    private (CtSeries, bool[]) WriteSeriesAndSegmentation(float tilt)
    {
        Vector3 column = new(0, MathF.Cos(tilt), -MathF.Sin(tilt));
        VolumeGeometry geometry = new(Columns, Rows, Vector3.UnitX, column, 0.7, 0.7,
            [.. Enumerable.Range(0, Slices).Select(k => new Vector3(-30, -20, 5 * k))], 5);
        short[] hounsfield = [.. Enumerable.Range(0, geometry.PixelsPerSlice * Slices).Select(i => (short)(i % 97))];
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], new Volume(geometry, hounsfield), "region");
        CtSeries series = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);
        int pixels = geometry.PixelsPerSlice;
        bool[] mask = [.. Enumerable.Range(0, hounsfield.Length).Select(i => i % pixels % 31 < 3 && i / pixels is < 4 or 11)];
        SegmentationFindings findings = new("model", "1", new string('b', 64), "demonstration", "cpu", new Dictionary<string, double>(), 1, 0, 60);
        FindingsIdentity identity = new(new string('a', 64), new DateTimeOffset(2026, 11, 23, 13, 0, 0, TimeSpan.Zero));
        DicomDataset made = FindingsSegmentation.Build(series, new Mask(series.Volume.Geometry, mask), findings, identity);
        new DicomFile(made, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder["seg.dcm"]);
        return (series, mask);
    }

    private static short[] Nrrd()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Data("seg-sr-dcmqi/segmentations_liver_seg.nrrd"));
        using GZipStream gzip = new(new MemoryStream(file[(file.AsSpan().IndexOf("\n\n"u8) + 2)..]), CompressionMode.Decompress);
        using MemoryStream bytes = new();
        gzip.CopyTo(bytes);
        return MemoryMarshal.Cast<byte, short>(bytes.ToArray()).ToArray();
    }
}
