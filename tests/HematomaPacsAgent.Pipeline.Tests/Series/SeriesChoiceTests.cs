using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Which series is read and why the others are not, from real scans and phantoms, alone and mixed.</summary>
public sealed class SeriesChoiceTests : IDisposable
{
    private static readonly Lazy<Volume> DrawnHead = new(() => HeadPhantom.Render(PhantomSpecification.FromSeed(12, 128)).Volume);
    private static readonly Lazy<Volume> Angiography =
        new(() => CerebralArteries.Opacify(HeadPhantom.Render(PhantomSpecification.FromSeed(12, 256)).Volume, 320));

    private readonly StudyFolder study = new();

    [Fact]
    public void The_tilted_GE_head_is_chosen_with_no_doubt()
    {
        study.Add(2, GeHead);
        SeriesCandidate row = Assert.Single(study.Load().Candidates);
        Assert.Equal((SeriesVerdict.Chosen, 28, 4.0, "STD+"), (row.Verdict, row.Images, row.ThicknessMm, row.Kernel));
        Assert.Equal(["the only series that may be read"], row.Reasons);
        Assert.InRange(row.CoverageMm!.Value, 130, 160);
    }

    [Fact]
    public void The_Philips_phantom_a_skull_full_of_air_is_refused_by_its_pixels_and_its_localizer_as_one()
    {
        string[] files = [.. Directory.GetFiles(SharedFiles.Data("head-phantom-philips-5mm")).Where(file => Path.GetFileName(file) is ['I', ..] or ['L', 'O', ..])];
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(() => CtSeriesLoader.Load(files, new SeriesRules(), TestContext.Current.CancellationToken));
        Assert.Equal([(201, 28, "UB"), (100, 1, null)], refusal.Candidates.Select(row => (row.SeriesNumber, row.Images, row.Kernel)));
        Assert.Matches("the images do not show a head: only [0-9]+ % of what bone encloses has the density of brain", refusal.Candidates[0].Reasons[0]);
        Assert.Equal(["localizer"], refusal.Candidates[1].Reasons);
    }

    [Theory]
    [InlineData("agent", "contrast agent was given")]
    [InlineData("volume", "contrast agent was given (ContrastBolusVolume)")]
    [InlineData("description", "says CTA")]
    [InlineData("protocol only", "says CTA")]
    [InlineData("image type", "ImageType (0008,0008) says ANGIO")]
    [InlineData("maximum intensity projection", "says MIP")]
    public void A_head_that_its_header_calls_CTA_is_refused(string how, string reason)
    {
        study.Add(5, DrawnHead.Value, (image, index) => _ = how switch
        {
            "agent" => image.AddOrUpdate(DicomTag.ContrastBolusAgent, "IOMERON 350"),
            "volume" => image.AddOrUpdate(DicomTag.ContrastBolusVolume, 60),
            "description" => image.AddOrUpdate(DicomTag.SeriesDescription, "Head CTA 0.75 Hv36"),
            "protocol only" => image.AddOrUpdate(DicomTag.SeriesDescription, Array.Empty<string>()).AddOrUpdate(DicomTag.ProtocolName, "Neuro CTA"),
            "image type" => image.AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "ANGIO"),
            _ => image.AddOrUpdate(DicomTag.SeriesDescription, "Head MIP 10 mm axial"),
        });
        Assert.Contains(reason, Assert.Single(Assert.Single(study.Refusal().Candidates).Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NONE", "Head without contrast", "Stroke CTA+CTP")]
    [InlineData("", "CTAC head", "")]
    [InlineData("No Contrast", "Head non contrast", "")]
    public void Words_that_only_look_like_contrast_refuse_nothing(string agent, string description, string protocol)
    {
        study.Add(5, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.ContrastBolusAgent, agent.Length > 0 ? [agent] : Array.Empty<string>())
            .AddOrUpdate(DicomTag.SeriesDescription, description).AddOrUpdate(DicomTag.ProtocolName, protocol.Length > 0 ? [protocol] : Array.Empty<string>()));
        CtSeries series = study.Load();
        Assert.Equal(SeriesVerdict.Chosen, series.Candidates[0].Verdict);
        Assert.Equal(protocol.Length > 0, series.Warnings.Any(warning => warning.Contains("the protocol's name says CTA", StringComparison.Ordinal)));
        Assert.DoesNotContain(series.Candidates[0].Reasons, reason => description.Length > 0 && reason.Contains(description, StringComparison.Ordinal));
    }

    [Fact]
    public void A_head_with_bright_arteries_is_refused_by_its_pixels_where_the_header_says_nothing()
    {
        study.Add(5, Angiography.Value);
        Assert.Contains("CT angiography by its pixels", study.Refusal().Message, StringComparison.Ordinal);
        Assert.Equal(SeriesVerdict.Chosen, study.Load(new SeriesRules { AngiographyFromMl = 0 }).Candidates[0].Verdict);
    }

    [Fact]
    public void A_bone_reconstruction_of_a_real_head_is_refused_for_its_kernel()
    {
        study.Add(3, GeHead, (image, _) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "BONEPLUS"));
        Assert.Equal(["bone or other sharp kernel BONEPLUS"], Assert.Single(study.Refusal().Candidates).Reasons);
    }

