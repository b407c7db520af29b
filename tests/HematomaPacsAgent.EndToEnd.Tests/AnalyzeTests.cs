using System.Text.Json;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>analyze</c> on real scans: whatever it finds, it ends in good order and the SEG lies on the slices as acquired.</summary>
public sealed class AnalyzeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public Task The_tilted_GE_head() => AssertOnSourceGridAsync(SharedFiles.Data("head-ct-ge-tilted"));

    [Fact]
    public async Task A_patient_of_ct_ich_with_650_columns()
    {
        string patient = SharedFiles.Data("ct-ich-v1-dev/66"), tool = SharedFiles.Tool("ct_ich_to_dicom.py");
        var (exitCode, output) = await Programs.RunAsync("/usr/bin/python3", [tool, patient, folder["ct"]], TestContext.Current.CancellationToken);
        if (exitCode != 0) Assert.Skip($"ct_ich_to_dicom.py needs python3-pydicom, python3-numpy and python3-pil: {output}");
        await AssertOnSourceGridAsync(folder["ct"]);
    }

    [Fact]
    public async Task A_folder_without_DICOM_files_is_wrong_usage_and_says_so()
    {
        File.WriteAllText(folder["notes.txt"], "nothing here");
        var (exitCode, output) = await RunAsync(folder.Path);
        Assert.Equal(2, exitCode);
        Assert.Contains("none of them a DICOM file", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_study_that_cannot_be_analysed_ends_with_three_and_a_findings_file()
    {
        string data = SharedFiles.Data("dicom-edge-cases/CT_small.dcm");
        var (exitCode, output) = await RunAsync(data);
        Assert.Equal(3, exitCode);
        Assert.Contains("Not analysed", output, StringComparison.Ordinal);
        Assert.Equal("not-eligible", JsonDocument.Parse(File.ReadAllText(folder["out/findings.json"])).RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task A_damaged_file_is_named_on_the_console_and_only_counted_in_the_findings()
    {
        Directory.CreateDirectory(folder["ct"]);
        string[] files = [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm")];
        foreach (string file in files) File.Copy(file, folder["ct/" + Path.GetFileName(file)]);
        File.WriteAllBytes(folder["ct/DOE_JOHN.dcm"], File.ReadAllBytes(files[0])[..700]);
        var (exitCode, output) = await RunAsync(folder["ct"]);
        Assert.True(exitCode == 0, output);
        Assert.Contains("left aside: DOE_JOHN.dcm", output, StringComparison.Ordinal);
        string findings = File.ReadAllText(folder["out/findings.json"]);
        Assert.Contains("1 file was left aside: ", findings, StringComparison.Ordinal);
        Assert.DoesNotContain("DOE_JOHN", findings, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private Task<(int ExitCode, string Output)> RunAsync(string input) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "analyze", input, "--out", folder["out"]], TestContext.Current.CancellationToken);

    private async Task AssertOnSourceGridAsync(string input)
    {
        var (exitCode, output) = await RunAsync(input);
        Assert.True(exitCode == 0, output);
        foreach (string made in (string[])["findings.json", "sr.dcm", "report.pdf", "report.png"]) Assert.True(File.Exists(folder["out/" + made]), made);
        await Dciodvfy.AssertNoErrorsAsync(folder["out/sr.dcm"]);
        if (!File.Exists(folder["out/seg.dcm"])) return;

        await Dciodvfy.AssertNoErrorsAsync(folder["out/seg.dcm"]);
        DicomDataset segmentation = DicomFile.Open(folder["out/seg.dcm"]).Dataset;
        DicomDataset[] sources = [.. Directory.GetFiles(input, "*.dcm").Select(file => DicomFile.Open(file).Dataset)];
        Assert.Equal(sources[0].GetSingleValue<int>(DicomTag.Rows), segmentation.GetSingleValue<int>(DicomTag.Rows));
        Assert.Equal(sources[0].GetSingleValue<int>(DicomTag.Columns), segmentation.GetSingleValue<int>(DicomTag.Columns));
        Assert.Equal(sources[0].GetString(DicomTag.FrameOfReferenceUID), segmentation.GetString(DicomTag.FrameOfReferenceUID));
        Dictionary<string, string> positions = sources.ToDictionary(source => source.GetString(DicomTag.SOPInstanceUID), source => source.GetString(DicomTag.ImagePositionPatient));
        foreach (DicomDataset frame in segmentation.GetSequence(DicomTag.PerFrameFunctionalGroupsSequence).Items)
        {
            string source = frame.GetSequence(DicomTag.DerivationImageSequence).Items[0].GetSequence(DicomTag.SourceImageSequence).Items[0].GetString(DicomTag.ReferencedSOPInstanceUID);
            string position = frame.GetSequence(DicomTag.PlanePositionSequence).Items[0].GetString(DicomTag.ImagePositionPatient);
            Assert.Equal(positions[source].Split('\\').Select(value => value.Trim()), position.Split('\\').Select(value => value.Trim()));
        }
    }
}
