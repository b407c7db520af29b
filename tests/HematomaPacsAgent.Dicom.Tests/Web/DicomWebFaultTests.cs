using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Web;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Web;

/// <summary>What servers, networks and disks do to a DICOMweb client on bad days.</summary>
public sealed class DicomWebFaultTests : IDisposable
{
    private static readonly DicomUID Study = DicomUID.Derive("web fault test", "study");

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("200 OK", "Warning: 299 pacs \"There are additional results that can be requested\"\r\n")]
    [InlineData("206 Partial Content", "")]
    public async Task A_server_that_gives_fewer_results_than_asked_for_is_asked_for_the_rest(string status, string warning)
    {
        const int all = 5, most = 2;
        using ScriptedServer server = new(request =>
        {
            int offset = int.Parse(Regex.Match(request, "offset=([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);
            int count = Math.Min(most, all - offset);
            string results = string.Join(",", Enumerable.Range(offset, count).Select(n => $$$"""{"0020000D":{"vr":"UI","Value":["1.2.3.{{{n}}}"]}}"""));
            return offset + count < all ? ScriptedServer.Answer(status, warning, $"[{results}]")
                : ScriptedServer.Answer("200 OK", "", $"[{results}]");
        });
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        List<string> found = [];
        await foreach (DicomDataset study in client.SearchAsync(QueryLevel.Study, [], cancellation: Stop))
            found.Add(study.GetString(DicomTag.StudyInstanceUID));
        Assert.Equal(["1.2.3.0", "1.2.3.1", "1.2.3.2", "1.2.3.3", "1.2.3.4"], found);
    }

    [Theory]
    [InlineData("Retry-After: 86400\r\n")]
    [InlineData("Date: Mon, 23 Nov 2026 10:00:00 GMT\r\nRetry-After: Tue, 24 Nov 2026 10:00:00 GMT\r\n")]
    public async Task A_server_that_wants_us_back_tomorrow_is_reported_today(string headers)
    {
        using ScriptedServer server = new(_ => ScriptedServer.Answer("503 Service Unavailable", headers));
        using DicomWebClient client = new(new DicomWebOptions(server.Address));
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        DicomWebException busy =
            await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveMetadataAsync(Study, null, null, patience.Token));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.Status);
        Assert.Contains("try again later", busy.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("413 Content Too Large", "send fewer instances at once")]
    [InlineData("401 Unauthorized", "password or token is missing or wrong")]
    [InlineData("403 Forbidden", "ask its administrator for the right")]
    public async Task A_refusal_that_comes_before_the_upload_is_read_is_still_heard(string status, string says)
    {
        using ScriptedServer server = new(_ => ScriptedServer.Answer(status));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { RetryDelay = TimeSpan.FromMilliseconds(10) });
        string heard;
        try
        {
            heard = (await client.StoreAsync([Write(20_000_000)], null, Stop))[0].Reason!;
        }
        catch (DicomWebException e)
        {
            heard = e.Message;
        }

        Assert.Contains(says, heard, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_full_disk_here_is_not_blamed_on_the_server()
    {
        const string body = "--b\r\nContent-Type: application/dicom\r\n\r\nDICM\r\n--b--\r\n";
        using ScriptedServer server = new(_ => ScriptedServer.Answer("200 OK", "Content-Type: multipart/related; boundary=b\r\n", body));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        IOException full = new("No space left on device");
        Assert.Same(full, await Assert.ThrowsAsync<IOException>(() =>
            client.RetrieveAsync(Study, null, null, null, (_, _) => throw full, Stop)));
    }

    [Fact]
    public async Task A_file_that_vanishes_before_it_is_sent_again_is_named_and_does_not_stop_the_others()
    {
        string path = Write(1000), second = folder["second.dcm"];
        File.Copy(path, second);
        using ScriptedServer server = new(_ => { File.Delete(second); return ScriptedServer.Answer("503 Service Unavailable"); });
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { RetryDelay = TimeSpan.FromMilliseconds(10) });
        StoreResult[] results = [.. await client.StoreAsync([path, second], null, Stop)];
        Assert.Contains("second.dcm", results[1].Reason, StringComparison.Ordinal);
        Assert.Contains("busy", results[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secret\nsecond line")]
    [InlineData("")]
    public async Task A_token_that_cannot_be_sent_is_refused_without_being_shown(string token)
    {
        using DicomWebClient client =
            new(new DicomWebOptions(new Uri($"http://127.0.0.1:{Loopback.FreePort()}/")) { Retries = 0, BearerToken = _ => new(token) });
        DicomWebException refusal =
            await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveMetadataAsync(Study, null, null, Stop));
        Assert.Contains("token", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("200 OK", "Content-Type: application/dicom+xml\r\n", "<?xml version=\"1.0\"?><NativeDicomModel/>", "application/dicom+xml")]
    [InlineData("200 OK", "Content-Type: text/html\r\n", "<html>login</html>", "text/html")]
    [InlineData("301 Moved Permanently", "Location: https://elsewhere.example/dicom-web/studies\r\n", "", "sends us elsewhere")]
    public async Task A_store_answer_in_another_language_says_so(string status, string headers, string body, string says)
    {
        using ScriptedServer server = new(_ => ScriptedServer.Answer(status, headers, body));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        StoreResult result = Assert.Single(await client.StoreAsync([Write(1000)], null, Stop));
        Assert.False(result.Stored);
        Assert.Contains(says, result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_swallows_connections_is_given_up_soon()
    {
        using TcpListener full = new(IPAddress.Loopback, 0);
        full.Start(backlog: 1);
        List<TcpClient> queue = [];
        try
        {
            // Linux drops further connection requests once the queue is full, as a firewall does.
            for (int i = 0; i < 4; i++)
            {
                queue.Add(new TcpClient());
                _ = queue[i].ConnectAsync(IPAddress.Loopback, ((IPEndPoint)full.LocalEndpoint).Port, Stop).AsTask()
                    .ContinueWith(_ => { }, TaskScheduler.Default);
                await Task.Delay(50, Stop);
            }

            using DicomWebClient client = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{((IPEndPoint)full.LocalEndpoint).Port}/"))
            {
                ConnectTimeout = TimeSpan.FromMilliseconds(300), Retries = 1, RetryDelay = TimeSpan.FromMilliseconds(10),
            });
            DicomWebException away =
                await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveMetadataAsync(Study, null, null, Stop));
            Assert.Contains("no connection within 0.3 s; check address, firewall", away.Message, StringComparison.Ordinal);
        }
        finally
        {
            foreach (TcpClient waiting in queue) waiting.Dispose();
        }
    }

    [Fact]
    public async Task All_attempts_together_have_an_end()
    {
        using ScriptedServer server = new(_ => ScriptedServer.Answer("503 Service Unavailable", "Retry-After: 1\r\n"));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 1000, RequestTimeout = TimeSpan.FromSeconds(2) });
        DicomWebException late = await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveMetadataAsync(Study, null, null, Stop));
        Assert.Contains("within 2 s", late.Message, StringComparison.Ordinal);
        Assert.InRange(server.Requests.Count, 1, 3);
    }

    [Fact]
    public async Task A_refused_search_does_not_tell_whom_it_was_for()
    {
        using ScriptedServer server = new(_ => ScriptedServer.Answer("403 Forbidden"));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        DicomDataset match = new DicomDataset().AddOrUpdate(DicomTag.PatientID, "SECRET-7")
            .AddOrUpdate(DicomTag.PatientName, "Hidden^Name");
        DicomWebException refusal = await Assert.ThrowsAsync<DicomWebException>(async () =>
        {
            await foreach (DicomDataset _ in client.SearchAsync(QueryLevel.Study, match, cancellation: Stop)) { }
        });
        Assert.Contains("00100020=SECRET-7", Assert.Single(server.Requests), StringComparison.Ordinal);
        Assert.Contains("ask its administrator for the right", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Hidden", refusal.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Write(int pixels)
    {
        string path = folder["one.dcm"];
        new DicomFile(new DicomDataset().AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("web fault test", "1"))
            .AddOrUpdate(DicomTag.StudyInstanceUID, Study).AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[pixels]),
                DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
        return path;
    }
}
