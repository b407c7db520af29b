using System.Numerics;
using System.Text;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Headers that lie or lack something: a reason for the series, never the end of the study; and doubts about one that is read.</summary>
public sealed class MalformedSeriesTests : IDisposable
{
    private const int Slices = 20;
    private readonly StudyFolder study = new();

    [Theory]
    [InlineData("BitsStored", "BitsStored (0028,0101) is missing")]
    [InlineData("HighBit", "HighBit (0028,0102) is missing")]
    [InlineData("PixelRepresentation", "PixelRepresentation (0028,0103) is missing or neither 0 nor 1")]
    [InlineData("far", "ImagePositionPatient (0020,0032) is missing or further than 100 m away")]
    [InlineData("empty series UID", "SeriesInstanceUID (0020,000E) is missing")]
    [InlineData("letters in a UID", "SOPInstanceUID (0008,0018) is no UID")]
    [InlineData("long UID", "FrameOfReferenceUID (0020,0052) is no UID: digits and dots, at most 64")]
    public void A_malformed_series_is_refused_with_its_reason_and_the_good_one_beside_it_is_read(string how, string reason)
    {
        study.Add(1, Blocks(), (image, index) => _ = how switch
        {
            "BitsStored" => image.Remove(DicomTag.BitsStored),
            "HighBit" => image.Remove(DicomTag.HighBit),
            "PixelRepresentation" => image.Remove(DicomTag.PixelRepresentation),
            "far" => image.AddOrUpdate(DicomTag.ImagePositionPatient, "0", "0", "1e39") is not null,
            "empty series UID" => image.AddOrUpdate(DicomTag.SeriesInstanceUID, Array.Empty<string>()) is not null,
            "letters in a UID" => image.AddOrUpdate(DicomTag.SOPInstanceUID, $"1.2.abc.{index}") is not null,
            _ => image.AddOrUpdate(new DicomElement(DicomTag.FrameOfReferenceUID, DicomVR.UI, Encoding.ASCII.GetBytes("1.2." + new string('3', 70)))) is not null,
        });
        study.Add(2, Blocks());
        CtSeries series = study.LoadAny();
        Assert.Equal(2, series.Candidates[0].SeriesNumber);
        Assert.Contains(series.Candidates, row => row.Verdict == SeriesVerdict.Rejected && row.Reasons[0].Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public void More_voxels_than_memory_holds_are_refused_before_pixels_are_read()
    {
        study.Add(1, Blocks(40), (image, _) => image.AddOrUpdate(DicomTag.Rows, (ushort)4096).AddOrUpdate(DicomTag.Columns, (ushort)4096));
        Assert.Contains("671 million voxels; at most 600 million are analysed", Assert.Throws<NotEligibleException>(study.LoadAny).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, "3 images of the series that was read could not be used: RescaleType (0028,1054) is not HU; part of the head may be missing")]
    [InlineData(0, null)]
    public void Refused_images_at_an_end_of_the_series_are_told_of(int refused, string? warning)
    {
        study.Add(1, Blocks(), (image, index) => _ = index >= Slices - refused ? image.AddOrUpdate(DicomTag.RescaleType, "US") : image);
        IReadOnlyList<string> warnings = study.LoadAny().Warnings;
        if (warning is null) Assert.DoesNotContain(warnings, text => text.Contains("could not be used", StringComparison.Ordinal));
        else Assert.Contains(warning, warnings);
    }

    [Fact]
    public void A_series_of_which_more_than_a_fifth_cannot_be_used_is_refused()
    {
        study.Add(1, Blocks(), (image, index) => _ = index >= Slices - 5 ? image.AddOrUpdate(DicomTag.RescaleType, "US") : image);
        Assert.Contains("5 images of the series that was read could not be used", Assert.Throws<NotEligibleException>(study.LoadAny).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_cannot_be_read_are_counted_by_their_cause_and_never_named()
    {
        study.Add(1, Blocks());
        string[] damaged = [study["DOE_JOHN.dcm"], study["DOE_JANE.dcm"]];
        foreach (string file in damaged) File.WriteAllText(file, "no DICOM");
        CtSeries series = CtSeriesLoader.Load([.. study.Files, .. damaged], TestContext.Current.CancellationToken);
        Assert.StartsWith("2 files were left aside: ", Assert.Single(series.Warnings, text => text.Contains("left aside", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.DoesNotContain(series.Warnings, text => text.Contains("DOE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("patients", "PatientID (0010,0020) is not the same in all images")]
    [InlineData("padding", "PixelPaddingValue (0028,0120) stands for 40 HU")]
    [InlineData("gaps", "slices of 3 mm lie 4.2 mm apart: the tissue between them was not imaged")]
    [InlineData("none", null)]
    public void Doubts_about_the_series_that_is_read_are_warnings(string doubt, string? expected)
    {
        study.Add(1, doubt == "gaps" ? Blocks(Slices, 4.2f, 3) : Blocks(), (image, index) => _ = doubt switch
        {
            "patients" => image.AddOrUpdate(DicomTag.PatientID, index < 9 ? "SECRET1" : "SECRET2"),
            "padding" => image.AddOrUpdate(DicomVR.SS, DicomTag.PixelPaddingValue, 40),
            _ => image,
        });
        IReadOnlyList<string> warnings = study.LoadAny().Warnings;
        Assert.DoesNotContain(warnings, text => text.Contains("SECRET", StringComparison.Ordinal));
        if (expected is null) Assert.Empty(warnings);
        else Assert.StartsWith(expected, Assert.Single(warnings), StringComparison.Ordinal);
    }

    public void Dispose() => study.Dispose();

    private static Volume Blocks(int slices = Slices, float stepMm = 5, double thicknessMm = 5)
    {
        VolumeGeometry geometry = new(64, 64, Vector3.UnitX, Vector3.UnitY, 1, 1, [.. Enumerable.Range(0, slices).Select(k => new Vector3(0, 0, stepMm * k))], thicknessMm);
        return new Volume(geometry, [.. Enumerable.Range(0, 64 * 64 * slices).Select(i => (short)(i * 7 % 83))]);
    }
}
