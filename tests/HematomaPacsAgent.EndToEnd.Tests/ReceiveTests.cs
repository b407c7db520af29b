using System.Diagnostics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The verb <c>receive</c> as a plain archive.</summary>
public sealed class ReceiveTests(PhantomStudy study) : IClassFixture<PhantomStudy>
{
    [Fact]
    public async Task Receive_commits_to_Orthanc_what_lies_in_its_folder_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        int port = Loopback.FreePort();
        await pacs.AddModalityAsync(AgentProcess.AeTitle, port);
        using Process receive = Process.Start(new ProcessStartInfo("dotnet", [AgentProcess.Program, "receive", "--port", $"{port}",
            "--out", folder["archive"], "--peer", $"{OrthancPacs.AeTitle}@127.0.0.1:{pacs.DicomPort}"])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            receive.OutputDataReceived += (_, _) => { };
            receive.ErrorDataReceived += (_, _) => { };
            receive.BeginOutputReadLine();
            receive.BeginErrorReadLine();
            await Eventually.SeeAsync("receive listens", TimeSpan.FromSeconds(30), () => Task.FromResult(Loopback.IsListening(port)));
            var (exitCode, output) = await Dcmsend.SendAsync(port, study.Files.Take(2));
            Assert.True(exitCode == 0, output);

            (string SopClass, string Instance)[] asked = [.. study.Files.Take(3).Select(path => DicomFile.Open(path).Dataset)
                .Select(dataset => (dataset.GetString(DicomTag.SOPClassUID), dataset.GetString(DicomTag.SOPInstanceUID)))];
            asked[1].SopClass = DicomUID.MRImageStorage.Value;
            IReadOnlyDictionary<string, int> verdicts = await pacs.RequestCommitmentAsync(AgentProcess.AeTitle, asked);
            Assert.Equal([0, 0x0119, 0x0112], asked.Select(instance => verdicts[instance.Instance]));
        }
        finally
        {
            receive.Kill();
            await receive.WaitForExitAsync(CancellationToken.None);
        }
    }
}
