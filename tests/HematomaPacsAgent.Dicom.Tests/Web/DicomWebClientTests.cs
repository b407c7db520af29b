using System.Diagnostics;
using System.Net;
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
        Assert.All(await client.StoreAsync(files[..3], null, Stop), result =>
            Assert.True(result.Stored, "stored a second time: " + result.Reason));

        List<DicomDataset> studies =
            await ListAsync(client.SearchAsync(QueryLevel.Study, new DicomDataset().AddOrUpdate(DicomTag.PatientID, "WEB-1"),
                [DicomTag.StudyDescription], cancellation: Stop));
        Assert.Equal(Study.Value, Assert.Single(studies).GetString(DicomTag.StudyInstanceUID));
        DicomDataset inSeries = new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, Study)
            .AddOrUpdate(DicomTag.SeriesInstanceUID, Series);
        List<DicomDataset> instances = await ListAsync(client.SearchAsync(QueryLevel.Image, inSeries, pageSize: 25, cancellation: Stop));
        Assert.Equal(60, instances.Select(found => found.GetString(DicomTag.SOPInstanceUID)).Distinct().Count());
        Assert.Empty(await ListAsync(client.SearchAsync(QueryLevel.Study, new DicomDataset().AddOrUpdate(DicomTag.PatientID, "NOBODY"),
            cancellation: Stop)));

        IReadOnlyList<DicomDataset> metadata = await client.RetrieveMetadataAsync(Study, Series, null, Stop);
        Assert.Equal(60, metadata.Count);
        Assert.All(metadata, dataset => Assert.Equal("Müller^Jürgen", dataset.GetString(DicomTag.PatientName)));

        Dictionary<string, byte[]> sent =
            files.ToDictionary(file => DicomFile.Open(file).Dataset.GetString(DicomTag.SOPInstanceUID), Dataset);
        int back = await client.RetrieveAsync(Study, null, null, null, async (stream, cancellation) =>
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
        using DicomWebClient trusting = new(new DicomWebOptions(address) { Authorities = Pem(own) });
        Assert.True((await trusting.StoreAsync(files, null, Stop))[0].Stored);
        foreach (DicomWebOptions options in (DicomWebOptions[])
            [new DicomWebOptions(address), new DicomWebOptions(address) { Authorities = Pem(foreign) }])
        {
            using DicomWebClient doubting = new(options);
            long started = Stopwatch.GetTimestamp();
            DicomWebException refusal = await Assert.ThrowsAsync<DicomWebException>(() => doubting.StoreAsync(files, null, Stop));
            Assert.Contains("--ca", refusal.Message, StringComparison.Ordinal);
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), "mistrust is not tried again");
        }
    }

    [Fact]
    public async Task A_server_that_wants_our_certificate_gets_it()
    {
        using X509Certificate2 server = SelfSigned("127.0.0.1"), ours = SelfSigned("127.0.0.1");
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using TlsGate gate = new(pacs.HttpPort, server, callersThumbprint: ours.Thumbprint);
        DicomWebOptions options = new(new Uri($"https://127.0.0.1:{gate.Port}/dicom-web")) { Authorities = Pem(server), Retries = 0 };
        File.WriteAllText(folder["key.pem"], ours.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        string[] files = Write(1);
        using DicomWebClient known =
            new(options with { Identity = new CertificateFiles { Certificate = Pem(ours), Key = folder["key.pem"] } });
        Assert.True((await known.StoreAsync(files, null, Stop))[0].Stored);
        using DicomWebClient stranger = new(options);
        await Assert.ThrowsAsync<DicomWebException>(() => stranger.StoreAsync(files, null, Stop));
    }

    [Fact]
    public async Task Instances_come_in_the_syntax_asked_for()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using DicomWebClient client = new(new DicomWebOptions(pacs.DicomWeb));
        Assert.True((await client.StoreAsync(Write(1), null, Stop))[0].Stored);
        int count = await client.RetrieveAsync(Study, null, null, DicomTransferSyntax.ImplicitVRLittleEndian, async (stream, stop) =>
        {
            await using (FileStream file = File.Create(folder["implicit.dcm"])) await stream.CopyToAsync(file, stop);
            Assert.Equal(DicomTransferSyntax.ImplicitVRLittleEndian, DicomFile.Open(folder["implicit.dcm"]).TransferSyntax);
        }, Stop);
        Assert.Equal(1, count);
    }

    [Fact]
    public async Task A_server_that_is_busy_for_a_moment_is_asked_again_with_the_whole_request()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using FlakyGate gate = new(pacs.HttpPort, refusals: 2);
        using DicomWebClient client =
            new(new DicomWebOptions(new Uri($"http://127.0.0.1:{gate.Port}/dicom-web")) { RetryDelay = TimeSpan.FromMilliseconds(20) });
        Assert.All(await client.StoreAsync(Write(5), null, Stop), result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(2, gate.Refused);
    }

    [Fact]
    public async Task A_server_that_is_away_or_no_DICOMweb_server_is_named_with_what_to_check()
    {
        using DicomWebClient nobody =
            new(new DicomWebOptions(new Uri($"http://127.0.0.1:{Loopback.FreePort()}/dicom-web")) { Retries = 0 });
        DicomWebException away = await Assert.ThrowsAsync<DicomWebException>(() => ListAsync(nobody.SearchAsync(QueryLevel.Study,
            new DicomDataset().AddOrUpdate(DicomTag.PatientID, "SECRET-7"), cancellation: Stop)));
        Assert.Contains("check address, firewall, and that it runs", away.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET-7", away.ToString(), StringComparison.Ordinal);
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        using DicomWebClient wrong = new(new DicomWebOptions(new Uri($"http://127.0.0.1:{pacs.HttpPort}/no-such-service")) { Retries = 0 });
        Assert.Contains("often https://host/dicom-web",
            (await Assert.ThrowsAsync<DicomWebException>(() => wrong.StoreAsync(Write(1), null, Stop))).Message, StringComparison.Ordinal);
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
        using ScriptedServer server = new(_ => answer);
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        DicomWebException refusal =
            await Assert.ThrowsAsync<DicomWebException>(() =>
                client.RetrieveAsync(Study, null, null, null, (stream, stop) => stream.CopyToAsync(Stream.Null, stop), Stop));
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Part_headers_without_end_are_refused_with_little_memory()
    {
        const string start = "HTTP/1.1 200 OK\r\nContent-Type: multipart/related; boundary=b\r\nConnection: close\r\n\r\n--b\r\nX: ";
        using ScriptedServer server = new(_ => start + new string('x', 1 << 20));
        using DicomWebClient client = new(new DicomWebOptions(server.Address) { Retries = 0 });
        await Assert.ThrowsAsync<DicomWebException>(() =>
            client.RetrieveAsync(Study, null, null, null, (stream, stop) => stream.CopyToAsync(Stream.Null, stop), Stop));
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
        new DicomFile(new DicomDataset().AddOrUpdate(DicomTag.SpecificCharacterSet, "ISO_IR 192")
            .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID,
                DicomUID.Derive("web test", number.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            .AddOrUpdate(DicomTag.Modality, "CT")
            .AddOrUpdate(DicomTag.PatientName, "Müller^Jürgen").AddOrUpdate(DicomTag.PatientID, "WEB-1")
                .AddOrUpdate(DicomTag.StudyInstanceUID, Study)
            .AddOrUpdate(DicomTag.SeriesInstanceUID, Series).AddOrUpdate(DicomTag.InstanceNumber, number)
                .AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[pixels]),
            DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
        return path;
    })];

    private string Pem(X509Certificate2 certificate)
    {
        string path = folder[$"{certificate.Thumbprint}.pem"];
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }

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
}
