using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Web;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Web;

/// <summary>Our DICOMweb client with Orthanc's DICOMweb plugin.</summary>
public sealed class DicomWebClientTests : IDisposable
{
    private static readonly DicomUID Study = DicomUID.Derive("web test", "study"), Series = DicomUID.Derive("web test", "series");

    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_study_is_stored_found_and_comes_back_byte_by_byte()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using DicomWebClient client = new(new DicomWebOptions(pacs.DicomWeb) { MaxInstances = 25 });
        string[] files = Write(60);
        List<int> progress = [];
        IReadOnlyList<StoreResult> stored = await client.StoreAsync(files, new Recorder(progress), Stop);
        Assert.Equal(files, stored.Select(result => result.File));
        Assert.All(stored, result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(Enumerable.Range(1, 60), progress);
        Assert.All(await client.StoreAsync(files[..3], null, Stop), result => Assert.True(result.Stored, "stored a second time: "
            + result.Reason));

        List<DicomDataset> studies = await ListAsync(client.SearchAsync(QueryLevel.Study, new DicomDataset().AddOrUpdate(DicomTag.PatientID,
            "WEB-1"), [DicomTag.StudyDescription], cancellation: Stop));
        Assert.Equal(Study.Value, Assert.Single(studies).GetString(DicomTag.StudyInstanceUID));
        DicomDataset inSeries = new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, Study).AddOrUpdate(DicomTag.SeriesInstanceUID,
            Series);
        List<DicomDataset> instances = await ListAsync(client.SearchAsync(QueryLevel.Image, inSeries, pageSize: 25, cancellation: Stop));
        Assert.Equal(60, instances.Select(found => found.GetString(DicomTag.SOPInstanceUID)).Distinct().Count());
        Assert.Empty(await ListAsync(client.SearchAsync(QueryLevel.Study, new DicomDataset().AddOrUpdate(DicomTag.PatientID, "NOBODY"),
            cancellation: Stop)));

        IReadOnlyList<DicomDataset> metadata = await client.RetrieveMetadataAsync(Study, Series, null, Stop);
        Assert.Equal(60, metadata.Count);
        Assert.All(metadata, dataset => Assert.Equal("Müller^Jürgen", dataset.GetString(DicomTag.PatientName)));

