using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Who is let in, how many, and how slow they may be.</summary>
public sealed class AdmissionTests
{
    private readonly LogLines log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CT1", "10.0.0.7", true)]
    [InlineData("CT1", "10.0.1.7", false)]
    [InlineData("ct1", "10.0.0.7", false)]
    [InlineData("PACS", "2001:db8::5", true)]
    [InlineData("PACS", "2001:db8::6", false)]
    [InlineData("NAMED", "127.0.0.1", true)]
    [InlineData("NAMED", "127.0.0.2", false)]
    [InlineData("ROAMING", "192.168.3.4", true)]
    [InlineData("STRANGER", "10.0.0.7", false)]
    public async Task A_caller_needs_its_title_and_its_host_in_the_list(string title, string from, bool served)
    {
        Admission admission = new(new AcceptancePolicy
        {
            Peers = [new("CT1", ["10.0.0.0/24"]), new("PACS", ["10.1.0.1", "2001:db8::5"]), new("NAMED", ["localhost"]), new("ROAMING")],
        });
        AdmissionRefusal? refusal = await admission.TryEnterAsync(title, IPAddress.Parse(from), Cancellation);
        Assert.Equal(served, refusal is null);
        Assert.Equal(served ? 1 : 0, admission.Associations);
        if (refusal is not null) Assert.Equal(AAssociateRj.CallingAeNotRecognized, refusal.Rejection);
    }

    [Theory]
    [InlineData("10.0.0.300")]
    [InlineData("10.0.0.0/33")]
    [InlineData("a b")]
    [InlineData("")]
    public void A_host_that_is_none_is_named(string host) =>
        Assert.Contains($"'{host}'", Assert.Throws<ArgumentException>(() => new AllowedPeer("CT1", [host])).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_refusal_of_a_stranger_is_what_to_add()
    {
        await using RunningListener listener = new(new AcceptancePolicy { Peers = [new("CT1", ["10.0.0.0/24"])] }, logger: log);
        foreach (string title in (string[])["CT1", "CT2"])
            await Assert.ThrowsAsync<AssociationRejectedException>(() => EchoScu.EchoAsync(listener.Remote, title, null, Cancellation));
        string[] refusals = log.Of(1003);
        Assert.Contains("add \"127.0.0.1\" to the Hosts of \"CT1\" in Dicom:Peers", refusals[0], StringComparison.Ordinal);
        Assert.Contains("add { \"AeTitle\": \"CT2\", \"Hosts\": [\"127.0.0.1\"] } to Dicom:Peers", refusals[1], StringComparison.Ordinal);
        Assert.Empty(listener.Opened);
        await TlsTests.NothingLeftAsync(listener);
    }

    [Fact]
    public async Task Limits_hold_for_each_title_each_host_and_in_all_and_leave_room_when_someone_leaves()
    {
        Admission admission = new(new AcceptancePolicy { Peers = [new("A", null, 1), new("*")], MaxAssociationsPerHost = 2, MaxAssociations = 3 });
        IPAddress one = IPAddress.Parse("10.0.0.1"), two = IPAddress.Parse("10.0.0.2");
        Assert.Null(await admission.TryEnterAsync("A", one, Cancellation));
        Assert.Contains("A has 1", (await admission.TryEnterAsync("A", two, Cancellation))!.Why, StringComparison.Ordinal);
        Assert.Null(await admission.TryEnterAsync("B", one, Cancellation));
        Assert.Contains("10.0.0.1 has 2", (await admission.TryEnterAsync("B", one, Cancellation))!.Why, StringComparison.Ordinal);
        Assert.Null(await admission.TryEnterAsync("B", two, Cancellation));
        AdmissionRefusal full = (await admission.TryEnterAsync("B", two, Cancellation))!;
        Assert.Equal(AAssociateRj.LocalLimitExceeded, full.Rejection);
        admission.Leave("A", one);
        Assert.Null(await admission.TryEnterAsync("A", two, Cancellation));
    }

    [Fact]
    public async Task A_thousand_silent_connections_of_one_host_cost_little_and_keep_no_other_out()
    {
        await using RunningListener listener = new(logger: log);
        List<Socket> idle = [];
        try
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 1000; i++)
            {
                Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await socket.ConnectAsync(IPAddress.Loopback, listener.Port, Cancellation);
            }

            await EchoScu.EchoAsync(listener.Remote, "OTHER", null, Cancellation);
            Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 20_000_000);
            Assert.InRange(listener.Listener.OpenConnections, 80, 81);
            Assert.Contains("127.0.0.2 has 80 connections", log.Of(1064)[0], StringComparison.Ordinal);
        }
        finally
        {
            foreach (Socket socket in idle) socket.Dispose();
        }

        await TlsTests.NothingLeftAsync(listener);
    }

    [Fact]
    public async Task A_thousand_idle_associations_cost_little_and_keep_no_other_out()
    {
        await using RunningListener listener = new(new AcceptancePolicy { MaxAssociations = 1001, MaxAssociationsPerHost = 1001 });
        List<RawPeer> idle = [];
        try
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            for (int i = 0; i < 1000; i++) idle.Add(await RawPeer.AssociateAsync(listener.Port));
            await EchoScu.EchoAsync(listener.Remote, "OTHER", null, Cancellation);
            Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 64 << 20);
            Assert.InRange(listener.Listener.OpenAssociations, 1000, 1001);
        }
        finally
        {
            foreach (RawPeer peer in idle) peer.Dispose();
        }

        await TlsTests.NothingLeftAsync(listener);
    }

    [Fact]
    public async Task A_port_scanner_leaves_nothing_behind()
    {
        await using RunningListener listener = new();
        for (int i = 0; i < 500; i++) (await RawPeer.ConnectAsync(listener.Port)).Dispose();
        await TlsTests.NothingLeftAsync(listener);
        await EchoScu.EchoAsync(listener.Remote, "AFTER", null, Cancellation);
    }

    [Fact]
    public async Task A_byte_now_and_then_does_not_hold_an_association_for_ever()
    {
        AssociationOptions strict = new() { MinBytesPerSecond = 1000, RateWindow = TimeSpan.FromSeconds(1) };
        await using RunningListener listener = new(association: strict);
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync(RawPeer.Command(RawPeer.CtContext, RawPeer.StoreCommand("1.2.3")));
        long started = Stopwatch.GetTimestamp();
        byte[] trickle = RawPeer.PData(RawPeer.Pdv(RawPeer.CtContext, false, false, new byte[1]));
        while (listener.Closed.IsEmpty && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(20))
        {
            try
            {
                await peer.SendAsync(trickle);
            }
            catch (SocketException)
            {
                break;
            }

            await Task.Delay(50, Cancellation);
        }

        Assert.Contains("less than 1000 bytes a second", await listener.ClosedAsync(), StringComparison.Ordinal);
        await TlsTests.NothingLeftAsync(listener);
    }

    [Fact]
    public async Task Silence_between_messages_is_no_slow_sending()
    {
        AssociationOptions strict = new() { MinBytesPerSecond = 1_000_000, RateWindow = TimeSpan.FromSeconds(0.2) };
        await using RunningListener listener = new(association: strict);
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        for (int i = 0; i < 3; i++)
        {
            await peer.SendAsync(RawPeer.Echo);
            Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync());
            await Task.Delay(400, Cancellation);
        }
    }
}
