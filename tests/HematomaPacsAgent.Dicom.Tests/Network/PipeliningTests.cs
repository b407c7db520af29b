using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Requests sent ahead of the responses to those before, in both roles.</summary>
public sealed class PipeliningTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Requests_sent_ahead_are_answered_in_their_order()
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync([.. Enumerable.Range(1, 20).SelectMany(i => (byte[])
            [.. RawPeer.Command(3, RawPeer.StoreCommand($"1.2.{i}", (ushort)i)),
                .. RawPeer.PData(RawPeer.Pdv(3, false, true, new byte[i]))]),
            .. RawPeer.Echo]);
        for (int i = 1; i <= 20; i++)
        {
            CommandSet response = Assert.IsType<CommandSet>(await peer.ReadAsync());
            Assert.Equal((DimseCommand.CStoreRsp, i, DicomStatus.Success),
                (response.Command, response.MessageIdBeingRespondedTo, response.Status));
        }

        Assert.Equal(DimseCommand.CEchoRsp, Assert.IsType<CommandSet>(await peer.ReadAsync()).Command);
        Assert.Equal(20, listener.Files.Length);
    }

    [Fact]
    public async Task Two_messages_in_one_PDU_are_two_messages()
    {
        await using RunningListener listener = new();
        using RawPeer peer = await RawPeer.AssociateAsync(listener.Port);
        await peer.SendAsync(RawPeer.PData(RawPeer.Pdv(3, true, true, RawPeer.StoreCommand("1.2.1").Write()),
            RawPeer.Pdv(3, false, true, new byte[10]), RawPeer.Pdv(3, true, true, RawPeer.StoreCommand("1.2.2").Write()),
            RawPeer.Pdv(3, false, true, new byte[10]), RawPeer.Pdv(1, true, true,
                new CommandSet(DimseCommand.CEchoRq) { MessageId = 3 }.Write())));
        for (int i = 0; i < 3; i++) Assert.Equal(DicomStatus.Success, await peer.ReadStatusAsync());
        Assert.Equal(2, listener.Files.Length);
    }

    [Fact]
    public async Task As_many_files_go_ahead_as_the_peer_grants_and_its_responses_may_come_in_any_order()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        const int granted = 3;
        Task serving = Task.Run(async () =>
        {
            using RawPeer peer = new(await server.AcceptSocketAsync(Cancellation));
            AAssociateRq request = Assert.IsType<AAssociateRq>(await peer.ReadAsync());
            Assert.Equal(((ushort)5, (ushort)1), request.User.AsynchronousWindow);
            await peer.SendAsync(PduWriter.Write(new AAssociateAc(request.CalledAeTitle, request.CallingAeTitle,
                [.. request.Contexts.Select(context =>
                    new PresentationContextResult(context.Id, ContextResult.Acceptance, context.TransferSyntaxes[0]))],
                new UserItems { MaxPduLength = 16384, AsynchronousWindow = (granted, 1) })));
            // All of them are read before the first is answered: a requestor that waited in between would wait for ever.
            for (int round = 0; round < 2; round++)
            {
                List<CommandSet> requests = [];
                for (int i = 0; i < granted; i++)
                {
                    requests.Add(Assert.IsType<CommandSet>(await peer.ReadAsync()));
                    Assert.Equal(PduType.PDataTf, (await peer.ReadBytesAsync())?.Type);
                }

                requests.Reverse();
                foreach (CommandSet store in requests)
                    await peer.SendAsync(RawPeer.Command(1, store.Respond(store.AffectedSopInstanceUid == "1.2.2"
                        ? DicomStatus.OutOfResources : DicomStatus.Success)));
            }

            Assert.IsType<AReleaseRq>(await peer.ReadAsync());
            await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
        }, Cancellation);
        RemoteAe remote = new("SERVER", "127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port);
        string[] files = [.. Enumerable.Range(1, 2 * granted).Select(i => Write($"1.2.{i}"))];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(remote, "HEMATOMA", files, null,
            new AssociationOptions { MaxOperationsInvoked = 5 }, Cancellation);
        await serving;
        Assert.Equal([true, false, true, true, true, true], results.Select(result => result.Stored));
        Assert.Equal(files, results.Select(result => result.File));
    }

    [Fact]
    public async Task Our_own_listener_grants_what_is_asked_for()
    {
        await using RunningListener listener = new();
        string[] files = [.. Enumerable.Range(1, 50).Select(i => Write($"1.2.{i}"))];
        IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(listener.Remote, "HEMATOMA", files, null,
            new AssociationOptions { MaxOperationsInvoked = 8 }, Cancellation);
        Assert.All(results, result => Assert.True(result.Stored, result.Reason));
        Assert.Equal(50, listener.Files.Length);
    }

    private string Write(string instance)
    {
        DicomDataset dataset = new DicomDataset().AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, instance);
        new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(folder[instance + ".dcm"]);
        return folder[instance + ".dcm"];
    }
}
