using System.Text.Json.Nodes;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

public sealed class DumpTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Dump_prints_a_file_as_DICOM_JSON()
    {
        var (exitCode, output) = await DumpAsync("--bulk", "uri", SharedFiles.Data("head-ct-ge-tilted/14.dcm"));
        Assert.Equal(0, exitCode);
        JsonNode json = JsonNode.Parse(output)!;
        Assert.Equal("CT", (string?)json["00080060"]!["Value"]![0]);
        Assert.Matches(@"^file:///.*/14\.dcm\?offset=\d+&length=524288$", (string?)json["7FE00010"]!["BulkDataURI"]);
    }

    [Fact]
    public async Task Dump_tells_what_is_wrong_with_a_file()
    {
        File.WriteAllText(folder["letter.txt"], new string('x', 500));
        var (exitCode, output) = await DumpAsync(folder["letter.txt"]);
        Assert.Equal(1, exitCode);
        Assert.Contains("letter.txt: not a DICOM file", output, StringComparison.Ordinal);
        (exitCode, output) = await DumpAsync(folder["nothing.dcm"]);
        Assert.Equal(2, exitCode);
        Assert.Contains("nothing.dcm", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private static Task<(int ExitCode, string Output)> DumpAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "dump", .. arguments], TestContext.Current.CancellationToken);
}
