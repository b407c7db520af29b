using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Our C-ECHO and C-STORE requestors against DCMTK's storescp, Orthanc, our own listener, and peers that misbehave.</summary>
public sealed class RequestorTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string[] Slices(int count) =>
        [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().Take(count)];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("4096")]
    [InlineData("16384")]
    [InlineData("131072")]
    public async Task Storescp_gets_every_byte_whatever_PDU_size_it_asks_for(string maxPdu)
    {
        await using StoreScp scp = await StoreScp.StartAsync(folder.Path, "--bit-preserving", "--max-pdu", maxPdu);
        await EchoScu.EchoAsync(scp.Remote, "HEMATOMA", null, Cancellation);
        string[] slices = Slices(5);
        List<int> steps = [];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(scp.Remote, "HEMATOMA", slices, new Steps(steps), null, Cancellation);
        Assert.All(results, result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(slices, results.Select(result => result.File));
        Assert.Equal([1, 2, 3, 4, 5], steps);
        foreach (string slice in slices)
        {
            OutgoingFile sent = OutgoingFile.Read(slice),
                stored = OutgoingFile.Read(folder["CT." + OutgoingFile.Read(slice).SopInstance.Value]);
            Assert.Equal(File.ReadAllBytes(slice)[(int)sent.Offset!..], File.ReadAllBytes(stored.Path)[(int)stored.Offset!..]);
        }
    }

    [Fact]
    public async Task An_explicit_slice_is_written_implicit_for_a_peer_that_takes_nothing_else()
    {
        await using StoreScp scp = await StoreScp.StartAsync(folder.Path, "--bit-preserving", "--implicit");
        string slice = Slices(1)[0];
        StoreResult result = Assert.Single(await StoreScu.SendAsync(scp.Remote, "HEMATOMA", [slice], null, null, Cancellation));
        Assert.True(result.Stored, result.Reason);
        DicomFile sent = DicomFile.Open(slice), stored = DicomFile.Open(folder["CT." + result.SopInstance!.Value.Value]);
        Assert.Equal(DicomTransferSyntax.ImplicitVRLittleEndian, stored.TransferSyntax);
        Assert.Equal(sent.Dataset.Where(item => !item.Tag.IsGroupLength).Select(item => item.Tag), stored.Dataset.Select(item => item.Tag));
    }

    [Fact]
    public async Task An_implicit_slice_is_written_explicit_for_a_listener_that_takes_nothing_else()
    {
        await using RunningListener listener = new(
            new AcceptancePolicy { TransferSyntaxes = [DicomTransferSyntax.ExplicitVRLittleEndian] });
        string source = SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm_LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2.dcm");
        StoreResult result = Assert.Single(await StoreScu.SendAsync(listener.Remote, "HEMATOMA", [source], null, null, Cancellation));
        Assert.True(result.Stored, result.Reason);
        Assert.Equal(DicomTransferSyntax.ExplicitVRLittleEndian, DicomFile.Open(listener.Files[0]).TransferSyntax);
    }

    [Fact]
    public async Task Orthanc_takes_slices_and_a_compressed_one_and_refuses_a_title_that_is_not_its_own()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        RemoteAe remote = new(OrthancPacs.AeTitle, "127.0.0.1", pacs.DicomPort);
        string jpegLs = SharedFiles.Data("ct-transfer-syntaxes/CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm");
        await EchoScu.EchoAsync(remote, "HEMATOMA", null, Cancellation);
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(remote, "HEMATOMA", [.. Slices(5), jpegLs], null, null, Cancellation);
        Assert.All(results, result => Assert.True(result.Stored, result.Reason));
        byte[] stored = await pacs.DownloadAsync(results[^1].SopInstance!.Value.Value);
        Assert.True(stored.AsSpan().EndsWith(File.ReadAllBytes(jpegLs).AsSpan()[^2000..]));
        AssociationRejectedException refused = await Assert.ThrowsAsync<AssociationRejectedException>(
            () => EchoScu.EchoAsync(new RemoteAe("NOTME", "127.0.0.1", pacs.DicomPort), "HEMATOMA", null, Cancellation));
        Assert.True(refused.IsPermanent);
        Assert.Equal($"NOTME@127.0.0.1:{pacs.DicomPort} refused the association: called AE title NOTME not recognized"
            + " — check the AE title configured for this peer", refused.Message);
    }

    [Fact]
    public async Task An_unknown_calling_title_is_told_what_to_ask_the_PACS_admin()
    {
        await using RunningListener listener = new(new AcceptancePolicy { Peers = [new AllowedPeer("KNOWN")] });
        AssociationRejectedException refused = await Assert.ThrowsAsync<AssociationRejectedException>(() =>
            EchoScu.EchoAsync(listener.Remote, "HEMATOMA", null, Cancellation));
        Assert.Equal((RejectResult.Permanent, RejectSource.ServiceUser, (byte)3), (refused.Result, refused.RejectedBy, refused.Reason));
        Assert.EndsWith("calling AE title HEMATOMA not recognized — ask the PACS admin to add it with this machine's address",
            refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_with_more_contexts_than_an_association_holds_go_over_several()
    {
        await using RunningListener listener = new();
        string[] files = [.. StorageSopClasses.All.Take(150).Select((sopClass, i) => Write(sopClass, $"1.2.826.{i + 1}"))];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(listener.Remote, "HEMATOMA", files, null, null, Cancellation);
        Assert.All(results, result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(3, listener.Opened.Count);
        Assert.Equal(150, listener.Files.Length);
    }

    [Fact]
    public async Task A_file_that_is_no_DICOM_or_not_taken_or_refused_does_not_stop_the_others()
    {
        await using RunningListener listener = new();
        listener.Handler = request => Task.FromResult<DicomStatus?>(request.SopInstanceUid.Value == "1.2.3" ?
            DicomStatus.OutOfResources : null);
        File.WriteAllText(folder["text.dcm"], new string('x', 1000));
        string[] files = [folder["text.dcm"], folder["absent.dcm"], Write(DicomUID.CTImageStorage, "1.2.3"),
            Write(new DicomUID("1.2.3.4"), "1.2.4"), Write(DicomUID.CTImageStorage, "1.2.5")];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(listener.Remote, "HEMATOMA", files, null, null, Cancellation);
        Assert.Equal([false, false, false, false, true], results.Select(result => result.Stored));
        Assert.Equal([null, null, DicomStatus.OutOfResources, DicomStatus.SopClassNotSupported, DicomStatus.Success],
            results.Select(result => result.Status));
        Assert.Contains("not a DICOM file", results[0].Reason, StringComparison.Ordinal);
        Assert.EndsWith("0xA700 refused: out of resources", results[2].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_peer_that_aborts_inside_a_transfer_leaves_each_file_with_a_reason()
    {
        using TcpListener server = Server(out RemoteAe remote);
        Task serving = ServeAsync(server, async peer =>
        {
            Assert.IsType<CommandSet>(await peer.ReadAsync());
            Assert.Equal(PduType.PDataTf, (await peer.ReadBytesAsync())?.Type);
            await peer.SendAsync(RawPeer.Command(1, RawPeer.StoreCommand("1.2.1", messageId: 1).Respond(DicomStatus.Success)));
            Assert.IsType<CommandSet>(await peer.ReadAsync());
            await peer.SendAsync(PduWriter.Write(new AAbort(AbortSource.ServiceUser, AbortReason.NotSpecified)));
            await peer.ReadToEndAsync();
        });
        string[] files = [Write(DicomUID.CTImageStorage, "1.2.1"), Write(DicomUID.CTImageStorage, "1.2.2"),
            Write(DicomUID.CTImageStorage, "1.2.3")];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(remote, "HEMATOMA", files, null, null, Cancellation);
        await serving;
        Assert.Equal([true, false, false], results.Select(result => result.Stored));
        Assert.Contains("aborted the association", results[1].Reason, StringComparison.Ordinal);
        Assert.Contains("aborted the association", results[2].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0u, 131072)]
    [InlineData(uint.MaxValue, 131072)]
    [InlineData(20_000u, 20_000)]
    [InlineData(77u, 76)]
    public async Task No_PDU_is_larger_than_the_peer_takes_nor_than_128_KiB(uint taken, int largest)
    {
        using TcpListener server = Server(out RemoteAe remote);
        List<int> lengths = [];
        Task serving = ServeAsync(server, async peer =>
        {
            for (bool isLast = false; !isLast;)
            {
                byte[] body = (await peer.ReadBytesAsync())!.Value.Body;
                lengths.Add(body.Length);
                isLast = body[5] == 2;
            }

            await peer.SendAsync(RawPeer.Command(1, RawPeer.StoreCommand("1.2.1", messageId: 1).Respond(DicomStatus.Success)));
            Assert.IsType<AReleaseRq>(await peer.ReadAsync());
            await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
        }, taken);
        StoreResult result = Assert.Single(await StoreScu.SendAsync(remote, "HEMATOMA", [Slices(1)[0]], null, null, Cancellation));
        await serving;
        Assert.True(result.Stored, result.Reason);
        Assert.Equal(largest, lengths.Max());
    }

    [Fact]
    public async Task Both_sides_asking_for_release_at_once_ends_in_order()
    {
        using TcpListener server = Server(out RemoteAe remote);
        Task serving = ServeAsync(server, async peer =>
        {
            Assert.IsType<AReleaseRq>(await peer.ReadAsync());
            await peer.SendAsync(PduWriter.Write(new AReleaseRq()));
            Assert.IsType<AReleaseRp>(await peer.ReadAsync());
            await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
            Assert.Null(await peer.ReadAsync());
        });
        await using (ScuAssociation association = await ScuAssociation.OpenAsync(remote, "HEMATOMA", Echo, null, null, Cancellation))
            await association.ReleaseAsync(Cancellation);
        await serving;
    }

    [Fact]
    public async Task A_silent_peer_a_closed_port_and_a_web_server_are_told_apart()
    {
        AssociationOptions impatient = new() { AssociationTimeout = TimeSpan.FromSeconds(0.3) };
        using (TcpListener server = Server(out RemoteAe remote))
        {
            DicomNetworkException silent = await Assert.ThrowsAsync<DicomNetworkException>(() =>
                EchoScu.EchoAsync(remote, "HEMATOMA", impatient, Cancellation));
            Assert.Contains("silent for 0.3 s", silent.Message, StringComparison.Ordinal);
            Socket accepted = await server.AcceptSocketAsync(Cancellation);
            accepted.Dispose();
            Task<Socket> next = server.AcceptSocketAsync(Cancellation).AsTask();
            Task<AssociationAbortedException> web = Assert.ThrowsAsync<AssociationAbortedException>(() =>
                EchoScu.EchoAsync(remote, "HEMATOMA", null, Cancellation));
            using RawPeer peer = new(await next);
            await peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray());
            await peer.ReadToEndAsync();
            Assert.Contains("speaks no DICOM", (await web).Message, StringComparison.Ordinal);
        }

        DicomNetworkException closed = await Assert.ThrowsAsync<DicomNetworkException>(
            () => EchoScu.EchoAsync(new RemoteAe("PACS", "127.0.0.1", Loopback.FreePort()), "HEMATOMA", null, Cancellation));
        Assert.Contains("cannot be reached", closed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_a_transfer_aborts_it_at_once()
    {
        await using RunningListener listener = new();
        using CancellationTokenSource cancel = new();
        TaskCompletionSource begun = new(), release = new();
        listener.Handler = async _ =>
        {
            begun.SetResult();
            await release.Task;
            return null;
        };
        Task<IReadOnlyList<StoreResult>> sending = StoreScu.SendAsync(listener.Remote, "HEMATOMA",
            [Write(DicomUID.CTImageStorage, "1.2.1")], null, null, cancel.Token);
        await begun.Task.WaitAsync(Cancellation);
        await cancel.CancelAsync();
        long started = Stopwatch.GetTimestamp();
        Task stopped = Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        release.SetResult();
        await stopped;
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    [Theory]
    [InlineData("PACS@10.0.0.5:104", "PACS", "10.0.0.5", 104)]
    [InlineData("A B@[::1]:11112", "A B", "::1", 11112)]
    public void A_remote_AE_is_read_and_written(string text, string aeTitle, string host, int port)
    {
        RemoteAe remote = RemoteAe.Parse(text);
        Assert.Equal((aeTitle, host, port, text), (remote.AeTitle, remote.Host, remote.Port, remote.ToString()));
    }

    [Theory]
    [InlineData("PACS")]
    [InlineData("PACS@host")]
    [InlineData("@host:104")]
    [InlineData("PACS@:104")]
    [InlineData("PACS@host:0")]
    [InlineData("PACS@host:70000")]
    [InlineData("SEVENTEEN_LETTERS@host:104")]
    public void A_text_that_is_no_remote_AE_is_refused_with_an_explanation(string text) =>
        Assert.Contains(text, Assert.Throws<FormatException>(() => RemoteAe.Parse(text)).Message, StringComparison.Ordinal);

    private static ProposedContext[] Echo => [new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian])];

    private string Write(DicomUID sopClass, string instance)
    {
        DicomDataset dataset = new DicomDataset().AddOrUpdate(DicomTag.SOPClassUID, sopClass).AddOrUpdate(DicomTag.SOPInstanceUID,
            instance);
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder[instance + ".in.dcm"]);
        return folder[instance + ".in.dcm"];
    }

    private static TcpListener Server(out RemoteAe remote)
    {
        TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        remote = new RemoteAe("SERVER", "127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port);
        return server;
    }

    /// <summary>Accepts one association with whatever is proposed, then does as told.</summary>
    private static async Task ServeAsync(TcpListener server, Func<RawPeer, Task> converse, uint maxPduLength = 16384)
    {
        using RawPeer peer = new(await server.AcceptSocketAsync(Cancellation));
        AAssociateRq request = Assert.IsType<AAssociateRq>(await peer.ReadAsync());
        await peer.SendAsync(PduWriter.Write(new AAssociateAc(request.CalledAeTitle, request.CallingAeTitle,
            [.. request.Contexts.Select(context =>
                new PresentationContextResult(context.Id, ContextResult.Acceptance, context.TransferSyntaxes[0]))],
                    new UserItems { MaxPduLength = maxPduLength })));
        await converse(peer);
    }

    private sealed class Steps(List<int> seen) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => seen.Add(value.Done);
    }
}
