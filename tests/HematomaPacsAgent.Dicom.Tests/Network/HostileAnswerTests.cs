using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Servers that answer our queries, retrievals and requests for storage commitment with mutated bytes; and requestors of storage
/// commitment that send such.</summary>
public sealed class HostileAnswerTests
{
    private const int Mutants = 300;

    private static readonly AssociationOptions Impatient = new()
    {
        AssociationTimeout = TimeSpan.FromSeconds(1), DimseTimeout = TimeSpan.FromSeconds(1), IdleTimeout = TimeSpan.FromSeconds(1),
        MaxPduLength = 16384,
    };

    private static readonly InstanceReference Instance = new(DicomUID.CTImageStorage, new DicomUID("1.2.3"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Mutated_matches_end_a_query_with_a_clear_exception() => FuzzAsync(Find(), async remote =>
    {
        await foreach (DicomDataset _ in FindScu.FindAsync(remote, "HEMATOMA", DicomQuery.Study(new DicomUID("1.2")), 3, Impatient,
            Cancellation))
        {
        }
    });

    [Fact]
    public async Task Mutated_instances_and_counts_end_a_retrieval_with_a_clear_exception()
    {
        await using RunningListener store = new();
        await FuzzAsync(Get(), remote => GetScu.GetAsync(remote, "HEMATOMA", DicomQuery.Study(new DicomUID("1.2")),
            [DicomUID.CTImageStorage], null, store, null, Impatient, Cancellation));
        Assert.Equal(store.Opened.Count, store.Closed.Count);
    }

    [Fact]
    public Task Mutated_reports_end_a_request_for_storage_commitment_with_a_clear_exception() => FuzzAsync(Commit(), remote =>
        StorageCommitmentScu.RequestAsync(remote, "HEMATOMA", [Instance], TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(50),
            null, Impatient, null, Cancellation));

    [Fact]
    public async Task Mutated_requests_for_storage_commitment_leave_the_listener_whole()
    {
        StorageCommitmentService service = new((_, _) => ValueTask.FromResult(DicomStatus.Success), _ => null);
        await using RunningListener listener = new(association: Impatient, commitment: service, reports: new StorageCommitmentInbox());
        AAssociateRq request = RawPeer.Request with
        {
            Contexts = [.. RawPeer.Request.Contexts,
                new(5, StorageCommitment.SopClass.Value, [DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value])],
            User = RawPeer.Request.User with { Roles = [new(StorageCommitment.SopClass.Value, true, true)] },
        };
        byte[] good = [.. PduWriter.Write(request), .. Action(), .. Report(5), .. RawPeer.Echo, .. PduWriter.Write(new AReleaseRq())];
        int associated = PduWriter.Write(request).Length;
        ParallelOptions four = new() { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation };
        await Parallel.ForEachAsync(Enumerable.Range(0, Mutants), four, async (seed, _) =>
        {
            using RawPeer peer = await RawPeer.ConnectAsync(listener.Port);
            try
            {
                // The request for the association stays whole: others have mutated that.
                await peer.SendAsync([.. good.AsSpan(0, associated), .. Fuzz.Mutate(good[associated..], new Random(seed))]);
                peer.EndSending();
            }
            catch (SocketException)
            {
                // Aborted already.
            }

            await peer.ReadToEndAsync();
        });
        await Eventually.SeeAsync("all associations are over", TimeSpan.FromSeconds(20), () =>
            Task.FromResult(listener.Listener.OpenAssociations == 0));
        Assert.Equal((Mutants, Mutants), (listener.Opened.Count, listener.Closed.Count));
        await EchoScu.EchoAsync(listener.Remote, "AFTER", null, Cancellation);
    }

    [Fact]
    public async Task A_match_without_end_is_aborted_instead_of_held_in_memory()
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        CommandSet request = new(DimseCommand.CFindRq) { MessageId = 1, AffectedSopClassUid = "1.2.840.10008.5.1.4.1.2.2.1" };
        byte[] piece = RawPeer.PData(RawPeer.Pdv(1, false, false, new byte[16_000]));
        Task serving = ServeAsync(server, [.. RawPeer.Command(1, Pending(request)),
            .. Enumerable.Repeat(piece, MessageDataset.Longest / 16_000 + 2).SelectMany(bytes => bytes)]);
        AssociationAbortedException aborted = await Assert.ThrowsAsync<AssociationAbortedException>(async () =>
        {
            await foreach (DicomDataset _ in FindScu.FindAsync(
                new RemoteAe("SERVER", "127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port), "HEMATOMA",
                DicomQuery.Study(new DicomUID("1.2")), null, Impatient, Cancellation))
                Assert.Fail("it has no end");
        });
        await serving;
        Assert.Contains($"of more than {MessageDataset.Longest} bytes", aborted.Message, StringComparison.Ordinal);
    }

    private static async Task FuzzAsync(byte[] good, Func<RemoteAe, Task> ask)
    {
        using TcpListener server = new(IPAddress.Loopback, 0);
        server.Start();
        RemoteAe remote = new("SERVER", "127.0.0.1", ((IPEndPoint)server.LocalEndpoint).Port);
        int answered = 0;
        for (int seed = 0; seed < Mutants; seed++)
        {
            Task serving = ServeAsync(server, Fuzz.Mutate(good, new Random(seed)));
            try
            {
                await ask(remote).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
                answered++;
            }
            catch (Exception e) when (e is DicomNetworkException or DicomFormatException)
            {
                // An answer like any other.
            }

            await serving.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        }

        Assert.True(answered > 0, "no mutant came through: the unmutated answer must be wrong");
    }

    /// <summary>Accepts an association, waits for the first message, and says what it was given to say.</summary>
    private static async Task ServeAsync(TcpListener server, byte[] answer)
    {
        using RawPeer peer = new(await server.AcceptSocketAsync(Cancellation));
        AAssociateRq request = (AAssociateRq)(await peer.ReadAsync())!;
        await peer.SendAsync(PduWriter.Write(new AAssociateAc(request.CalledAeTitle, request.CallingAeTitle,
            [.. request.Contexts.Select(c => new PresentationContextResult(c.Id, ContextResult.Acceptance,
                DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value))], new UserItems { MaxPduLength = 16384 })));
        await peer.ReadBytesAsync();
        await peer.ReadBytesAsync();
        try
        {
            await peer.SendAsync(answer);
            await peer.SendAsync(PduWriter.Write(new AReleaseRp()));
            peer.EndSending();
        }
        catch (SocketException)
        {
            // Aborted already.
        }

        await peer.ReadToEndAsync();
    }

    private static byte[] Find()
    {
        CommandSet request = new(DimseCommand.CFindRq) { MessageId = 1, AffectedSopClassUid = "1.2.840.10008.5.1.4.1.2.2.1" };
        byte[] match = Message(1, Pending(request), new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, "1.2")
            .AddOrUpdate(DicomTag.ReferencedSOPSequence, Instance.ToDataset()));
        return [.. match, .. match, .. RawPeer.Command(1, request.Respond(DicomStatus.Success))];
    }

    private static byte[] Get()
    {
        CommandSet request = new(DimseCommand.CGetRq) { MessageId = 1, AffectedSopClassUid = "1.2.840.10008.5.1.4.1.2.2.3" };
        byte[] pending = RawPeer.Command(1, request.Respond(DicomStatus.Pending));
        byte[] store = [.. RawPeer.Command(3, RawPeer.StoreCommand("1.2.3")), .. RawPeer.PData(RawPeer.Pdv(3, false, true, new byte[200]))];
        return [.. store, .. pending, .. store, .. RawPeer.Command(1, request.Respond(DicomStatus.Success))];
    }

    private static byte[] Commit()
    {
        CommandSet request = new(DimseCommand.NActionRq)
        {
            MessageId = 1, RequestedSopClassUid = StorageCommitment.SopClass.Value,
            RequestedSopInstanceUid = StorageCommitment.Instance.Value,
        };
        return [.. RawPeer.Command(1, request.Respond(DicomStatus.Success)), .. Report(1)];
    }

    private static byte[] Action() => Message(5, new CommandSet(DimseCommand.NActionRq)
    {
        MessageId = 1, RequestedSopClassUid = StorageCommitment.SopClass.Value, ActionTypeId = 1, HasDataset = true,
        RequestedSopInstanceUid = StorageCommitment.Instance.Value,
    }, StorageCommitment.WriteRequest(new DicomUID("1.2.9"), [Instance, Instance]));

    private static byte[] Report(byte context) => Message(context, new CommandSet(DimseCommand.NEventReportRq)
    {
        MessageId = 9, AffectedSopClassUid = StorageCommitment.SopClass.Value, EventTypeId = 2, HasDataset = true,
        AffectedSopInstanceUid = StorageCommitment.Instance.Value,
    }, StorageCommitment.WriteResult(new(new DicomUID("1.2.9"), [Instance], [new(Instance, DicomStatus.NoSuchSopInstance)])));

    private static CommandSet Pending(CommandSet request) => new(request.Command | DimseCommand.Response)
    {
        MessageIdBeingRespondedTo = request.MessageId, Status = DicomStatus.Pending, HasDataset = true,
    };

    private static byte[] Message(byte context, CommandSet command, DicomDataset dataset) => [.. RawPeer.Command(context, command),
        .. RawPeer.PData(RawPeer.Pdv(context, false, true, MessageDataset.Write(dataset, DicomTransferSyntax.ImplicitVRLittleEndian)))];
}