        Dictionary<string, byte[]> sent = files.ToDictionary(file => DicomFile.Open(file).Dataset.GetString(DicomTag.SOPInstanceUID),
            Dataset);
        int back = await client.RetrieveAsync(Study, null, null, async (stream, cancellation) =>
        {
            string path = folder["back.dcm"];
            await using (FileStream file = File.Create(path)) await stream.CopyToAsync(file, cancellation);
            string uid = DicomFile.Open(path).Dataset.GetString(DicomTag.SOPInstanceUID);
            Assert.True(sent.Remove(uid, out byte[]? expected), $"{uid} came twice, or was never sent");
            Assert.Equal(expected, Dataset(path));
        }, Stop);
        Assert.Equal(60, back);
        Assert.Empty(sent);
    }

    [Fact]
    public async Task A_file_that_is_no_DICOM_does_not_stop_the_others()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using DicomWebClient client = new(new DicomWebOptions(pacs.DicomWeb));
        string[] files = Write(2);
        File.WriteAllText(folder["letter.dcm"], "Dear colleague");
        IReadOnlyList<StoreResult> results = await client.StoreAsync([files[0], folder["letter.dcm"], files[1]], null, Stop);
        Assert.Equal([true, false, true], results.Select(result => result.Stored));
        Assert.Contains("letter.dcm", results[1].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_open_the_door_and_their_lack_is_told()
    {
        await using OrthancPacs pacs = OrthancPacs.Prepare(account: ("agent", "secret"));
        await pacs.StartAsync();
        string[] files = Write(1);
        using DicomWebClient stranger = new(new DicomWebOptions(pacs.DicomWeb));
        DicomWebException refusal = await Assert.ThrowsAsync<DicomWebException>(() => stranger.StoreAsync(files, null, Stop));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Contains("user name, password or token is missing or wrong", refusal.Message, StringComparison.Ordinal);
        using DicomWebClient known = new(new DicomWebOptions(pacs.DicomWeb) { Basic = ("agent", "secret") });
        Assert.True((await known.StoreAsync(files, null, Stop))[0].Stored);
    }

    [Fact]
    public async Task The_sites_own_authority_is_trusted_when_named_and_only_then()
    {
        using X509Certificate2 own = SelfSigned("127.0.0.1"), foreign = SelfSigned("127.0.0.1");
        // Orthanc 1.10 serves TLS only together with access from everywhere; so TLS ends before it, as with the proxy of a hospital.
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using TlsGate gate = new(pacs.HttpPort, own);
        Uri address = new($"https://127.0.0.1:{gate.Port}/dicom-web");
        string[] files = Write(1);
        using DicomWebClient trusting = new(new DicomWebOptions(address) { Authorities = [X509CertificateLoader.LoadCertificate(own.RawData)] });
        Assert.True((await trusting.StoreAsync(files, null, Stop))[0].Stored);
        foreach (DicomWebOptions options in (DicomWebOptions[])
            [new DicomWebOptions(address), new DicomWebOptions(address) { Authorities = [X509CertificateLoader.LoadCertificate(foreign.RawData)] }])
        {
            using DicomWebClient doubting = new(options);
            long started = Stopwatch.GetTimestamp();
            DicomWebException refusal = await Assert.ThrowsAsync<DicomWebException>(() => doubting.StoreAsync(files, null, Stop));
            Assert.Contains("--ca", refusal.Message, StringComparison.Ordinal);
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "mistrust is not tried again");
        }
    }

    [Fact]
    public async Task A_server_that_is_busy_for_a_moment_is_asked_again_with_the_whole_request()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using FlakyGate gate = new(pacs.HttpPort, refusals: 2);
        using DicomWebClient client = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{gate.Port}/dicom-web")) { RetryDelay = TimeSpan.FromMilliseconds(20) });
        Assert.All(await client.StoreAsync(Write(5), null, Stop), result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(2, gate.Refused);
    }

    [Fact]
    public async Task A_server_that_is_away_or_no_DICOMweb_server_is_named_with_what_to_check()
    {
        using DicomWebClient nobody = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{Loopback.FreePort()}/dicom-web")) { Retries = 0 });
        DicomWebException away = await Assert.ThrowsAsync<DicomWebException>(() => ListAsync(nobody.SearchAsync(QueryLevel.Study,
            new DicomDataset().AddOrUpdate(DicomTag.PatientID, "SECRET-7"), cancellation: Stop)));
        Assert.Contains("check address, firewall, and that it runs", away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET-7", away.ToString(), StringComparison.Ordinal);
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using DicomWebClient wrong = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{pacs.HttpPort}/no-such-service")) { Retries = 0 });
        Assert.Contains("often https://host/dicom-web", (await Assert.ThrowsAsync<DicomWebException>(() => wrong.StoreAsync(Write(1), null,
            Stop))).Message, StringComparison.Ordinal);
        Assert.Contains("often https://host/dicom-web",
            (await Assert.ThrowsAsync<DicomWebException>(() => wrong.RetrieveMetadataAsync(Study, null, null, Stop))).Message,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=b\r\nContent-Length: 1000\r\n\r\n--b\r\nContent-Type: application/dicom\r\n\r\nDICM", "broke off")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=b\r\nConnection: close\r\n\r\n--b\r\nContent-Type: application/dicom\r\n\r\nDICM", "broke off")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello", "no WADO-RS service")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: multipart/related\r\nContent-Length: 5\r\n\r\nhello", "no WADO-RS service")]
    [InlineData("nonsense\r\n\r\n", "cannot be reached")]
    public async Task An_answer_that_is_no_whole_multipart_is_told(string answer, string says)
    {
        using FixedAnswer server = new(System.Text.Encoding.ASCII.GetBytes(answer));
        using DicomWebClient client = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{server.Port}")) { Retries = 0 });
        DicomWebException refusal = await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveAsync(Study, null, null, (stream,
            stop) => stream.CopyToAsync(Stream.Null, stop), Stop));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Part_headers_without_end_are_refused_with_little_memory()
    {
        byte[] endless = [.. "HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=b\r\nConnection: close\r\n\r\n--b\r\nX: "u8.ToArray(), .. Enumerable.Repeat((byte)'x', 1 << 20)];
        using FixedAnswer server = new(endless);
        using DicomWebClient client = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{server.Port}")) { Retries = 0 });
        await Assert.ThrowsAsync<DicomWebException>(() => client.RetrieveAsync(Study, null, null, (stream,
            stop) => stream.CopyToAsync(Stream.Null, stop), Stop));
    }

    [Fact]
    public async Task A_large_file_is_sent_with_little_memory()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        string path = Write(1, pixels: 150_000_000)[0];
        using DicomWebClient client = new(new DicomWebOptions(pacs.DicomWeb));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        Assert.True((await client.StoreAsync([path], null, Stop))[0].Stored);
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 100L << 20); // other tests may run meanwhile
    }

    [Theory]
    [InlineData("ftp://pacs/dicom-web")]
    [InlineData("http://user:secret@pacs/dicom-web")]
    [InlineData("https://pacs/dicom-web?x=1")]
    public void An_address_that_cannot_be_right_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new DicomWebOptions(new Uri(address)));

    public void Dispose() => folder.Dispose();

    private string[] Write(int count, int pixels = 2000) => [.. Enumerable.Range(1, count).Select(number =>
    {
        string path = folder[$"{number:000}.dcm"];
        new DicomFile(new DicomDataset().AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192").AddOrUpdate(DicomTag.SOPClassUID,
            DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("web test",
                number.ToString(System.Globalization.CultureInfo.InvariantCulture))).AddOrUpdate(DicomTag.Modality, "CT")
            .AddOrUpdate(DicomTag.PatientName, "Müller^Jürgen").AddOrUpdate(DicomTag.PatientID,
                "WEB-1").AddOrUpdate(DicomTag.StudyInstanceUID, Study)
            .AddOrUpdate(DicomTag.SeriesInstanceUID, Series).AddOrUpdate(DicomTag.InstanceNumber, number).AddOrUpdate(DicomVR.OW,
                DicomTag.PixelData, new byte[pixels]),
            DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
        return path;
    })];

    private static byte[] Dataset(string path)
    {
        using MemoryStream bytes = new();
        new DicomWriter(bytes, DicomTransferSyntax.ExplicitVRLittleEndian).Write(DicomFile.Open(path).Dataset);
        return bytes.ToArray();
    }

    private static async Task<List<DicomDataset>> ListAsync(IAsyncEnumerable<DicomDataset> source)
    {
        List<DicomDataset> list = [];
        await foreach (DicomDataset dataset in source) list.Add(dataset);
        return list;
    }

    private static X509Certificate2 SelfSigned(string address)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private sealed class Recorder(List<int> seen) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => seen.Add(value.Done);
    }

    /// <summary>Answers every connection with the same bytes and closes.</summary>
    private sealed class FixedAnswer : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public FixedAnswer(byte[] answer)
        {
            listener.Start();
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    using TcpClient client = await listener.AcceptTcpClientAsync();
                    byte[] request = new byte[4096];
                    _ = await client.GetStream().ReadAsync(request);
                    await client.GetStream().WriteAsync(answer);
                }
            });
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Dispose() => listener.Dispose();
    }

    /// <summary>Ends TLS and passes on what is inside.</summary>
    private sealed class TlsGate : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public TlsGate(int port, X509Certificate2 certificate)
        {
            listener.Start();
            _ = Task.Run(async () =>
            {
                while (true) _ = ServeAsync(await listener.AcceptTcpClientAsync(), port, certificate);
            });
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public void Dispose() => listener.Dispose();

        private static async Task ServeAsync(TcpClient client, int port, X509Certificate2 certificate)
        {
            using (client)
            {
                await using SslStream near = new(client.GetStream());
                await near.AuthenticateAsServerAsync(certificate);
                using TcpClient server = new();
                await server.ConnectAsync(IPAddress.Loopback, port);
                await Task.WhenAny(near.CopyToAsync(server.GetStream()), server.GetStream().CopyToAsync(near));
            }
        }
    }

    /// <summary>Stands before a server: reads each request whole and refuses the first ones with 503, then passes connections on.</summary>
    private sealed class FlakyGate : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public FlakyGate(int port, int refusals)
        {
            listener.Start();
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    using TcpClient client = await listener.AcceptTcpClientAsync();
                    NetworkStream near = client.GetStream();
                    if (Refused < refusals)
                    {
                        byte[] piece = new byte[64 * 1024];
                        do { await Task.Delay(50); } while (client.Available > 0 && await near.ReadAsync(piece) > 0);
                        Refused++;
                        await near.WriteAsync("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
                        continue;
                    }

                    using TcpClient server = new();
                    await server.ConnectAsync(IPAddress.Loopback, port);
                    NetworkStream far = server.GetStream();
                    await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
                }
            });
        }

        public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

        public int Refused { get; private set; }

        public void Dispose() => listener.Dispose();
    }
}
