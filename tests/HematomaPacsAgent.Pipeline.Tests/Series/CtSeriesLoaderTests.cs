using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

public sealed class CtSeriesLoaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_written_series_reads_back_with_its_voxels_and_geometry_whatever_the_order_of_the_files()
    {
        Volume volume = Ramp(Tilted(slices: 10, step: 5));
        string[] files = [.. PhantomSeries.Write(folder["ct"], volume, "ramp").Reverse()];
        CtSeries series = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);
        Assert.Equal(volume.Hounsfield, series.Volume.Hounsfield);
        Assert.Equal(volume.Geometry.SlicePositionsMm, series.Volume.Geometry.SlicePositionsMm.Select(z => Math.Round(z, 3)), (a, b) => Math.Abs(a - b) < 0.01);
        Assert.Equal(volume.Geometry.VoxelMl(3), series.Volume.Geometry.VoxelMl(3), 6);
        Assert.True(Math.Abs(series.Volume.Geometry.Normal.Y) > 0.2, "the gantry tilt is kept");
    }

    [Fact]
    public void Mixed_slice_spacing_is_kept_and_counts_in_the_volume()
    {
        VolumeGeometry geometry = new(64, 64, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. Enumerable.Range(0, 12).Select(k => new Vector3(0, 0, k <= 6 ? 4 * k : 24 + 7 * (k - 6)))], 7);
        CtSeries series = CtSeriesLoader.Load(PhantomSeries.Write(folder["ct"], Ramp(geometry), "mixed"), TestContext.Current.CancellationToken);
        Assert.Equal([4, 4, 4, 4, 4, 4, 5.5, 7, 7, 7, 7, 7], series.Volume.Geometry.SliceExtentsMm.Select(extent => Math.Round(extent, 3)));
    }

    [Theory]
    [InlineData("dcmcjpeg", "+e1")]
    [InlineData("dcmcjpls", "+el")]
    [InlineData("dcmcrle")]
    [InlineData("dcmconv", "+td")]
    [InlineData("dcmconv", "+tb")]
    public async Task A_series_gives_the_same_volume_in_every_lossless_syntax(string encoder, params string[] options)
    {
        Volume volume = Ramp(Tilted(slices: 8, step: 5));
        List<string> coded = [];
        foreach (string file in PhantomSeries.Write(folder["ct"], volume, "coded"))
        {
            coded.Add(Path.ChangeExtension(file, ".coded"));
            var (exitCode, output) = await Programs.RunAsync(Programs.Find(encoder, "dcmtk"), [.. options, file, coded[^1]], TestContext.Current.CancellationToken);
            Assert.True(exitCode == 0, output);
        }

        CtSeries series = CtSeriesLoader.Load(coded, TestContext.Current.CancellationToken);
        Assert.Equal(volume.Hounsfield, series.Volume.Hounsfield);
        Assert.Empty(series.Warnings);
    }

    [Fact]
    public void A_series_that_was_compressed_with_loss_is_read_with_a_warning()
    {
        string[] files = [.. PhantomSeries.Write(folder["ct"], Ramp(Tilted(slices: 8, step: 5)), "lossy")
            .Select(file => Changed(file, dataset => dataset.AddOrUpdate(DicomTag.LossyImageCompression, "01")))];
        CtSeries series = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);
        Assert.Contains("8 of 8 slices were compressed with loss", Assert.Single(series.Warnings), StringComparison.Ordinal);
    }

    /// <summary>Read as compressed: JPEG 2000 itself is decoded in another process, which these tests have not got.</summary>
    [Theory]
    [InlineData("1.2.840.10008.1.2.4.91", "", true)]
    [InlineData("1.2.840.10008.1.2.4.91", "00", false)]
    [InlineData("1.2.840.10008.1.2.4.91", "01", false)]
    [InlineData("1.2.840.10008.1.2.4.90", "", false)]
    public void JPEG_2000_that_does_not_say_whether_it_lost_detail_may_have(string syntax, string says, bool mayBe)
    {
        DicomFile file = DicomFile.Open(PhantomSeries.Write(folder["ct"], Ramp(Tilted(slices: 8, step: 5)), "j2k")[0]);
        if (says.Length > 0) file.Dataset.AddOrUpdate(DicomTag.LossyImageCompression, says);
        file.Dataset.AddOrUpdate(new DicomFragmentSequence(DicomTag.PixelData, DicomVR.OB,
            [new(DicomTag.Item, DicomVR.OB, []), new(DicomTag.Item, DicomVR.OB, new byte[8])]));
        new DicomFile(file.Dataset, DicomTransferSyntax.Lookup(new DicomUID(syntax))).Save(folder["coded.dcm"]);
        CtInstance slice = Assert.Single(CtInstance.Read(folder["coded.dcm"], new SeriesRules()));
        Assert.Equal((mayBe, says == "01"), (slice.MayBeLossy, slice.IsLossy));
    }

    [Fact]
    public async Task A_slice_whose_compression_is_damaged_is_named_with_the_cause()
    {
        string[] files = [.. PhantomSeries.Write(folder["ct"], Ramp(Tilted(slices: 8, step: 5)), "damaged")];
        await Programs.RunAsync(Programs.Find("dcmcjpls", "dcmtk"), ["+el", files[3], files[3]], TestContext.Current.CancellationToken);
        DicomFile file = DicomFile.Open(files[3]);
        Assert.True(file.Dataset.TryGetItem(DicomTag.PixelData, out DicomItem? item));
        DicomElement[] fragments = [.. ((DicomFragmentSequence)item).Fragments.Take(1), new(DicomTag.Item, DicomVR.OB, ((DicomFragmentSequence)item).Fragments[1].Bytes[..200])];
        DicomDataset damaged = file.Dataset.AddOrUpdate(new DicomFragmentSequence(DicomTag.PixelData, DicomVR.OB, fragments));
        new DicomFile(damaged, file.TransferSyntax).Save(files[3] + ".dcm");
        files[3] += ".dcm";
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(() => CtSeriesLoader.Load(files, TestContext.Current.CancellationToken));
        Assert.Matches("slice 4: frame 1 \\(JPEG-LS Lossless.*cut off", refusal.Message);
    }

    [Fact]
    public void A_missing_slice_is_named_as_a_gap_with_its_size()
    {
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], Ramp(Tilted(slices: 12, step: 5)), "gap");
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(() => CtSeriesLoader.Load([.. files.Where((_, i) => i != 5)], TestContext.Current.CancellationToken));
        Assert.Contains("gap of 10.0 mm where 5.0 mm are expected, between slices 5 and 6 of 11", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.0, -1024.0, 1064, 40)]
    [InlineData(0.5, -100.0, 300, 50)]
    public void Rescale_turns_stored_values_into_Hounsfield_units(double slope, double intercept, short stored, short hounsfield)
    {
        short[] voxels = new short[64 * 64 * 8];
        Array.Fill(voxels, stored);
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], new Volume(Tilted(slices: 8, step: 5, matrix: 64), voxels), "rescale");
        string[] changed = [.. files.Select(file => Changed(file, dataset => dataset.AddOrUpdate(DicomTag.RescaleSlope, slope).AddOrUpdate(DicomTag.RescaleIntercept, intercept)))];
        Assert.All(CtSeriesLoader.Load(changed, TestContext.Current.CancellationToken).Volume.Hounsfield, value => Assert.Equal(hounsfield, value));
    }

    [Fact]
    public void A_slope_of_zero_is_no_Hounsfield_scale_and_is_refused()
    {
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], Ramp(Tilted(slices: 8, step: 5, matrix: 64)), "slope");
        string[] changed = [.. files.Select(file => Changed(file, dataset => dataset.AddOrUpdate(DicomTag.RescaleSlope, 0)))];
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(() => CtSeriesLoader.Load(changed, TestContext.Current.CancellationToken));
        Assert.Contains("RescaleSlope", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_becomes_air()
    {
        short[] voxels = new short[64 * 64 * 8];
        Array.Fill(voxels, (short)-1500);
        voxels[7] = 33;
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], new Volume(Tilted(slices: 8, step: 5, matrix: 64), voxels), "padding");
        string[] changed = [.. files.Select(file => Changed(file, dataset => dataset.AddOrUpdate(DicomVR.SS, DicomTag.PixelPaddingValue, (short)-1500)))];
        Volume volume = CtSeriesLoader.Load(changed, TestContext.Current.CancellationToken).Volume;
        Assert.Equal(33, volume.Hounsfield[7]);
        Assert.Equal(-1024, volume.Hounsfield[8]);
    }

    [Fact]
    public void The_tilted_GE_head_loads_with_its_tilt_and_its_mixed_spacing()
    {
        string data = SharedFiles.Data("head-ct-ge-tilted");
        CtSeries series = CtSeriesLoader.Load([.. Directory.GetFiles(data, "*.dcm")], TestContext.Current.CancellationToken);
        Assert.Equal((512, 512, 28), (series.Volume.Geometry.Columns, series.Volume.Geometry.Rows, series.Volume.Geometry.Slices));
        Assert.InRange(Math.Acos(series.Volume.Geometry.Normal.Z) * 180 / Math.PI, 18.4, 18.6);
        Assert.Equal(-1024, series.Volume.Hounsfield.Min());
        Assert.True(series.Volume.Geometry.SliceExtentsMm.Max() - series.Volume.Geometry.SliceExtentsMm.Min() > 2);
    }

    [Fact]
    public void A_localizer_beside_the_series_is_left_aside_with_its_reason()
    {
        string data = SharedFiles.Data("head-phantom-philips-5mm");
        string[] files = [.. Directory.GetFiles(data, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) is ['I', ..] or ['L', 'O', ..])];
        CtSeries series = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);
        Assert.Equal(28, series.Volume.Geometry.Slices);
        Assert.Contains(series.Warnings, warning => warning.Contains("localizer", StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private static VolumeGeometry Tilted(int slices, double step, int matrix = 96)
    {
        Vector3 column = Vector3.Normalize(new Vector3(0, 0.95f, -0.3122f));
        Vector3 normal = Vector3.Cross(Vector3.UnitX, column);
        // The table moves along z; the slices are tilted against it.
        return new VolumeGeometry(matrix, matrix, Vector3.UnitX, column, 0.5, 0.5, [.. Enumerable.Range(0, slices).Select(k => new Vector3(-40, -50, (float)(k * step / normal.Z)))], step);
    }

    private static Volume Ramp(VolumeGeometry geometry) =>
        new(geometry, [.. Enumerable.Range(0, geometry.PixelsPerSlice * geometry.Slices).Select(i => (short)(i % 3000 - 1000))]);

    private string Changed(string file, Action<DicomDataset> change)
    {
        DicomDataset dataset = DicomFile.Open(file).Dataset;
        change(dataset);
        string target = folder["changed-" + Path.GetFileName(file)];
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(target);
        return target;
    }
}
