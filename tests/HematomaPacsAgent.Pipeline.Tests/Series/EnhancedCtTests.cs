using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>Multi-frame CT: the same head whether it comes as one file or as many.</summary>
public sealed class EnhancedCtTests : IDisposable
{
    private static readonly FindingsIdentity Identity = new(new string('a', 64), new DateTimeOffset(2026, 11, 23, 13, 0, 0, TimeSpan.FromHours(1)));
    private static readonly Lazy<PhantomCase> Head = new(() => HeadPhantom.Render(PhantomSpecification.FromSeed(22, 128) with { TiltDegrees = 12 }));
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_series_as_one_multi_frame_image_gives_the_same_volume_whatever_the_order_of_frames(bool rescaleInEachFrame)
    {
        string[] files = [.. PhantomSeries.Write(folder["ct"], Head.Value.Volume, "enhanced")];
        CtSeries single = Load(files);
        new Random(3).Shuffle(files);
        EnhancedCtFile.Write(files, folder["enhanced.dcm"], rescaleInEachFrame);
        CtSeries multi = Load(folder["enhanced.dcm"]);
        Assert.Equal(single.Volume.Hounsfield, multi.Volume.Hounsfield);
        Assert.Equal(single.Volume.Geometry.Origins, multi.Volume.Geometry.Origins);
        Assert.Equal(files.Length, multi.Candidates[0].Images);
        Assert.Single(multi.Source.Instances);
        Assert.Equal([.. Enumerable.Range(1, files.Length)], multi.Source.Slices.Select(slice => slice.Instance.FrameNumber!.Value).Order());
    }

