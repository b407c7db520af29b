using System.Text.Json;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>analyze --explain</c>: the table of series, where one is read and where none is.</summary>
public sealed class ExplainTests(PhantomStudy study) : IClassFixture<PhantomStudy>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_mixed_study_prints_which_series_was_read_and_why_not_the_others()
    {
        Add(2, _ => { });
        Add(3, image => image.AddOrUpdate(DicomTag.ConvolutionKernel, "BONEPLUS").AddOrUpdate(DicomTag.SeriesDescription, "Bone^Doe Jane"));
        Add(4, image => image.AddOrUpdate(DicomTag.Modality, "MR").AddOrUpdate(DicomTag.SOPClassUID, DicomUID.MRImageStorage));
        var (exitCode, output) = await AnalyzeAsync();
        Assert.True(exitCode == 0, output);
        foreach (string shown in (string[])["chosen", "rejected", "BONEPLUS", "sharp kernel", "MR"]) Assert.Contains(shown, output, StringComparison.Ordinal);
        string findings = File.ReadAllText(folder["out/findings.json"]);
        JsonElement[] rows = [.. JsonDocument.Parse(findings).RootElement.GetProperty("series").EnumerateArray()];
        Assert.Equal([(2, "chosen"), (3, "rejected"), (4, "rejected")], rows.Select(row => (row.GetProperty("seriesNumber").GetInt32(), row.GetProperty("verdict").GetString()!)));
        Assert.DoesNotContain("Doe", findings + output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_study_without_a_plain_head_CT_prints_its_table_and_ends_with_three()
    {
        Add(5, image => image.AddOrUpdate(DicomTag.ContrastBolusAgent, "IOMERON"));
        var (exitCode, output) = await AnalyzeAsync();
        Assert.Equal(3, exitCode);
        Assert.Contains("rejected", output, StringComparison.Ordinal);
        JsonElement findings = JsonDocument.Parse(File.ReadAllText(folder["out/findings.json"])).RootElement;
        Assert.Equal("contrast agent was given", Assert.Single(Assert.Single(findings.GetProperty("series").EnumerateArray()).GetProperty("reasons").EnumerateArray()).GetString());
    }

    public void Dispose() => folder.Dispose();

    private Task<(int ExitCode, string Output)> AnalyzeAsync() =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "analyze", folder["study"], "--out", folder["out"], "--explain"], TestContext.Current.CancellationToken);

    private void Add(int number, Action<DicomDataset> change)
    {
        Directory.CreateDirectory(folder[$"study/{number}"]);
        foreach ((int index, string file) in study.Files.Index())
        {
            DicomDataset image = DicomFile.Open(file).Dataset
                .AddOrUpdate(DicomTag.SeriesNumber, number)
                .AddOrUpdate(DicomTag.SeriesInstanceUID, DicomUID.Derive("explain", $"{number}"))
                .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("explain", $"{number}", $"{index}"));
            change(image);
            new DicomFile(image, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder[$"study/{number}/{index:D3}.dcm"]);
        }
    }
}