    [Fact]
    public void A_real_chest_slice_repeated_to_a_stack_and_labelled_HEAD_is_refused_by_its_pixels()
    {
        AddChest(7);
        Assert.Contains("the images do not show a head", study.Refusal().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_of_MR_images_is_refused_for_its_modality()
    {
        AddMr(8);
        Assert.Equal(["modality is MR, not CT"], Assert.Single(study.Refusal().Candidates).Reasons);
    }

    [Theory]
    [InlineData("CHEST")]
    [InlineData("NECK")]
    [InlineData("")]
    public void A_head_whose_body_part_is_wrong_or_missing_is_read_with_a_remark(string part)
    {
        study.Add(2, GeHead, (image, _) => image.AddOrUpdate(DicomTag.BodyPartExamined, part.Length > 0 ? [part] : Array.Empty<string>()));
        CtSeries series = study.Load();
        Assert.Equal(part.Length > 0 ? 1 : 0, series.Warnings.Count(warning => warning.Contains("does not say head", StringComparison.Ordinal)));
    }

    [Fact]
    public void From_a_study_of_everything_the_plain_soft_head_is_chosen_and_each_other_series_has_its_reason()
    {
        string philips = SharedFiles.Data("head-phantom-philips-5mm");
        study.Add(1, [Path.Combine(philips, "LOCALIZER_I10")]);
        study.Add(2, GeHead);
        study.Add(3, GeHead, (image, _) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "H70h"));
        study.Add(4, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.ContrastBolusAgent, "APPLIED"));
        study.Add(5, Angiography.Value,
            (image, _) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "STANDARD").AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL"));
        AddChest(7);
        AddMr(8);
        study.Add(9, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.ImageType, "DERIVED", "SECONDARY", "MPR"));
        study.Add(10, [SharedFiles.Data("dicom-edge-cases/reportsi.dcm")]);
        study.Add(11, DrawnHead.Value, (image, index) => image.AddOrUpdate(DicomTag.SOPClassUID, DicomUID.SecondaryCaptureImageStorage));
        CtSeries series = study.Load();
        Dictionary<int, string> why = series.Candidates.ToDictionary(row => row.SeriesNumber!.Value, row => string.Join("; ", row.Reasons));
        Assert.Equal(2, Assert.Single(series.Candidates, row => row.Verdict == SeriesVerdict.Chosen).SeriesNumber);
        Assert.Equal(28, series.Volume.Geometry.Slices);
        foreach ((int number, string reason) in ((int, string)[])
                 [
                     (1, "localizer"), (3, "sharp kernel H70h"), (4, "contrast agent was given"), (7, "do not show a head"), (8, "modality is MR"), (9, "MPR"),
                     (10, "structured report"), (11, "secondary capture"),
                 ])
            Assert.Contains(reason, why[number], StringComparison.Ordinal);
        Assert.Matches("CT angiography by its pixels|eligible, but series 2 is preferred", why[5]);
        Assert.All(series.Candidates.Skip(1), row => Assert.Contains(series.Warnings, warning => warning.StartsWith($"not used: series {row.SeriesNumber} (", StringComparison.Ordinal)));
    }

    [Fact]
    public void Of_several_eligible_series_the_stated_order_decides_and_the_losers_say_what_lost_them()
    {
        Volume head = DrawnHead.Value;
        study.Add(1, head, (image, _) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "PROPRIETARY"));
        study.Add(2, Part(head, 0, head.Geometry.Slices - 4), Soft);
        study.Add(3, head, (image, index) => Soft(image.AddOrUpdate(DicomTag.SliceThickness, 7.9), index));
        study.Add(4, head, Soft);
        study.Add(5, head, (image, index) => Soft(image.AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL"), index));
        study.Add(6, head, (image, index) => Soft(image.AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL").AddOrUpdate(DicomTag.LossyImageCompression, "01"), index));
        CtSeries series = study.Load();
        Dictionary<int, string> why = series.Candidates.ToDictionary(row => row.SeriesNumber!.Value, row => row.Reasons[0]);
        Assert.True(why[5] == "the best of 6 that may be read", string.Join("\n", why));
        foreach ((int number, string criterion) in ((int, string)[])
                 [(1, "kernel: a known soft one against one that is not known"), (2, "coverage"), (3, "slice thickness"), (4, "originality: original against derived"), (6, "pixels without loss")])
            Assert.StartsWith($"eligible, but series 5 is preferred for its {criterion}", why[number], StringComparison.Ordinal);
    }

    [Fact]
    public void Series_alike_in_all_are_decided_by_the_lower_UID_whatever_the_order_of_files()
    {
        study.Add(1, DrawnHead.Value, Soft);
        study.Add(2, DrawnHead.Value, Soft);
        string chosen = study.Load().Source.SeriesInstanceUid.Value;
        CtSeries reversed = CtSeriesLoader.Load([.. study.Files.Reverse()], new SeriesRules(), TestContext.Current.CancellationToken);
        Assert.Equal(chosen, reversed.Source.SeriesInstanceUid.Value);
        Assert.Contains("the lower UID decided", reversed.Candidates[1].Reasons[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_series_whose_pixels_are_cut_off_is_passed_over_for_the_next_one()
    {
        IReadOnlyList<string> damaged = study.Add(1, GeHead);
        study.Add(2, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "PROPRIETARY"));
        File.WriteAllBytes(damaged[5], File.ReadAllBytes(damaged[5])[..^1000]);
        CtSeries series = study.Load();
        Assert.Equal(2, series.Candidates[0].SeriesNumber);
        Assert.Contains(series.Warnings, warning => warning.Contains("series 1", StringComparison.Ordinal) || warning.Contains("left aside", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(5, "only 5 parallel slices, at least 8 are needed")]
    [InlineData(9, "covers 45 mm; a head CT covers at least 50 mm")]
    public void Too_few_slices_or_too_little_of_the_head_are_refused_with_the_limit(int slices, string reason)
    {
        PhantomSpecification thick = PhantomSpecification.FromSeed(12, 128) with { SliceSpacingMm = 5, Slices = 28, TiltDegrees = 0 };
        study.Add(1, Part(HeadPhantom.Render(thick).Volume, 9, slices));
        Assert.Equal([reason], Assert.Single(study.Refusal().Candidates).Reasons);
    }

    [Fact]
    public void Part_of_a_head_is_read_with_the_remark_that_the_rest_was_not_seen()
    {
        study.Add(1, Part(DrawnHead.Value, 5, 11));
        Assert.Contains(study.Load().Warnings, warning => warning.Contains("lies beyond was not seen", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("coronal", "coronal, not an axial series")]
    [InlineData("sagittal", "sagittal, not an axial series")]
    public void Reformats_in_other_planes_are_refused_by_their_orientation(string plane, string reason)
    {
        study.Add(1, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.ImageOrientationPatient, plane == "coronal" ? new[] { 1, 0, 0, 0, 0, -1 } : [0, 1, 0, 0, 0, -1]));
        Assert.Equal([reason], Assert.Single(study.Refusal().Candidates).Reasons);
    }

    [Fact]
    public void A_slice_beside_the_others_means_another_field_of_view_and_is_refused()
    {
        study.Add(1, DrawnHead.Value, (image, index) =>
        {
            if (index != 12) return;
            double[] at = image.GetNumbers(DicomTag.ImagePositionPatient);
            image.AddOrUpdate(DicomTag.ImagePositionPatient, at[0] + 30, at[1], at[2]);
        });
        Assert.Contains("one lies 30 mm aside", study.Refusal().Message, StringComparison.Ordinal);
    }

    public void Dispose() => study.Dispose();

    private static string[] GeHead => [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order(StringComparer.Ordinal)];

    private static void Soft(DicomDataset image, int index) => image.AddOrUpdate(DicomTag.ConvolutionKernel, "H31s");

    /// <summary>No chest series is at hand: one real slice of one, at thirty positions.</summary>
    private void AddChest(int number)
    {
        string slice = SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm_LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1.dcm");
        study.Add(number, Enumerable.Repeat(slice, 30), (image, index) => image.AddOrUpdate(DicomTag.BodyPartExamined, "HEAD").AddOrUpdate(DicomTag.SeriesDescription, "HEAD")
            .AddOrUpdate(DicomTag.ImagePositionPatient, -161.4, -148.8, 5 * index));
    }

    private void AddMr(int number) => study.Add(number, DrawnHead.Value, (image, _) => image.AddOrUpdate(DicomTag.Modality, "MR").AddOrUpdate(DicomTag.SOPClassUID, DicomUID.MRImageStorage));

    private static Volume Part(Volume volume, int first, int slices)
    {
        VolumeGeometry g = volume.Geometry;
        Vector3[] origins = [.. g.Origins.Skip(first).Take(slices)];
        VolumeGeometry part = new(g.Columns, g.Rows, g.RowDirection, g.ColumnDirection, g.ColumnSpacingMm, g.RowSpacingMm, origins, g.SliceThicknessMm);
        return new Volume(part, volume.Hounsfield.AsSpan(first * g.PixelsPerSlice, slices * g.PixelsPerSlice).ToArray());
    }
}
