using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The whole loop with nothing in the clear and no slice uncompressed: storescu +tls, serve, storescp +tls.</summary>
public sealed class TlsLoopTests(PhantomStudy study) : IClassFixture<PhantomStudy>, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_compressed_head_CT_sent_over_TLS_comes_back_over_TLS()
    {
        string key = folder["key.pem"], certificate = folder["certificate.pem"];
        await RunAsync("openssl", "openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days",
            "2", "-subj", "/CN=test",
            "-addext", "subjectAltName=IP:127.0.0.1"]);
        int tlsPort = Loopback.FreePort(), archivePort = Loopback.FreePort();
        Directory.CreateDirectory(folder["archive"]);
        using Process archive = Process.Start(new ProcessStartInfo(Programs.Find("storescp", "dcmtk"),
            ["+tls", key, certificate, "+cf", certificate, "-od", folder["archive"], "-aet", OrthancPacs.AeTitle, $"{archivePort}"]))!;
        try
        {
            await using AgentProcess agent = new(folder, archivePort, settings =>
            {
                settings["Dicom"]!["Tls"] = new JsonObject { ["Port"] = tlsPort, ["Only"] = true, ["Certificate"] = certificate,
                    ["Key"] = key, ["ClientAuthorities"] = certificate };
                settings["Delivery"]!["Destinations"]![0]!["Tls"] = new JsonObject { ["Authorities"] = certificate,
                    ["Certificate"] = certificate, ["Key"] = key };
            });
            await agent.StartAsync();
            Assert.False(Loopback.IsListening(agent.DicomPort), "the port without TLS is open");
            string[] compressed = [.. await Task.WhenAll(study.Files.Select(CompressAsync))];
            await RunAsync("storescu", "dcmtk", ["+tls", key, certificate, "+cf", certificate, "-xt", "-aec", AgentProcess.AeTitle,
                "127.0.0.1", $"{tlsPort}", .. compressed],
                new Dictionary<string, string> { ["TCP_NODELAY"] = "1" });

            JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, TimeSpan.FromMinutes(2), "completed", "discarded");
            Assert.Equal(("completed", "hematoma"), (job.GetProperty("state").GetString(), job.GetProperty("outcome").GetString()));
            Assert.Equal(["SEG", "SR"], Directory.GetFiles(folder["archive"]).Select(file => DicomFile.Open(file).Dataset.GetString(DicomTag.Modality)).Order());
            string[] spooled = Directory.GetFiles(folder["data"], "*.dcm", SearchOption.AllDirectories);
            Assert.Equal(study.Files.Count, spooled.Count(file => DicomFile.Open(file).TransferSyntax.Uid.Value == "1.2.840.10008.1.2.4.80"));
        }
        finally
        {
            archive.Kill();
            await archive.WaitForExitAsync(CancellationToken.None);
        }
    }

    public void Dispose() => folder.Dispose();

    private async Task<string> CompressAsync(string file)
    {
        string coded = folder[Path.GetFileName(file)];
        await RunAsync("dcmcjpls", "dcmtk", ["+el", file, coded]);
        return coded;
    }

    private async Task RunAsync(string program, string package, string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var (exitCode, output) = await Programs.RunAsync(Programs.Find(program, package), arguments, cancellation, environment);
        Assert.True(exitCode == 0, $"{program}: {output}");
    }
}