    [Fact]
    public async Task SEG_and_SR_of_a_multi_frame_image_name_its_frames_and_are_valid()
    {
        string[] files = [.. PhantomSeries.Write(folder["ct"], Head.Value.Volume, "enhanced")];
        Array.Reverse(files);
        EnhancedCtFile.Write(files, folder["enhanced.dcm"], rescaleInEachFrame: false);
        CtSeries series = Load(folder["enhanced.dcm"]);
        Mask truth = new(series.Volume.Geometry, Head.Value.Hematoma.Voxels);
        HematomaFindings findings = new()
        {
            Outcome = Outcome.Hematoma,
            Reason = "Hematoma found.",
            StudyInstanceUid = series.Source.StudyInstanceUid.Value,
            Segmentation = new SegmentationFindings("model", "1", new string('b', 64), "demonstration", "cpu",
                new Dictionary<string, double> { ["hematoma"] = truth.VolumeMl }, 1, truth.LargestSlice, 60),
        };
        DicomDataset segmentation = FindingsSegmentation.Build(series, truth, findings.Segmentation, Identity);
        DicomDataset report = FindingsReport.Build(series, truth, findings, (new DicomUID(segmentation.GetString(DicomTag.SeriesInstanceUID)),
            new InstanceReference(DicomUID.SegmentationStorage, new DicomUID(segmentation.GetString(DicomTag.SOPInstanceUID)))), null, Identity, true);
        await AssertValidAsync(segmentation, "seg.dcm");
        await AssertValidAsync(report, "sr.dcm");

        Assert.Single(segmentation.GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetSequence(DicomTag.ReferencedInstanceSequence).Items);
        Dictionary<int, string> positions = series.Source.Slices.ToDictionary(slice => slice.Instance.FrameNumber!.Value, slice => string.Join('\\', slice.ImagePositionPatient));
        DicomDataset[] frames = [.. segmentation.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items];
        Assert.NotEmpty(frames);
        Assert.All(frames, frame =>
        {
            DicomDataset source = frame.GetSequence(DicomTag.DerivationImageSequence).Items[0].GetSequence(DicomTag.SourceImageSequence).Items[0];
            Assert.Equal(DicomUID.EnhancedCTImageStorage.Value, source.GetString(DicomTag.ReferencedSOPClassUID));
            Assert.Equal(positions[source.GetSingleValue<int>(DicomTag.ReferencedFrameNumber)],
                frame.GetSequence(DicomTag.PlanePositionSequence).Items[0].GetString(DicomTag.ImagePositionPatient));
        });
        var (_, dump) = await Programs.RunAsync(Programs.Find("dcmdump", "dcmtk"), ["+P", "0008,1160", folder["sr.dcm"]], TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, truth.Geometry.Slices).Count(slice => truth.CountIn(slice) > 0), dump.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).Distinct().Count());
    }

    [Fact]
    public void A_perfusion_map_as_a_multi_frame_image_is_refused_for_what_it_is()
    {
        NotEligibleException refusal = Assert.Throws<NotEligibleException>(() => Load(SharedFiles.Data("dicom-edge-cases/eCT_Supplemental.dcm")));
        SeriesCandidate row = Assert.Single(refusal.Candidates);
        Assert.Equal((3, 2), (row.SeriesNumber, row.Images));
        Assert.Equal(["ImageType (0008,0008) says PERFUSION, which Series:RefusedImageTypes refuses"], row.Reasons);
    }

    [Theory]
    [InlineData("count", "does not tell of each of 4000 frames")]
    [InlineData("huge", "2000000000 frames; at most 10000 are read")]
    [InlineData("none", "PerFrameFunctionalGroupsSequence (5200,9230) is missing")]
    [InlineData("contrast", "contrast agent was given (ContrastBolusAgentAdministered)")]
    public void A_multi_frame_image_that_lies_or_shows_contrast_is_refused_with_the_reason(string how, string reason)
    {
        EnhancedCtFile.Write(PhantomSeries.Write(folder["ct"], Head.Value.Volume, "enhanced"), folder["enhanced.dcm"], rescaleInEachFrame: false, whole => _ = how switch
        {
            "count" => whole.AddOrUpdate(DicomTag.NumberOfFrames, 4000),
            "huge" => whole.AddOrUpdate(DicomTag.NumberOfFrames, 2_000_000_000),
            "none" => whole.AddOrUpdate(DicomTag.PerFrameFunctionalGroupsSequence, Array.Empty<DicomDataset>()),
            _ => whole.GetSequence(DicomTag.SharedFunctionalGroupsSequence).Items[0].AddOrUpdate(DicomTag.ContrastBolusUsageSequence,
                new DicomDataset().AddOrUpdate(DicomTag.ContrastBolusAgentAdministered, "YES")),
        });
        Assert.Contains(reason, Assert.Throws<NotEligibleException>(() => Load(folder["enhanced.dcm"])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "contrast", "contrast agent was given")]
    [InlineData(true, "contrast", "contrast agent was given")]
    [InlineData(false, "kernel", "bone or other sharp kernel BONE")]
    [InlineData(true, "kernel", "bone or other sharp kernel BONE")]
    public void A_legacy_converted_image_says_contrast_and_kernel_among_its_unassigned_attributes(bool inEachFrame, string what, string reason)
    {
        EnhancedCtFile.Write(PhantomSeries.Write(folder["ct"], Head.Value.Volume, "enhanced"), folder["enhanced.dcm"], rescaleInEachFrame: false, whole =>
        {
            whole.AddOrUpdate(DicomTag.SOPClassUID, DicomUID.LegacyConvertedEnhancedCTImageStorage);
            DicomDataset shared = whole.GetSequence(DicomTag.SharedFunctionalGroupsSequence).Items[0];
            shared.Remove(DicomTag.CTReconstructionSequence);
            // What the frame says comes after what is shared.
            DicomDataset plain = new DicomDataset().AddOrUpdate(DicomTag.ContrastBolusAgent, "NONE").AddOrUpdate(DicomTag.ConvolutionKernel, "H31s");
            DicomDataset telling = what == "contrast" ? new DicomDataset().AddOrUpdate(DicomTag.ContrastBolusAgent, "OMNIPAQUE 350")
                : new DicomDataset().AddOrUpdate(DicomTag.ConvolutionKernel, "BONE");
            shared.AddOrUpdate(DicomTag.UnassignedSharedConvertedAttributesSequence, inEachFrame ? plain : telling);
            if (inEachFrame)
                foreach (DicomDataset frame in whole.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
                    frame.AddOrUpdate(DicomTag.UnassignedPerFrameConvertedAttributesSequence, telling);
        });
        Assert.Contains(reason, Assert.Throws<NotEligibleException>(() => Load(folder["enhanced.dcm"])).Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static CtSeries Load(params string[] files) => CtSeriesLoader.Load(files, new SeriesRules(), TestContext.Current.CancellationToken);

    private async Task AssertValidAsync(DicomDataset dataset, string name)
    {
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder[name]);
        var (_, output) = await Programs.RunAsync(Programs.Find("dciodvfy", "dicom3tools"), [folder[name]], TestContext.Current.CancellationToken);
        Assert.DoesNotContain(output.Split('\n'), line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
