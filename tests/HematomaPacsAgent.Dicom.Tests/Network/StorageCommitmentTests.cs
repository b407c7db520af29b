using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Storage commitment in both roles: with Orthanc, with ourselves, and with peers that send nonsense.</summary>
public sealed class StorageCommitmentTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(20), Hold = TimeSpan.FromSeconds(5);

    private static readonly InstanceReference Kept = new(DicomUID.CTImageStorage, new DicomUID("1.2.1")),
        Lost = new(DicomUID.CTImageStorage, new DicomUID("1.2.2")), Broken = new(DicomUID.CTImageStorage, new DicomUID("1.2.3"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orthanc_commits_what_it_has_and_says_what_it_has_not()
    {
        StorageCommitmentInbox inbox = new();
        await using RunningListener listener = new(reports: inbox);
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await pacs.AddModalityAsync("HEMATOMA", listener.Port);
        RemoteAe remote = new(OrthancPacs.AeTitle, "127.0.0.1", pacs.DicomPort);
        string[] slices = [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().Take(3)];
        IReadOnlyList<StoreResult> sent = await StoreScu.SendAsync(remote, "HEMATOMA", slices, null, null, Cancellation);
        InstanceReference[] stored = [.. sent.Select(result => new InstanceReference(DicomUID.CTImageStorage, result.SopInstance!.Value))];

        CommitmentResult? all = await StorageCommitmentScu.RequestAsync(remote, "HEMATOMA", stored, Wait, Hold, inbox, null, null,
            Cancellation);
        Assert.NotNull(all);
        Assert.Equal(stored.ToHashSet(), all.Committed.ToHashSet());
        Assert.Empty(all.Failed);
        Assert.Empty(all.Unanswered(stored));

        CommitmentResult? some = await StorageCommitmentScu.RequestAsync(remote, "HEMATOMA", [stored[0], Lost], Wait, Hold, inbox, null,
            null, Cancellation);
        Assert.NotNull(some);
        Assert.Equal([stored[0]], some.Committed);
        CommitmentFailure failure = Assert.Single(some.Failed);
        Assert.Equal((Lost, DicomStatus.NoSuchSopInstance), (failure.Instance, failure.Reason));
        Assert.Equal("the peer does not have it; send it again", failure.Why);
        Assert.NotEqual(all.TransactionUid, some.TransactionUid);
    }

    [Fact]
    public async Task Orthanc_asks_us_and_gets_the_report_over_another_association()
    {
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        RemoteAe orthanc = new(OrthancPacs.AeTitle, "127.0.0.1", pacs.DicomPort);
        await using RunningListener listener = new(commitment: Service(orthanc));
        await pacs.AddModalityAsync("HEMATOMA", listener.Port);
        IReadOnlyDictionary<string, int> verdicts = await pacs.RequestCommitmentAsync("HEMATOMA", Pair(Kept), Pair(Lost), Pair(Broken));
        Assert.Equal(new Dictionary<string, int> { ["1.2.1"] = 0, ["1.2.2"] = 0x0112, ["1.2.3"] = 0x0110 }, verdicts);
        Assert.Equal(new Dictionary<string, int> { ["1.2.1"] = 0 }, await pacs.RequestCommitmentAsync("HEMATOMA", Pair(Kept)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_report_comes_over_the_same_association_or_over_a_new_one(bool overNewOne)
    {
        StorageCommitmentInbox inbox = new();
        await using RunningListener requestor = new(reports: inbox);
        await using RunningListener archive = new(commitment: Service(overNewOne ? requestor.Remote : null));
        CommitmentResult? result = await StorageCommitmentScu.RequestAsync(archive.Remote, "HEMATOMA", [Kept, Lost, Broken], Wait, Hold,
            overNewOne ? inbox : null, null, null, Cancellation);
        Assert.NotNull(result);
        Assert.Equal([Kept], result.Committed);
        Assert.Equal([(Lost, 0x0112), (Broken, 0x0110)], result.Failed.Select(failure => (failure.Instance, (int)failure.Reason.Code)));
        Assert.Equal(overNewOne ? 1 : 0, requestor.Opened.Count);
        Assert.Equal("released", await archive.ClosedAsync());
    }

    [Fact]
    public async Task A_report_that_does_not_come_is_waited_for_no_longer_than_told()
    {
        StorageCommitmentInbox inbox = new();
        // Reports go to an address where nobody listens.
        await using RunningListener archive = new(commitment: Service(new RemoteAe("HEMATOMA", "127.0.0.1", Loopback.FreePort())));
        Assert.Null(await StorageCommitmentScu.RequestAsync(archive.Remote, "HEMATOMA", [Kept], TimeSpan.FromSeconds(0.5),
            TimeSpan.FromSeconds(0.2), inbox, null, null, Cancellation));
        Assert.Equal("released", await archive.ClosedAsync());
    }

    [Fact]
    public async Task A_requestor_without_address_that_releases_at_once_still_ends_in_order()
    {
        await using RunningListener archive = new(commitment: Service(null));
        using RawPeer peer = await RawPeer.ConnectAsync(archive.Port);
        await peer.SendAsync(PduWriter.Write(RawPeer.Request with
        {
            Contexts = [new(1, StorageCommitment.SopClass.Value, [DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value])],
        }));
        Assert.IsType<AAssociateAc>(await peer.ReadAsync());
        CommandSet request = new(DimseCommand.NActionRq)
        {
            MessageId = 1, RequestedSopClassUid = StorageCommitment.SopClass.Value, ActionTypeId = 1, HasDataset = true,
            RequestedSopInstanceUid = StorageCommitment.Instance.Value,
        };
        byte[] dataset = MessageDataset.Write(StorageCommitment.WriteRequest(new DicomUID("1.2.9"), [Kept]),
            DicomTransferSyntax.ImplicitVRLittleEndian);
        await peer.SendAsync([.. RawPeer.Command(1, request), .. RawPeer.PData(RawPeer.Pdv(1, false, true, dataset)),
            .. PduWriter.Write(new AReleaseRq())]);
        Assert.Equal(DimseCommand.NActionRsp, Assert.IsType<CommandSet>(await peer.ReadAsync()).Command);
        CommandSet report = Assert.IsType<CommandSet>(await peer.ReadAsync());
        Assert.Equal((DimseCommand.NEventReportRq, StorageCommitment.AllCommitted), (report.Command, report.EventTypeId));
        Assert.Equal(PduType.PDataTf, (await peer.ReadBytesAsync())?.Type);
        Assert.IsType<AReleaseRp>(await peer.ReadAsync());
        peer.EndSending();
        Assert.Equal("released", await archive.ClosedAsync());
    }

    [Fact]
    public async Task A_listener_without_the_service_refuses_the_SOP_class()
    {
        await using RunningListener listener = new();
        DicomNetworkException refused = await Assert.ThrowsAsync<DicomNetworkException>(() => StorageCommitmentScu.RequestAsync(
            listener.Remote, "HEMATOMA", [Kept], Wait, Hold, null, null, null, Cancellation));
        Assert.Contains("does not accept Storage Commitment Push Model", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_of_a_transaction_that_nobody_knows_is_answered_with_a_failure_unless_someone_takes_it()
    {
        List<CommitmentResult> taken = [];
        foreach ((StorageCommitmentInbox inbox, DicomStatus expected) in ((StorageCommitmentInbox, DicomStatus)[])
            [(new(), DicomStatus.InvalidArgumentValue), (new(result => { taken.Add(result); return true; }), DicomStatus.Success)])
        {
            await using RunningListener listener = new(reports: inbox);
            await using ScuAssociation association = await ScuAssociation.OpenAsync(listener.Remote, "ARCHIVE",
                [DicomQuery.Context(StorageCommitment.SopClass) with { AsScp = true }], null, null, Cancellation);
            AcceptedContext context = association.ContextOf(StorageCommitment.SopClass);
            CommandSet report = new(DimseCommand.NEventReportRq)
            {
                MessageId = 1, AffectedSopClassUid = StorageCommitment.SopClass.Value, EventTypeId = 1, HasDataset = true,
                AffectedSopInstanceUid = StorageCommitment.Instance.Value,
            };
            byte[] dataset = MessageDataset.Write(StorageCommitment.WriteResult(new(new DicomUID("1.2.9"), [Kept], [])),
                context.TransferSyntax);
            Assert.Equal(expected, (await association.ExchangeAsync(context, report, dataset, Cancellation)).Status);
            await association.ReleaseAsync(Cancellation);
        }

        Assert.Equal("1.2.9", Assert.Single(taken).TransactionUid.Value);
    }

    public static TheoryData<string, int> BrokenRequests() => new()
    {
        { "no data set", 0x0115 },
        { "no transaction", 0x0115 },
        { "no instance", 0x0115 },
        { "no data set at all", 0x0115 },
        { "other action", 0x0123 },
        { "other instance", 0x0112 },
        { "other class", 0x0118 },
    };

    [Theory]
    [MemberData(nameof(BrokenRequests))]
    public async Task A_broken_request_is_answered_with_its_fault_and_the_association_lives_on(string what, int expected)
    {
        await using RunningListener listener = new(commitment: Service(null));
        await using ScuAssociation association = await ScuAssociation.OpenAsync(listener.Remote, "BROKEN",
            [DicomQuery.Context(StorageCommitment.SopClass), new(DicomUID.Verification, [DicomTransferSyntax.ImplicitVRLittleEndian])],
            null, null, Cancellation);
        AcceptedContext context = association.ContextOf(StorageCommitment.SopClass);
        DicomDataset good = StorageCommitment.WriteRequest(new DicomUID("1.2.9"), [Kept]);
        if (what == "no transaction") good.Remove(DicomTag.TransactionUID);
        if (what == "no instance") good.Remove(DicomTag.ReferencedSOPSequence);
        byte[]? dataset = what switch
        {
            "no data set" => null,
            "no data set at all" => [1, 2, 3, 4, 5],
            _ => MessageDataset.Write(good, context.TransferSyntax),
        };
        CommandSet request = new(DimseCommand.NActionRq)
        {
            MessageId = 1,
            RequestedSopClassUid = what == "other class" ? "1.2.3" : StorageCommitment.SopClass.Value,
            RequestedSopInstanceUid = what == "other instance" ? "1.2.3" : StorageCommitment.Instance.Value,
            ActionTypeId = what == "other action" ? (ushort)2 : (ushort)1,
            HasDataset = dataset is not null,
        };
        CommandSet response = await association.ExchangeAsync(context, request, dataset, Cancellation);
        Assert.Equal((expected, request.ActionTypeId), (response.Status.Code, response.ActionTypeId));
        Assert.True((await association.EchoAsync(Cancellation)).IsSuccess);
        await association.ReleaseAsync(Cancellation);
    }

    [Fact]
    public async Task A_transaction_UID_in_use_fails_with_its_own_reason()
    {
        TaskCompletionSource begun = new(), go = new();
        StorageCommitmentService service = new(async (_, _) =>
        {
            begun.TrySetResult();
            await go.Task;
            return DicomStatus.Success;
        }, _ => null);
        DicomUID transaction = new("1.2.9");
        Task<CommitmentResult> first = service.CheckAsync(transaction, [Kept], NullLogger.Instance, Cancellation);
        await begun.Task;
        CommitmentResult second = await service.CheckAsync(transaction, [Kept], NullLogger.Instance, Cancellation);
        go.SetResult();
        Assert.Equal([Kept], (await first).Committed);
        Assert.Equal("the transaction UID is in use at the peer; ask again with a new one", Assert.Single(second.Failed).Why);
    }

    [Fact]
    public void A_result_survives_writing_and_reading_and_tells_what_it_leaves_out()
    {
        CommitmentResult result = new(new DicomUID("1.2.9"), [Kept], [new(Lost, DicomStatus.ResourceLimitation)]);
        CommitmentResult read = StorageCommitment.ReadResult(StorageCommitment.WriteResult(result));
        Assert.Equal((result.TransactionUid, Kept, result.Failed[0]), (read.TransactionUid, read.Committed[0], read.Failed[0]));
        Assert.Equal([Broken], read.Unanswered([Kept, Lost, Broken]));
    }

    private static (string, string) Pair(InstanceReference instance) => (instance.SopClassUid.Value, instance.SopInstanceUid.Value);

    private static StorageCommitmentService Service(RemoteAe? requestor) => new(
        (instance, _) => instance == Broken ? throw new IOException("disk gone")
            : ValueTask.FromResult(instance == Kept ? DicomStatus.Success : DicomStatus.NoSuchSopInstance),
        aeTitle => requestor?.AeTitle == aeTitle ? requestor : null);
}
