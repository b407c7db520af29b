using HematomaPacsAgent.Dicom.Objects;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Storage commitment as it is served over one association: requests taken, looked at, and reported on.</summary>
/// <remarks>PS3.4 §J.3.2, §J.3.3</remarks>
/// <param name="service">What is kept.</param>
/// <param name="options">For associations of our own.</param>
/// <param name="peer">The requestor.</param>
/// <param name="channel">The association that it opened.</param>
/// <param name="logger">For what becomes of each request.</param>
internal sealed class StorageCommitmentProvider(StorageCommitmentService service, AssociationOptions options, AssociationPeer peer,
    DimseChannel channel, ILogger logger)
{
    /// <summary>Before the second and the third attempt to reach a requestor that is away.</summary>
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    private readonly Dictionary<ushort, DicomUID> awaitingResponse = [];
    private readonly List<Task> reports = [];
    private ushort lastMessageId;

    /// <summary>Answers an N-ACTION-RQ and reports: over an association of our own where the requestor's address is known, else
    /// here.</summary>
    public async Task ActAsync(DimseMessage message, CancellationToken stopping)
    {
        (DicomStatus status, DicomUID transaction, IReadOnlyList<InstanceReference> instances) = await ReadAsync(message);
        await channel.SendAsync(message.Context, message.Command.Respond(status));
        if (!status.IsSuccess) return;
        Log.CommitmentRequested(logger, peer.Number, peer.CallingAeTitle, transaction.Value, instances.Count);
        CommitmentResult result = await service.CheckAsync(transaction, instances, logger, stopping);
        if (service.AddressOf(peer.CallingAeTitle) is { } requestor) reports.Add(ReportAsync(requestor, result, stopping));
        else await ReportHereAsync(message.Context, result, stopping);
    }

    /// <summary>Whether a response answers one of our reports over this association.</summary>
    public bool Takes(CommandSet response)
    {
        if (response.Command != DimseCommand.NEventReportRsp
            || !awaitingResponse.Remove(response.MessageIdBeingRespondedTo, out DicomUID transaction))
            return false;
        Log.CommitmentReported(logger, transaction.Value, peer.ToString(), response.Status);
        return true;
    }

    /// <summary>The association is over: waits for the reports that go elsewhere.</summary>
    public async Task FinishAsync()
    {
        foreach (DicomUID transaction in awaitingResponse.Values)
            Log.CommitmentUndelivered(logger, transaction.Value, peer.CallingAeTitle,
                "it left without taking the report; name its address, so that it can be reported to over another association");
        await Task.WhenAll(reports);
    }

    private async Task<(DicomStatus, DicomUID, IReadOnlyList<InstanceReference>)> ReadAsync(DimseMessage message)
    {
        CommandSet command = message.Command;
        try
        {
            DicomDataset? dataset = command.HasDataset
                ? await MessageDataset.ReadAsync(channel, message.Context, $"N-ACTION of {peer}") : null;
            if (command.RequestedSopClassUid != StorageCommitment.SopClass.Value) return (DicomStatus.NoSuchSopClass, default, []);
            if (command.RequestedSopInstanceUid != StorageCommitment.Instance.Value) return (DicomStatus.NoSuchSopInstance, default, []);
            if (command.ActionTypeId != StorageCommitment.RequestAction) return (DicomStatus.NoSuchActionType, default, []);
            (DicomUID transaction, IReadOnlyList<InstanceReference> instances) =
                StorageCommitment.ReadRequest(dataset ?? throw new DicomValueException("a request without data set"));
            return (DicomStatus.Success, transaction, instances);
        }
        catch (Exception e) when (e is DicomFormatException or DicomValueException)
        {
            Log.CommitmentUnreadable(logger, peer.ToString(), e.Message);
            return (DicomStatus.InvalidArgumentValue, default, []);
        }
    }

    private async Task ReportHereAsync(AcceptedContext context, CommitmentResult result, CancellationToken stopping)
    {
        CommandSet request = Request(++lastMessageId, result);
        awaitingResponse[request.MessageId] = result.TransactionUid;
        byte[] dataset = MessageDataset.Write(StorageCommitment.WriteResult(result), context.TransferSyntax);
        using MemoryStream bytes = new(dataset, writable: false);
        await channel.SendAsync(context, request, bytes, dataset.Length, stopping);
    }

    /// <summary>Never throws: a requestor that stays away asks again.</summary>
    private async Task ReportAsync(RemoteAe requestor, CommitmentResult result, CancellationToken stopping)
    {
        // The requestor shall have its response before our association comes in.
        await Task.Yield();
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await using ScuAssociation association = await ScuAssociation.OpenAsync(requestor, peer.CalledAeTitle,
                    [DicomQuery.Context(StorageCommitment.SopClass) with { AsScp = true }], options, logger, stopping);
                AcceptedContext context = association.ContextOf(StorageCommitment.SopClass);
                CommandSet response = await association.ExchangeAsync(context, Request(association.NextMessageId(), result),
                    MessageDataset.Write(StorageCommitment.WriteResult(result), context.TransferSyntax), stopping);
                Log.CommitmentReported(logger, result.TransactionUid.Value, requestor.ToString(), response.Status);
                await association.LeaveAsync(stopping);
                return;
            }
            catch (Exception e)
            {
                if (attempt == Pauses.Length || e is not DicomNetworkException or AssociationRejectedException { IsPermanent: true })
                {
                    Log.CommitmentUndelivered(logger, result.TransactionUid.Value, requestor.ToString(), e.Message);
                    return;
                }
            }

            // When the listener stops, the next attempt ends at once.
            await Task.Delay(Pauses[attempt], stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static CommandSet Request(ushort messageId, CommitmentResult result) => new(DimseCommand.NEventReportRq)
    {
        MessageId = messageId,
        AffectedSopClassUid = StorageCommitment.SopClass.Value,
        AffectedSopInstanceUid = StorageCommitment.Instance.Value,
        EventTypeId = result.Failed.Count > 0 ? StorageCommitment.FailuresExist : StorageCommitment.AllCommitted,
        HasDataset = true,
    };
}
