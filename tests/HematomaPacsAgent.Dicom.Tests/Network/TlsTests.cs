using System.Net;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>TLS with DCMTK on the other side, and between our own two sides where a fault is wanted.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TestCertificates known = new(), strange = new("Another authority");
    private readonly LogLines log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("required", true, true)]
    [InlineData("required", false, false)]
    [InlineData("optional", false, true)]
    [InlineData("none", true, true)]
    public async Task Echoscu_over_TLS_is_served_if_its_certificate_is_what_is_asked(string asked, bool shows, bool served)
    {
        await using RunningListener listener = Listener(Enum.Parse<ClientCertificate>(asked, ignoreCase: true));
        CertificateFiles own = known.Issue("client");
        string[] identity = shows ? ["+tls", own.Key!, own.Certificate] : ["+tla"];
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("echoscu", "dcmtk"),
            ["-v", "-to", "10", .. identity, "+cf", known.Authority, "127.0.0.1", $"{listener.Listener.LocalTlsEndPoint!.Port}"], Cancellation);
        Assert.True(served == (exitCode == 0), output + string.Join('\n', log.Lines));
        if (!served) await SeeAsync(1065, "showed no certificate");
    }

    [Fact]
    public async Task Storescu_sends_over_TLS_what_it_sends_without()
    {
        await using RunningListener listener = Listener(ClientCertificate.Required);
        CertificateFiles own = known.Issue("client");
        string file = "/usr/lib/python3/dist-packages/pydicom/data/test_files/CT_small.dcm";
        if (!File.Exists(file)) Assert.Skip("pydicom's files not installed: apt-get install python3-pydicom");
        var (exitCode, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"),
            ["-v", "+tls", own.Key!, own.Certificate, "+cf", known.Authority, "127.0.0.1", $"{listener.Listener.LocalTlsEndPoint!.Port}", file],
            Cancellation);
        Assert.True(exitCode == 0, output);
        byte[] kept = File.ReadAllBytes(Assert.Single(listener.Files)), sent = File.ReadAllBytes(file);
        Assert.Equal(DicomFile.Open(file).Dataset.GetString(DicomTag.SOPInstanceUID),
            DicomFile.Open(listener.Files[0]).Dataset.GetString(DicomTag.SOPInstanceUID));
        Assert.True(kept.AsSpan().IndexOf(sent.AsSpan(sent.Length / 2, 10_000)) > 0); // pixels
    }

    [Fact]
    public async Task Storescp_over_TLS_takes_what_we_send_and_is_refused_without_trust()
    {
        using TemporaryFolder received = new();
        CertificateFiles server = known.Issue("server");
        string file = "/usr/lib/python3/dist-packages/pydicom/data/test_files/CT_small.dcm";
        if (!File.Exists(file)) Assert.Skip("pydicom's files not installed: apt-get install python3-pydicom");
        await using StoreScp scp = await StoreScp.StartAsync(received.Path, "+tls", server.Key!, server.Certificate, "+cf", known.Authority);
        RemoteAe trusting = scp.Remote with { Tls = new TlsClientOptions { Authorities = known.Authority, Identity = known.Issue("client") } };
        StoreResult result = Assert.Single(await StoreScu.SendAsync(trusting, "HEMATOMA", [file], null, null, Cancellation));
        Assert.True(result.Stored, result.Reason);
        Assert.Single(Directory.GetFiles(received.Path));
        Assert.Contains("is not trusted: add its authority CN=Test authority to " + strange.Authority,
            await FaultAsync(scp.Remote, new TlsClientOptions { Authorities = strange.Authority }), StringComparison.Ordinal);
        Assert.Contains("client certificate", await FaultAsync(scp.Remote, new TlsClientOptions { Authorities = known.Authority }),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_fault_of_a_servers_certificate_has_its_own_words()
    {
        TlsClientOptions trusting = new() { Authorities = known.Authority };
        await using (RunningListener other = Listener(ClientCertificate.None, known.Issue("server", "pacs.example")))
        {
            Assert.Contains("is for host pacs.example, not 127.0.0.1", await FaultAsync(Tls(other), trusting), StringComparison.Ordinal);
            await EchoScu.EchoAsync(Tls(other) with { Tls = trusting with { ExpectedHost = "pacs.example" } }, "US", null, Cancellation);
        }

        await using (RunningListener expired = Listener(ClientCertificate.None, known.Issue("server", days: -10)))
        {
            Assert.Contains($"expired on {TimeProvider.System.GetLocalNow().AddDays(-10):yyyy-MM-dd}", await FaultAsync(Tls(expired), trusting),
                StringComparison.Ordinal);
            Assert.Contains("days from now", Assert.Single(log.Of(1063)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_fault_of_a_callers_certificate_has_its_own_words()
    {
        await using RunningListener listener = Listener(ClientCertificate.Required, names: ["ct1.example"]);
        TlsClientOptions trusting = new() { Authorities = known.Authority };
        await EchoScu.EchoAsync(Tls(listener) with { Tls = trusting with { Identity = known.Issue("ct1", "ct1.example") } }, "US", null,
            Cancellation);
        Assert.Contains("wants a client certificate", await FaultAsync(Tls(listener), trusting), StringComparison.Ordinal);
        await FaultAsync(Tls(listener), trusting with { Identity = known.Issue("ct2", "ct2.example") });
        await SeeAsync(1065, "is for ct2.example, which is not allowed; if it should be, add it to Dicom:Tls:ClientNames");
        await FaultAsync(Tls(listener), trusting with { Identity = known.Issue("ct1", "ct1.example", days: -10) });
        await SeeAsync(1065, "the caller's certificate CN=ct1.example expired on");
        await FaultAsync(Tls(listener), trusting with { Identity = strange.Issue("ct1", "ct1.example") });
        await SeeAsync(1065, "is not trusted: add its authority CN=Another authority");
        Assert.Empty(listener.Closed.Skip(1));
    }

    [Fact]
    public async Task TLS_below_1_2_and_suites_without_forward_secrecy_are_refused()
    {
        await using RunningListener listener = Listener(ClientCertificate.None);
        string openssl = Programs.Find("openssl", "openssl"), to = $"127.0.0.1:{listener.Listener.LocalTlsEndPoint!.Port}";
        foreach ((string[] options, bool agreed) in ((string[], bool)[])
            [(["-tls1_1", "-cipher", "ALL@SECLEVEL=0"], false), (["-tls1_2", "-cipher", "AES128-GCM-SHA256"], false),
                (["-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA"], false), (["-tls1_2"], true), (["-tls1_3"], true)])
        {
            var (_, output) = await Programs.RunAsync("/bin/sh",
                ["-c", "exec timeout 20 \"$0\" s_client -connect \"$@\" < /dev/null", openssl, to, .. options], Cancellation);
            Assert.True(agreed == output.Contains("Server certificate", StringComparison.Ordinal), string.Join(' ', options) + output);
        }

        await EchoScu.EchoAsync(Tls(listener) with { Tls = new TlsClientOptions { Authorities = known.Authority } }, "US", null, Cancellation);
    }

    [Fact]
    public async Task A_new_certificate_is_shown_to_the_next_caller_and_a_broken_one_to_none()
    {
        CertificateFiles server = known.Issue("server");
        await using RunningListener listener = Listener(ClientCertificate.None, server);
        RemoteAe remote = Tls(listener) with { Tls = new TlsClientOptions { Authorities = known.Authority } };
        ProposedContext verification = new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian]);
        await using ScuAssociation open = await ScuAssociation.OpenAsync(remote, "US", [verification], null, null, Cancellation);

        known.Issue("server", "renewed.example");
        Assert.Contains("is for host renewed.example", await FaultAsync(remote, remote.Tls!), StringComparison.Ordinal);
        await File.WriteAllTextAsync(server.Certificate, "no certificate", Cancellation);
        Assert.Contains("is for host renewed.example", await FaultAsync(remote, remote.Tls!), StringComparison.Ordinal);
        Assert.Contains("the old one stays in use", Assert.Single(log.Of(1062)), StringComparison.Ordinal);
        known.Issue("server");
        await EchoScu.EchoAsync(remote, "US", null, Cancellation);
        Assert.Equal(DicomStatus.Success, await open.EchoAsync(Cancellation));
        await open.ReleaseAsync(Cancellation);
    }

    [Fact]
    public async Task Plain_DICOM_to_the_TLS_port_and_TLS_to_the_plain_port_are_told_apart()
    {
        await using RunningListener listener = Listener(ClientCertificate.None);
        RemoteAe encrypted = Tls(listener);
        await Assert.ThrowsAnyAsync<DicomNetworkException>(() => EchoScu.EchoAsync(encrypted, "US", null, Cancellation));
        await SeeAsync(1065, "the other side does not speak TLS");
        Assert.Contains("does not speak TLS", await FaultAsync(listener.Remote, new TlsClientOptions { Authorities = known.Authority }),
            StringComparison.Ordinal);
        await SeeAsync(1005, "TLS came to the port without TLS");
        await EchoScu.EchoAsync(listener.Remote, "US", null, Cancellation);
        await NothingLeftAsync(listener);
    }

    [Fact]
    public async Task A_half_open_handshake_is_cut_off_and_keeps_nobody_waiting()
    {
        await using RunningListener listener = Listener(ClientCertificate.None, handshake: TimeSpan.FromSeconds(1));
        using RawPeer silent = await RawPeer.ConnectAsync(Tls(listener).Port), half = await RawPeer.ConnectAsync(Tls(listener).Port);
        await half.SendAsync([0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC]);
        await EchoScu.EchoAsync(Tls(listener) with { Tls = new TlsClientOptions { Authorities = known.Authority } }, "US", null, Cancellation);
        await silent.ReadToEndAsync();
        await half.ReadToEndAsync();
        await SeeAsync(1065, "not done within 1 s");
        await NothingLeftAsync(listener);
    }

    [Fact]
    public void A_certificate_that_cannot_be_read_stops_the_start_and_is_named()
    {
        DicomNetworkException missing = Assert.Throws<DicomNetworkException>(() =>
            TlsIdentity.Load(new CertificateFiles { Certificate = "/nowhere/agent.pem" }));
        Assert.Contains("the certificate /nowhere/agent.pem cannot be used", missing.Message, StringComparison.Ordinal);
        CertificateFiles one = known.Issue("one"), two = known.Issue("two");
        Assert.Contains(two.Key!, Assert.Throws<DicomNetworkException>(() => TlsIdentity.Load(one with { Key = two.Key })).Message,
            StringComparison.Ordinal);
    }

    public void Dispose()
    {
        known.Dispose();
        strange.Dispose();
    }

    internal static Task NothingLeftAsync(RunningListener listener) => Eventually.SeeAsync("no connection is left", TimeSpan.FromSeconds(20),
        () => Task.FromResult(listener.Listener is { OpenConnections: 0, OpenAssociations: 0 }));

    private static RemoteAe Tls(RunningListener listener) => new("HEMATOMA", "127.0.0.1", listener.Listener.LocalTlsEndPoint!.Port);

    private static async Task<string> FaultAsync(RemoteAe remote, TlsClientOptions tls) => (await Assert.ThrowsAnyAsync<DicomNetworkException>(
        () => EchoScu.EchoAsync(remote with { Tls = tls }, "HEMATOMA", null, Cancellation))).Message;

    private Task SeeAsync(int id, string words) => Eventually.SeeAsync(words, TimeSpan.FromSeconds(10),
        () => Task.FromResult(log.Of(id).Any(line => line.Contains(words, StringComparison.Ordinal))), () => string.Join('\n', log.Lines));

    private RunningListener Listener(ClientCertificate asked, CertificateFiles? identity = null, string[]? names = null,
        TimeSpan? handshake = null) => new(logger: log, tls: new TlsListenerOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Identity = identity ?? known.Issue("server"),
            ClientCertificate = asked,
            ClientAuthorities = known.Authority,
            ClientNames = names ?? [],
            HandshakeTimeout = handshake ?? TimeSpan.FromSeconds(10),
        });
}
