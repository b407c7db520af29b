using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

public sealed class SendTests(PhantomStudy study) : IClassFixture<PhantomStudy>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_study_goes_to_a_DICOMweb_server_with_user_and_password()
    {
        await using OrthancPacs pacs = OrthancPacs.Prepare(account: ("agent", "secret"));
        await pacs.StartAsync();
        File.WriteAllText(folder["password"], "secret\n");
        var (exitCode, output) = await SendAsync(pacs.DicomWeb, "--user", "agent", "--password", folder["password"]);
        Assert.True(exitCode == 0, output);
        Assert.Contains($"{study.Files.Count} of {study.Files.Count} files stored at {pacs.DicomWeb}", output, StringComparison.Ordinal);
        (exitCode, output) = await SendAsync(pacs.DicomWeb);
        Assert.Equal(1, exitCode);
        Assert.Contains("user name, password or token is missing or wrong", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private Task<(int ExitCode, string Output)> SendAsync(Uri to, params string[] options) => Programs.RunAsync("dotnet",
        [AgentProcess.Program, "send", Path.GetDirectoryName(study.Files[0])!, "--to", to.ToString(), .. options],
            TestContext.Current.CancellationToken);
}
