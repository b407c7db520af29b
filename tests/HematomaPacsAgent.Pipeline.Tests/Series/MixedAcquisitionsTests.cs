using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Two scans in one series whose slices lie between each other, follow each other or overlap by a slice.</summary>
public sealed class MixedAcquisitionsTests : IDisposable
{
    private readonly StudyFolder study = new();

    [Fact]
    public void Scans_whose_slices_lie_between_each_other_are_told_apart()
    {
        Add(1, from: 0, slices: 20);
        Add(2, from: 2, slices: 20);
        CtSeries series = study.LoadAny();
        Assert.Equal(20, series.Volume.Geometry.Slices);
        Assert.Single(series.Volume.Hounsfield.Distinct());
        Assert.Contains(series.Warnings, warning => warning.Contains("2 acquisitions, told apart by AcquisitionNumber", StringComparison.Ordinal));
    }

    [Fact]
    public void Thin_slices_between_thick_ones_are_a_reconstruction_of_their_own()
    {
        Add(1, from: 0, slices: 20);
        Add(1, from: 0.3f, slices: 96, stepMm: 1, thicknessMm: 1);
        CtSeries series = study.LoadAny();
        Assert.Equal((20, 5.0), (series.Volume.Geometry.Slices, series.Candidates[0].ThicknessMm!.Value));
    }

    [Fact]
    public void A_thin_base_below_a_thick_vertex_stays_one_scan()
    {
        Add(1, from: 0, slices: 20, stepMm: 2, thicknessMm: 2.5);
        Add(2, from: 41, slices: 14);
        Assert.Equal(34, study.LoadAny().Volume.Geometry.Slices);
    }

    [Fact]
    public void Overlapping_slices_of_one_acquisition_stay_one_scan()
    {
        Add(1, from: 0, slices: 40, stepMm: 2.5f);
        CtSeries series = study.LoadAny();
        Assert.Equal(40, series.Volume.Geometry.Slices);
        Assert.Empty(series.Warnings);
    }

    [Fact]
    public void Two_frames_of_reference_are_never_one_stack()
    {
        Add(1, from: 0, slices: 10);
        Add(1, from: 50, slices: 12, frameOfReference: "1.2.3.4");
        Assert.Equal([12, 10], study.LoadAny().Candidates.Select(row => row.Images));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_scan_in_two_parts_that_share_a_position_or_two_is_joined(int shared)
    {
        Add(1, from: 0, slices: 14);
        Add(2, from: 5 * (14 - shared), slices: 16);
        CtSeries series = study.LoadAny();
        Assert.Equal(30 - shared, series.Volume.Geometry.Slices);
        Assert.Contains($"the scan was made in 2 parts, told apart by AcquisitionNumber (0020,0012), that share {shared} positions; they were joined, "
            + "with one image at each", series.Warnings);
    }

    [Fact]
    public void The_same_object_sent_five_times_is_no_dynamic_series()
    {
        IReadOnlyList<string> sent = Add(1, from: 0, slices: 20);
        for (int again = 0; again < 4; again++)
            study.Add(1, sent, (image, index) => image.AddOrUpdate(DicomTag.SOPInstanceUID, DicomFile.Open(sent[index]).Dataset.GetString(DicomTag.SOPInstanceUID)));
        CtSeries series = study.LoadAny();
        Assert.Equal(20, series.Volume.Geometry.Slices);
        Assert.Contains("80 images are exact copies of others at their position and were left out", series.Warnings);
    }

    public void Dispose() => study.Dispose();

    private IReadOnlyList<string> Add(int acquisition, float from, int slices, float stepMm = 5, double thicknessMm = 5, string? frameOfReference = null)
    {
        VolumeGeometry geometry = new(64, 64, Vector3.UnitX, Vector3.UnitY, 1, 1,
            [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, from + stepMm * k))], thicknessMm);
        short[] hounsfield = new short[64 * 64 * slices];
        Array.Fill(hounsfield, (short)(10 * acquisition));
        return study.Add(1, new Volume(geometry, hounsfield), (image, _) =>
        {
            image.AddOrUpdate(DicomTag.AcquisitionNumber, acquisition);
            if (frameOfReference is not null) image.AddOrUpdate(DicomTag.FrameOfReferenceUID, frameOfReference);
        });
    }
}
