using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Series that hold two or more images at one position.</summary>
public sealed class RepeatedPositionsTests : IDisposable
{
    private static readonly Lazy<(Volume First, Volume Second)> Heads = new(() =>
    {
        PhantomSpecification head = PhantomSpecification.FromSeed(12, 128);
        // The same head scanned twice: its place the same, its noise another.
        return (HeadPhantom.Render(head).Volume, HeadPhantom.Render(head with { NoiseHu = head.NoiseHu + 1 }).Volume);
    });

    private readonly StudyFolder study = new();

    [Theory]
    [InlineData("AcquisitionNumber")]
    [InlineData("AcquisitionTime")]
    [InlineData("ImageType")]
    [InlineData("InstanceNumber")]
    public void Two_acquisitions_in_one_series_are_told_apart_and_the_earlier_is_read(string by)
    {
        Add(2, by);
        Add(1, by);
        CtSeries series = study.Load();
        Assert.Equal(Heads.Value.First.Hounsfield, series.Volume.Hounsfield);
        Assert.Equal((SeriesVerdict.Chosen, SeriesVerdict.Rejected), (series.Candidates[0].Verdict, series.Candidates[1].Verdict));
        Assert.Equal(2, series.Candidates.Count);
        Assert.All(series.Candidates, row => Assert.Contains("of 2", row.Part, StringComparison.Ordinal));
        Assert.Contains(series.Warnings, warning => warning.Contains($"2 acquisitions, told apart by {by}", StringComparison.Ordinal));
        Assert.Contains("(acquisition", series.Candidates[1].Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void One_slice_that_was_scanned_again_does_not_cost_the_series()
    {
        study.Add(1, Heads.Value.First, (image, index) => image.AddOrUpdate(DicomTag.AcquisitionNumber, index + 1).AddOrUpdate(DicomTag.InstanceNumber, index + 1));
        AddSecond(image => image.AddOrUpdate(DicomTag.AcquisitionNumber, 90).AddOrUpdate(DicomTag.InstanceNumber, 90), slices: 1);
        CtSeries series = study.Load();
        Assert.Equal(Heads.Value.First.Hounsfield, series.Volume.Hounsfield);
        Assert.Contains("only 1 parallel slices", series.Candidates[1].Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Exact_copies_under_other_UIDs_are_left_out_with_a_remark()
    {
        study.Add(1, Heads.Value.First);
        study.Add(1, Heads.Value.First);
        CtSeries series = study.Load();
        Assert.Equal(Heads.Value.First.Hounsfield, series.Volume.Hounsfield);
        Assert.Contains(series.Warnings, warning => warning.Contains($"{Heads.Value.First.Geometry.Slices} images are exact copies", StringComparison.Ordinal));
    }

    [Fact]
    public void Different_images_that_nothing_tells_apart_are_refused()
    {
        foreach (Volume head in (Volume[])[Heads.Value.First, Heads.Value.Second])
            study.Add(1, head, (image, _) => image.AddOrUpdate(DicomTag.InstanceNumber, 1));
        Assert.Contains("mixes two acquisitions that nothing in the headers tells apart", study.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_images_at_one_position_are_a_perfusion_series()
    {
        for (int time = 0; time < 5; time++)
            study.Add(1, Heads.Value.First, (image, index) => image.AddOrUpdate(DicomTag.AcquisitionNumber, time + 1).AddOrUpdate(DicomTag.InstanceNumber, 100 * time + index));
        Assert.Contains("5 images at one position: a dynamic (perfusion) series", study.Refusal().Message, StringComparison.Ordinal);
    }

    public void Dispose() => study.Dispose();

    private void Add(int run, string by) => study.Add(1, run == 1 ? Heads.Value.First : Heads.Value.Second, (image, index) => _ = by switch
    {
        "AcquisitionNumber" => image.AddOrUpdate(DicomTag.AcquisitionNumber, run),
        // Sequential scans: a time of its own for each slice.
        "AcquisitionTime" => image.AddOrUpdate(DicomTag.AcquisitionDate, "20260101").AddOrUpdate(DicomTag.AcquisitionTime, $"12{10 * run + index / 60:D2}{index % 60:D2}"),
        "ImageType" => image.AddOrUpdate(DicomTag.ImageType, run == 1 ? ["ORIGINAL", "PRIMARY", "AXIAL"] : ["DERIVED", "SECONDARY", "AXIAL"]),
        _ => image.AddOrUpdate(DicomTag.AcquisitionNumber, 1).AddOrUpdate(DicomTag.InstanceNumber, 1000 * run + index),
    });

    private void AddSecond(Action<DicomDataset> change, int slices)
    {
        VolumeGeometry g = Heads.Value.Second.Geometry;
        VolumeGeometry part = new(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm, [.. g.Origins.Skip(10).Take(slices)], g.SliceThicknessMm);
        study.Add(1, new Volume(part, Heads.Value.Second.Hounsfield.AsSpan(10 * g.PixelsPerSlice, slices * g.PixelsPerSlice).ToArray()), (image, _) => change(image));
    }
}
