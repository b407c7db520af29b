namespace HematomaPacsAgent.Dicom.Network;

/// <summary>How far a retrieval is, in instances.</summary>
/// <param name="Remaining">Still to come; null where the peer does not say.</param>
/// <param name="Completed">Stored.</param>
/// <param name="Failed">Not stored.</param>
/// <param name="Warning">Stored with a remark.</param>
public sealed record RetrieveProgress(int? Remaining, int Completed, int Failed, int Warning);

/// <summary>How a retrieval ended.</summary>
/// <param name="Status">The peer's last word; <see cref="DicomStatus.Cancel"/> after a cancellation.</param>
/// <param name="Counts">As the peer counted.</param>
/// <param name="FailedInstances">Those that the peer names as failed.</param>
public sealed record RetrieveResult(DicomStatus Status, RetrieveProgress Counts, IReadOnlyList<DicomUID> FailedInstances)
{
    /// <summary>Everything asked for, and found, was stored.</summary>
    public bool IsComplete => Status.IsSuccess && Counts.Failed == 0;

    public override string ToString() => Status.Code switch
    {
        0xA702 => $"0xA702 the peer could not send: {Text}",
        0xA801 => "0xA801 the peer does not know the destination: ask its administrator to add its AE title and address",
        >= 0xB000 and <= 0xBFFF => $"0x{Status.Code:X4} not everything was stored: {Text}",
        _ => $"{Status}: {Text}",
    };

    private string Text => $"{Counts.Completed} stored, {Counts.Warning} with a remark, {Counts.Failed} failed";
}

/// <summary>What C-MOVE and C-GET have in common: one request, many responses that count, and a cancellation in between.</summary>
/// <remarks>PS3.4 §C.4.2, §C.4.3; PS3.7 §9.1.3, §9.1.4</remarks>
internal static class Retrieval
{
    /// <param name="association">Has a context for the SOP class of the request.</param>
    /// <param name="request">C-MOVE or C-GET.</param>
    /// <param name="query">What to retrieve.</param>
    /// <param name="progress">Told with each response.</param>
    /// <param name="serve">Answers what the peer asks in between; null where it may ask nothing.</param>
    /// <param name="cancellation">Has the peer told by C-CANCEL; its last word is awaited.</param>
    public static async Task<RetrieveResult> RunAsync(ScuAssociation association, CommandSet request, DicomQuery query,
        IProgress<RetrieveProgress>? progress, Func<DimseMessage, Task>? serve, CancellationToken cancellation)
    {
        AcceptedContext context = association.ContextOf(new DicomUID(request.AffectedSopClassUid));
        association.ThrowIfOver();
        await association.SendAsync(context, request, query.Encode(context.TransferSyntax), cancellation);
        bool isCancelled = false;
        while (true)
        {
            if (!isCancelled) await association.Channel.Upper.WaitAsync(association.Options.IdleTimeout, cancellation);
            if (!isCancelled && cancellation.IsCancellationRequested)
            {
                isCancelled = true;
                await association.Channel.SendAsync(context,
                    new CommandSet(DimseCommand.CCancelRq) { MessageIdBeingRespondedTo = request.MessageId });
            }

            DimseMessage message = await association.ReceiveAsync(isCancelled ? association.Options.DimseTimeout
                : association.Options.IdleTimeout);
            if (serve is not null && !message.Command.IsResponse)
            {
                await serve(message);
                continue;
            }

            if (!ScuAssociation.Answers(message, request))
                throw await association.UnexpectedAsync(message, $"{request.Command} {request.MessageId} awaits its responses");
            CommandSet response = message.Command;
            DicomDataset? dataset = response.HasDataset
                ? await MessageDataset.ReadAsync(association.Channel, message.Context, $"response of {association.Remote}") : null;
            RetrieveProgress counts = new(response.RemainingSubOperations, response.CompletedSubOperations ?? 0,
                response.FailedSubOperations ?? 0, response.WarningSubOperations ?? 0);
            progress?.Report(counts);
            if (response.Status.Class != DicomStatusClass.Pending)
                return new RetrieveResult(response.Status, counts,
                    [.. (dataset?.GetStrings(DicomTag.FailedSOPInstanceUIDList) ?? []).Select(uid => new DicomUID(uid))]);
        }
    }
}
