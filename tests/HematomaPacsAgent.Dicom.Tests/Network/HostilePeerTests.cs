using System.Diagnostics;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Peers that break the protocol, the connection, or the patience of the listener.</summary>
public sealed class HostilePeerTests
{
    private static readonly AssociationOptions Impatient = new()
    {
        AssociationTimeout = TimeSpan.FromSeconds(0.3), DimseTimeout = TimeSpan.FromSeconds(0.3), IdleTimeout = TimeSpan.FromSeconds(0.3),
    };

    private static readonly byte[] Dataset = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];

    [Fact]
    public async Task An_HTTP_request_is_aborted_at_once_with_little_memory()
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
        long before = GC.GetTotalAllocatedBytes(precise: true), started = Stopwatch.GetTimestamp();
        await peer.SendAsync("GET / HTTP/1.1\r\nHost: pacs\r\n\r\n"u8.ToArray());
        Assert.Equal(new AAbort(AbortSource.ServiceProvider, AbortReason.UnrecognizedPdu), await peer.ReadAsync());
        Assert.Null(await peer.ReadAsync());
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 8_000_000);
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.Empty(listener.Opened);
    }

    [Theory]
    [InlineData("0100FFFFFFF0")] // A-ASSOCIATE-RQ of 4 GB
    [InlineData("040000000010")] // P-DATA-TF before any association
    [InlineData("0500000000040000000000")]
    public async Task Nonsense_before_an_association_is_aborted(string hex)
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
        await peer.SendAsync(Convert.FromHexString(hex));
        Assert.IsType<AAbort>(await peer.ReadAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("0100000000")]
    [InlineData("01000000010000010000")]
    public async Task A_peer_that_does_not_finish_its_request_is_cut_off(string hex)
    {
        await using RunningListener listener = new(association: Impatient);
        using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
        await peer.SendAsync(Convert.FromHexString(hex));
        Assert.Null(await peer.ReadAsync());
    }

    [Fact]
    public async Task A_peer_that_is_idle_for_too_long_is_aborted()
    {
        await using RunningListener listener = new(association: Impatient);
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        Assert.Equal(new AAbort(AbortSource.ServiceProvider, AbortReason.NotSpecified), await peer.ReadAsync());
        Assert.Contains("silent for 0.3 s", await listener.ClosedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_association_too_many_is_refused_for_now()
    {
        await using RunningListener listener = new(new AcceptancePolicy { MaxAssociations = 1 });
        using RawPeer first = await RawPeer.AssociateAsync(listener.Port);
        using RawPeer second = await RawPeer.ConnectAsync(listener.Port);
        await second.SendAsync(PduWriter.Write(RawPeer.Request));
        Assert.Equal(AAssociateRj.LocalLimitExceeded, await second.ReadAsync());
        await first.SendAsync(PduWriter.Write(new AReleaseRq()));
        Assert.IsType<AReleaseRp>(await first.ReadAsync());
        await listener.ClosedAsync();
        using RawPeer third = await RawPeer.AssociateAsync(listener.Port);
    }

    [Fact]
    public async Task A_message_in_one_PDU_and_one_in_a_thousand_are_the_same()
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        byte[] command = RawPeer.StoreCommand("1.2.1").Write();
        await peer.SendAsync(RawPeer.PData(RawPeer.Pdv(3, true, false, command.AsSpan(0, 10)),
            RawPeer.Pdv(3, true, true, command.AsSpan(10)),
            RawPeer.Pdv(3, false, false, Dataset.AsSpan(0, 1)), RawPeer.Pdv(3, false, false, []),
            RawPeer.Pdv(3, false, false, Dataset.AsSpan(1)), RawPeer.Pdv(3, false, true, [])));
        Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync());

        command = RawPeer.StoreCommand("1.2.2").Write();
        byte[] pieces = [.. command.Select((b, i) => RawPeer.PData(RawPeer.Pdv(3, true, i == command.Length - 1, [b])))
            .Concat(Dataset.Select((b, i) => RawPeer.PData(RawPeer.Pdv(3, false, i == Dataset.Length - 1, [b])))).SelectMany(pdu => pdu)];
        await peer.SendAsync(pieces);
        Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync());
        foreach (string instance in (string[])["1.2.1", "1.2.2"])
            Assert.Equal(Dataset, File.ReadAllBytes(listener.FileOf(instance))[^1000..]);
    }

    [Fact]
    public async Task A_PDU_larger_than_offered_is_aborted()
    {
        await using RunningListener listener = new(association: new AssociationOptions { MaxPduLength = 4096 });
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync(RawPeer.PData(RawPeer.Pdv(3, false, true, new byte[4091])));
        Assert.Equal(new AAbort(AbortSource.ServiceProvider, AbortReason.InvalidPduParameterValue), await peer.ReadAsync());
    }

    public static TheoryData<string, byte[]> BrokenMessages() => new()
    {
        { "a data set without command", RawPeer.PData(RawPeer.Pdv(3, false, true, Dataset)) },
        { "a context that was not accepted", RawPeer.Command(5, new CommandSet(DimseCommand.CEchoRq)) },
        { "a response to nothing", RawPeer.Command(1, new CommandSet(DimseCommand.CEchoRsp)) },
        { "a command that is none", RawPeer.PData(RawPeer.Pdv(1, true, true, Dataset)) },
        { "an endless command", [.. Enumerable.Repeat(RawPeer.PData(RawPeer.Pdv(1, true, false, new byte[10_000])), 7)
            .SelectMany(pdu => pdu)] },
        { "a PDV longer than its PDU", [4, 0, 0, 0, 0, 10, 0, 0, 0, 50, 1, 3, 0, 0, 0, 0] },
        { "stray bytes behind a PDV", [4, 0, 0, 0, 0, 8, 0, 0, 0, 2, 1, 0, 0, 0] },
        { "a second request", PduWriter.Write(RawPeer.Request) },
        { "a command inside a data set", [.. RawPeer.Command(3, RawPeer.StoreCommand("1.2")), .. RawPeer.Echo] },
        { "a release inside a data set", [.. RawPeer.Command(3, RawPeer.StoreCommand("1.2")), .. PduWriter.Write(new AReleaseRq())] },
        { "a release inside a command", [.. RawPeer.PData(RawPeer.Pdv(1, true, false, [0, 0])), .. PduWriter.Write(new AReleaseRq())] },
    };

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public async Task A_broken_message_is_aborted_and_the_listener_lives_on(string what, byte[] bytes)
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync(bytes);
        Assert.Equal(AbortSource.ServiceProvider, Assert.IsType<AAbort>(await peer.ReadAsync()).Source);
        Assert.Contains("broke the protocol", await listener.ClosedAsync(), StringComparison.Ordinal);
        await EchoScu.EchoAsync(listener.Remote, what[..1].ToUpperInvariant(), null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_abort_inside_an_object_reaches_the_handler_and_leaves_no_file_whole()
    {
        await using RunningListener listener = new();
        TaskCompletionSource<Exception> seen = new();
        listener.Handler = async request =>
        {
            seen.SetResult(await Assert.ThrowsAnyAsync<IOException>(() =>
                request.Dataset.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken)));
            return DicomStatus.Success;
        };
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync([.. RawPeer.Command(3, RawPeer.StoreCommand("1.2")), .. RawPeer.PData(RawPeer.Pdv(3, false, false, Dataset)),
            .. PduWriter.Write(new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified))]);
        Assert.Equal(AbortSource.ServiceUser, Assert.IsType<AssociationAbortedException>(await seen.Task).AbortedBy);
        Assert.NotEqual("released", await listener.ClosedAsync());
        Assert.Equal(0, listener.Listener.OpenAssociations);
    }

    [Fact]
    public async Task A_connection_lost_inside_an_object_reaches_the_handler()
    {
        await using RunningListener listener = new();
        TaskCompletionSource<Exception> seen = new();
        listener.Handler = async request =>
        {
            Exception lost = await Assert.ThrowsAnyAsync<IOException>(() =>
                request.Dataset.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
            seen.SetResult(lost);
            throw lost;
        };
        using (RawPeer peer = await RawPeer.AssociateAsync(listener.Port))
            await peer.SendAsync([.. RawPeer.Command(3, RawPeer.StoreCommand("1.2")),
                .. RawPeer.PData(RawPeer.Pdv(3, false, false, Dataset))[..^5]]);
        Assert.IsType<DicomNetworkException>(await seen.Task);
        Assert.Contains("closed", await listener.ClosedAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_throws_costs_the_instance_and_not_the_association()
    {
        await using RunningListener listener = new();
        listener.Handler = request => request.SopInstanceUid.Value == "1.2.1" ? throw new InvalidOperationException("boom")
            : Task.FromResult<DicomStatus?>(request.SopInstanceUid.Value == "1.2.2" ? DicomStatus.OutOfResources : null);
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        foreach ((string instance, DicomStatus expected) in ((string, DicomStatus)[])
            [("1.2.1", DicomStatus.ProcessingFailure), ("1.2.2", DicomStatus.OutOfResources),
                ("../../etc/passwd", DicomStatus.InvalidSopInstance), ("1.2.3", DicomStatus.Success)])
        {
            await peer.SendAsync([.. RawPeer.Command(3, RawPeer.StoreCommand(instance)),
                .. RawPeer.PData(RawPeer.Pdv(3, false, true, Dataset))]);
            Assert.Equal(expected, await peer.ReadStatusAsync());
        }

        await peer.SendAsync(RawPeer.Command(3, new CommandSet(DimseCommand.CFindRq) { MessageId = 9 }));
        Assert.Equal(DicomStatus.UnrecognizedOperation, await peer.ReadStatusAsync());
        await peer.SendAsync(PduWriter.Write(new AReleaseRq()));
        Assert.IsType<AReleaseRp>(await peer.ReadAsync());
        Assert.Equal("1.2.3.dcm", Path.GetFileName(Assert.Single(listener.Files)));
    }

    [Fact]
    public async Task Stopping_lets_a_running_association_finish_and_aborts_one_that_does_not()
    {
        await using RunningListener listener = new(grace: TimeSpan.FromSeconds(1));
        using RawPeer diligent = await RawPeer.AssociateAsync(listener.Port), idle = await RawPeer.AssociateAsync(listener.Port);
        Task stopped = listener.StopAsync();
        await diligent.SendAsync([.. RawPeer.Command(3, RawPeer.StoreCommand("1.2.3")),
            .. RawPeer.PData(RawPeer.Pdv(3, false, true, Dataset))]);
        Assert.Equal(DicomStatus.Success, await diligent.ReadStatusAsync());
        await diligent.SendAsync(PduWriter.Write(new AReleaseRq()));
        Assert.IsType<AReleaseRp>(await diligent.ReadAsync());
        diligent.EndSending();
        Assert.Equal(new AAbort(AbortSource.ServiceProvider, AbortReason.NotSpecified), await idle.ReadAsync());
        await stopped;
        Assert.Equal(["aborted: the listener stopped", "released"], listener.Closed.Order());
    }

    [Fact]
    public async Task Two_thousand_mutated_conversations_leave_the_listener_whole()
    {
        await using RunningListener listener = new(association: Impatient with { MaxPduLength = 4096 });
        byte[] good = [.. PduWriter.Write(RawPeer.Request), .. RawPeer.Echo, .. RawPeer.Command(3, RawPeer.StoreCommand("1.2.3")),
            .. RawPeer.PData(RawPeer.Pdv(3, false, true, Dataset)), .. PduWriter.Write(new AReleaseRq())];
        ParallelOptions eight = new() { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForEachAsync(Enumerable.Range(0, 2000), eight, async (seed, _) =>
        {
            Random random = new(seed);
            byte[] bytes = good[..random.Next(good.Length / 2, good.Length + 1)];
            for (int i = random.Next(1, 7); i > 0; i--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
            try
            {
                await peer.SendAsync(bytes);
                peer.EndSending();
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Aborted already.
            }

            await peer.ReadToEndAsync();
        });
        await Eventually.SeeAsync("all associations are over", TimeSpan.FromSeconds(10), () =>
            Task.FromResult(listener.Listener.OpenAssociations == 0));
        Assert.Equal(listener.Opened.Count, listener.Closed.Count);
        Assert.True(listener.Opened.Count > 200, $"only {listener.Opened.Count} mutants came to an association");
        await EchoScu.EchoAsync(listener.Remote, "AFTER", null, TestContext.Current.CancellationToken);
    }
}
