using System.Numerics;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Signs;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Phantoms;
using HematomaPacsAgent.Pipeline.Series;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Pipeline.Tests.Findings;

/// <summary>SEG and SR as others read them: dciodvfy finds no error, pydicom finds the mask bit by bit.</summary>
public sealed class ResultObjectTests : IDisposable
{
    private static readonly FindingsIdentity Identity = new(new string('a', 64), new DateTimeOffset(2026, 11, 23, 13, 0, 0, TimeSpan.FromHours(1)));
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(96, 96, 0.0)]
    [InlineData(101, 67, 0.0)] // frames that end within a byte
    [InlineData(96, 96, 0.3)] // gantry tilt
    public async Task A_hematoma_becomes_a_valid_SEG_with_every_voxel_and_a_valid_SR(int columns, int rows, float tilt)
    {
        (CtSeries series, Mask mask) = Series(columns, rows, tilt);
        HematomaFindings findings = Found(mask);
        DicomDataset segmentation = FindingsSegmentation.Build(series, mask, findings.Segmentation!, Identity);
        DicomDataset report = FindingsReport.Build(series, mask, findings,
            (new DicomUID(segmentation.GetString(DicomTag.SeriesInstanceUID)), new InstanceReference(DicomUID.SegmentationStorage, new DicomUID(segmentation.GetString(DicomTag.SOPInstanceUID)))),
            (DicomUID.Derive("earlier series"), new InstanceReference(DicomUID.Comprehensive3DSRStorage, DicomUID.Derive("earlier report"))),
            Identity, sendDemonstrationProbability: true);
        await AssertValidAsync(Save(segmentation, "seg.dcm"));
        await AssertValidAsync(Save(report, "sr.dcm"));

        const string Count = """
            import sys, pydicom, numpy as np
            ds = pydicom.dcmread(sys.argv[1]); n = int(ds.NumberOfFrames)
            bits = np.unpackbits(np.frombuffer(ds.PixelData, np.uint8), bitorder="little")[:n * ds.Rows * ds.Columns].reshape(n, -1)
            print(" ".join(f"{g.PlanePositionSequence[0].ImagePositionPatient[2]:.3f}:{int(b.sum())}" for g, b in zip(ds.PerFrameFunctionalGroupsSequence, bits)))
            """;
        var (exitCode, output) = await Programs.RunAsync("/usr/bin/python3", ["-c", Count, folder["seg.dcm"]], TestContext.Current.CancellationToken);
        if (exitCode != 0 && output.Contains("No module", StringComparison.Ordinal)) Assert.Skip("python3-pydicom not installed: apt-get install python3-pydicom");
        string expected = string.Join(' ', Enumerable.Range(0, mask.Geometry.Slices).Where(k => mask.CountIn(k) > 0)
            .Select(k => FormattableString.Invariant($"{mask.Geometry.Origins[k].Z:F3}:{mask.CountIn(k)}")));
        Assert.Equal(expected, output.Trim());
    }

    [Fact]
    public async Task No_hematoma_is_a_valid_SR_that_says_absent()
    {
        (CtSeries series, Mask region) = Series(96, 96, 0);
        HematomaFindings findings = Found(region) with { Outcome = Outcome.NoHematoma, Reason = "No hematoma found.", Signs = [], Radiomics = null, Radscore = null, Nomogram = null };
        DicomDataset report = FindingsReport.Build(series, region, findings, null, null, Identity, sendDemonstrationProbability: true);
        await AssertValidAsync(Save(report, "sr.dcm"));
        string dump = await DumpAsync("sr.dcm");
        Assert.Contains("Intracranial hematoma", dump, StringComparison.Ordinal);
        Assert.Contains("Absent", dump, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_demonstration_probability_leaves_only_where_the_site_allows_it_and_every_output_says_demonstration()
    {
        (CtSeries series, Mask mask) = Series(96, 96, 0);
        Save(FindingsReport.Build(series, mask, Found(mask), null, null, Identity, sendDemonstrationProbability: true), "allowed.dcm");
        Save(FindingsReport.Build(series, mask, Found(mask), null, null, Identity, sendDemonstrationProbability: false), "withheld.dcm");
        Assert.Contains("Probability of early hematoma expansion", await DumpAsync("allowed.dcm"), StringComparison.Ordinal);
        string withheld = await DumpAsync("withheld.dcm");
        Assert.DoesNotContain("Probability of early hematoma expansion", withheld, StringComparison.Ordinal);
        Assert.Contains("AllowDemonstrationModels", withheld, StringComparison.Ordinal);
        Assert.Contains("DEMONSTRATION", withheld, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_input_makes_the_same_bytes()
    {
        (CtSeries series, Mask mask) = Series(96, 96, 0);
        byte[][] made = [.. Enumerable.Range(0, 2).Select(i => File.ReadAllBytes(Save(FindingsReport.Build(series, mask, Found(mask), null, null, Identity, true), $"{i}.dcm")))];
        Assert.Equal(made[0], made[1]);
    }

    [Fact]
    public async Task A_sign_on_which_the_rules_contradict_the_network_is_a_note_in_a_valid_report()
    {
        (CtSeries series, Mask mask) = Series(96, 96, 0);
        HematomaFindings found = Found(mask);
        SignRuling absent = new("blend-sign", SignState.Absent, 5, "no dark part lies at the border of the hematoma", new Dictionary<string, double> { ["noiseHu"] = 4 });
        SignFindings sign = SignCrossCheck.Of(found.Signs[0], absent);
        Assert.Equal(("present", "absent", "disagree"), (sign.State, sign.Rule!.State, sign.Agreement));
        string warning = Assert.Single(SignCrossCheck.Warnings([sign, found.Signs[1]]));
        Assert.Equal("blend-sign: the network says present (0.83), the rules absent: no dark part lies at the border of the hematoma (slice 6); a reader must look", warning);
        string file = Save(FindingsReport.Build(series, mask, found with { Signs = [sign, found.Signs[1]], Warnings = [warning] }, null, null, Identity, true), "contradicted.dcm");
        await AssertValidAsync(file);
        Assert.Contains(warning, await DumpAsync("contradicted.dcm"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SignState.Present, SignState.Present, "agree")]
    [InlineData(SignState.Absent, SignState.Absent, "agree")]
    [InlineData(SignState.Absent, SignState.Present, "disagree")]
    [InlineData(SignState.Present, SignState.Absent, "disagree")]
    [InlineData(SignState.Present, SignState.Indeterminate, "undecided")]
    [InlineData(SignState.Indeterminate, SignState.Absent, "undecided")]
    [InlineData(SignState.Present, null, "undecided")]
    public void Network_and_rules_agree_disagree_or_leave_it_open(SignState network, SignState? rule, string expected) =>
        Assert.Equal(expected, SignCrossCheck.Compare(network, rule));

    [Fact]
    public void An_empty_mask_never_becomes_a_SEG()
    {
        (CtSeries series, Mask mask) = Series(96, 96, 0);
        Assert.Throws<ArgumentException>(() => FindingsSegmentation.Build(series, new Mask(mask.Geometry), Found(mask).Segmentation!, Identity));
    }

    public void Dispose() => folder.Dispose();

    private (CtSeries, Mask) Series(int columns, int rows, float tilt)
    {
        Vector3 column = new(0, MathF.Cos(tilt), -MathF.Sin(tilt));
        VolumeGeometry geometry = new(columns, rows, Vector3.UnitX, column, 0.7, 0.7, [.. Enumerable.Range(0, 12).Select(k => new Vector3(-30, -20, 5 * k))], 5);
        IReadOnlyList<string> files = PhantomSeries.Write(folder["ct"], new Volume(geometry, new short[geometry.PixelsPerSlice * 12]), "object");
        CtSeries series = CtSeriesLoader.Load(files, TestContext.Current.CancellationToken);
        Mask mask = new(series.Volume.Geometry);
        for (int i = 0; i < mask.Voxels.Length; i++)
        {
            int x = i % columns - columns / 2, y = i % geometry.PixelsPerSlice / columns - rows / 2, z = 3 * (i / geometry.PixelsPerSlice - 6);
            mask.Voxels[i] = x * x + y * y + z * z < 150;
        }

        return (series, mask);
    }

    private static HematomaFindings Found(Mask mask) => new()
    {
        Outcome = Outcome.Hematoma,
        Reason = "Hematoma found.",
        StudyInstanceUid = "1.2.3",
        Segmentation = new SegmentationFindings("seg-model", "1.0", new string('b', 64), "demonstration", "cpu", new Dictionary<string, double> { ["hematoma"] = mask.VolumeMl }, 1, mask.LargestSlice, 61.5),
        Signs = [new SignFindings("blend-sign", 0.83, "present", 6, "sign-model", "1.0", new string('c', 64)), new SignFindings("fluid-level", 0.5, "indeterminate", 6, "sign-model", "1.0", new string('c', 64))],
        Radiomics = new RadiomicsFindings("pyradiomics", "ab12", new Dictionary<string, double?> { ["original_shape_Sphericity"] = 0.8123456789012345, ["original_shape_Maximum3DDiameter"] = 31.25 }),
        Radscore = 0.25,
        Nomogram = new NomogramFindings("nomogram", "1.0", new string('d', 64), "demonstration", 0.1, 55, 0.525, [0.525, 0.525], "high"),
        Warnings = ["a warning"],
    };

    private string Save(DicomDataset dataset, string name)
    {
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder[name]);
        return folder[name];
    }

    private async Task<string> DumpAsync(string name) => (await Programs.RunAsync(Programs.Find("dsrdump", "dcmtk"), ["+Pl", folder[name]], TestContext.Current.CancellationToken)).Output;

    private static async Task AssertValidAsync(string file)
    {
        var (_, output) = await Programs.RunAsync(Programs.Find("dciodvfy", "dicom3tools"), [file], TestContext.Current.CancellationToken);
        Assert.DoesNotContain(output.Split('\n'), line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
