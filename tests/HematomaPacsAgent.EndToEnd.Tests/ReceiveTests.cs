using System.Diagnostics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
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

    [Fact]
    public async Task Receive_never_replaces_what_it_has_acknowledged_and_refuses_what_is_damaged()
    {
        using TemporaryFolder folder = new();
        int port = Loopback.FreePort();
        string archive = folder["archive"], first = study.Files[0], other = folder["other.dcm"];
        string uid = DicomFile.Open(first).Dataset.GetString(DicomTag.SOPInstanceUID), kept = Path.Combine(archive, uid + ".dcm");
        DicomFile changed = DicomFile.Open(first);
        changed.Dataset.AddOrUpdate(DicomTag.SeriesDescription, "another content under the same UID");
        changed.Save(other);
        using Process receive = Process.Start(Programs.WithoutOurs(new ProcessStartInfo("dotnet",
            [AgentProcess.Program, "receive", "--port", $"{port}", "--out", archive]) { RedirectStandardOutput = true }))!;
        try
        {
            await Eventually.SeeAsync("receive listens", TimeSpan.FromSeconds(30), () => Task.FromResult(Loopback.IsListening(port)));
            Assert.Equal(0, (await Dcmsend.SendAsync(port, [first])).ExitCode);
            byte[] before = File.ReadAllBytes(kept);
            Assert.Equal(0, (await Dcmsend.SendAsync(port, [first])).ExitCode);
            Assert.Single(Directory.GetFiles(archive));
            Assert.Equal(0, (await Dcmsend.SendAsync(port, [other])).ExitCode);
            Assert.Equal(before, File.ReadAllBytes(kept));
            Assert.True(File.Exists(Path.Combine(archive, uid + "~2.dcm")), "the other content lies beside it");

            await using ScuAssociation association = await ScuAssociation.OpenAsync(new RemoteAe("ANY", "127.0.0.1", port), "TEST",
                [new ProposedContext(DicomUID.CTImageStorage, [DicomTransferSyntax.ExplicitVRLittleEndian])], null, null, TestContext.Current.CancellationToken);
            foreach (byte[] bytes in (byte[][])[[], [.. Enumerable.Repeat((byte)0xFF, 50)]])
                Assert.Equal(DicomStatus.CannotUnderstand, await association.StoreAsync(DicomUID.CTImageStorage, new DicomUID(uid),
                    DicomTransferSyntax.ExplicitVRLittleEndian, new MemoryStream(bytes), bytes.Length, TestContext.Current.CancellationToken));
            Assert.Equal(2, Directory.GetFiles(archive).Length);
            Assert.Equal(before, File.ReadAllBytes(kept));
        }
        finally
        {
            receive.Kill();
            await receive.WaitForExitAsync(CancellationToken.None);
        }
    }
}
