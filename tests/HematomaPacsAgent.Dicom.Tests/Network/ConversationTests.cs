using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>What a well-behaved but unusual peer may do: collide on release, cancel nothing, ask for services that are not here.</summary>
public sealed class ConversationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_acceptor_that_asks_for_release_at_the_same_time_as_its_peer_ends_in_order()
    {
        (AssociationChannel acceptor, RawPeer peer) = await AcceptAsync();
        Task releasing = acceptor.ReleaseAsync();
        Assert.IsType<AReleaseRq>(await peer.ReadAsync());
        await peer.SendAsync(PduWriter.Write(new AReleaseRq()));
        // The requestor confirms first (Sta9), then the acceptor (Sta12): PS3.8 §7.2.2.7.
        await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
        Assert.IsType<AReleaseRp>(await peer.ReadAsync());
        peer.Dispose();
        await releasing;
        Assert.Equal(UpperLayerState.Sta1, acceptor.State);
        await acceptor.DisposeAsync();
    }

    [Fact]
    public async Task Two_of_our_own_sides_that_collide_on_release_both_end_in_order()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        Task<ScuAssociation> opening = ScuAssociation.OpenAsync(
            new RemoteAe("SERVER", "127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port), "HEMATOMA",
            [new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian])], null, null, Cancellation);
        await using AssociationChannel acceptor = Channel(await server.AcceptSocketAsync(Cancellation));
        await AcceptAsync(acceptor);
        await using ScuAssociation requestor = await opening;
        // Each sends its A-RELEASE-RQ before it reads, so that they always cross.
        await Task.WhenAll(requestor.ReleaseAsync(Cancellation), acceptor.ReleaseAsync()).WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal(UpperLayerState.Sta1, acceptor.State);
        Assert.False(requestor.IsOpen);
    }

    [Fact]
    public async Task Data_that_crosses_our_release_request_is_read_away()
    {
        (AssociationChannel acceptor, RawPeer peer) = await AcceptAsync();
        Task releasing = acceptor.ReleaseAsync();
        await peer.SendAsync(RawPeer.Echo);
        Assert.IsType<AReleaseRq>(await peer.ReadAsync());
        await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
        await releasing;
        Assert.Null(await peer.ReadAsync());
        peer.Dispose();
        await acceptor.DisposeAsync();
    }

    [Fact]
    public async Task A_cancel_of_what_is_over_is_passed_over()
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        CommandSet cancel = new(DimseCommand.CCancelRq) { MessageIdBeingRespondedTo = 3 };
        await peer.SendAsync([.. RawPeer.Command(RawPeer.CtContext, cancel), .. RawPeer.Echo]);
        Assert.Equal(DimseCommand.CEchoRsp, Assert.IsType<CommandSet>(await peer.ReadAsync()).Command);
    }

    [Theory]
    [InlineData(DimseCode.NEventReport, true)]
    [InlineData(DimseCode.NGet, false)]
    [InlineData(DimseCode.NSet, false)]
    [InlineData(DimseCode.NAction, false)]
    [InlineData(DimseCode.NCreate, true)]
    [InlineData(DimseCode.NDelete, false)]
    [InlineData(DimseCode.CFind, true)]
    [InlineData(DimseCode.CMove, true)]
    [InlineData(DimseCode.CGet, true)]
    public async Task A_service_that_is_not_here_is_answered_and_the_association_lives_on(DimseCode code, bool affected)
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        foreach ((string sopClass, DicomStatus expected) in ((string, DicomStatus)[])
            [(DicomUID.CTImageStorage.Value, DicomStatus.UnrecognizedOperation), ("1.2.3.4", DicomStatus.SopClassNotSupported)])
        {
            DimseCommand command = (DimseCommand)code;
            CommandSet request = affected
                ? new(command) { MessageId = 5, AffectedSopClassUid = sopClass, AffectedSopInstanceUid = "1.2", HasDataset = true }
                : new(command) { MessageId = 5, RequestedSopClassUid = sopClass, RequestedSopInstanceUid = "1.2", HasDataset = true };
            await peer.SendAsync([.. RawPeer.Command(RawPeer.CtContext, request),
                .. RawPeer.PData(RawPeer.Pdv(RawPeer.CtContext, false, true, new byte[100]))]);
            CommandSet response = Assert.IsType<CommandSet>(await peer.ReadAsync());
            Assert.Equal((request.Command | DimseCommand.Response, expected, 5, sopClass, "1.2"), (response.Command, response.Status,
                response.MessageIdBeingRespondedTo, response.AffectedSopClassUid, response.AffectedSopInstanceUid));
        }

        await peer.SendAsync(RawPeer.Echo);
        Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync());
    }

    /// <summary>Command fields of requests, PS3.7 table E.1-1.</summary>
    public enum DimseCode
    {
        CGet = 0x0010, CFind = 0x0020, CMove = 0x0021, NEventReport = 0x0100, NGet = 0x0110, NSet = 0x0120, NAction = 0x0130,
        NCreate = 0x0140, NDelete = 0x0150,
    }

    private static AssociationChannel Channel(Socket socket) => new(
        new PduConnection(socket, new NetworkStream(socket, ownsSocket: true), 16384, awaitsResponses: false), isRequestor: false, "peer",
        new AssociationOptions(), TimeProvider.System, CancellationToken.None);

    private static async Task AcceptAsync(AssociationChannel acceptor)
    {
        AAssociateRq request = Assert.IsType<AAssociateRq>(await acceptor.ReceiveAsync(TimeSpan.FromSeconds(10)));
        await acceptor.SendAsync(UpperLayerEvent.AcceptRequested, PduWriter.Write(new AAssociateAc("A", "B",
            [.. request.Contexts.Select(c => new PresentationContextResult(c.Id, ContextResult.Acceptance, c.TransferSyntaxes[0]))],
            new UserItems { MaxPduLength = 16384 })));
    }

    private static async Task<(AssociationChannel, RawPeer)> AcceptAsync()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        RawPeer peer = await RawPeer.ConnectAsync(((IPEndPoint)server.LocalEndpoint).Port);
        AssociationChannel acceptor = Channel(await server.AcceptSocketAsync(Cancellation));
        await peer.SendAsync(PduWriter.Write(RawPeer.Request));
        await AcceptAsync(acceptor);
        Assert.IsType<AAssociateAc>(await peer.ReadAsync());
        return (acceptor, peer);
    }
}
