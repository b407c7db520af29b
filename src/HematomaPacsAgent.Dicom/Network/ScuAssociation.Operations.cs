namespace HematomaPacsAgent.Dicom.Network;

/// <content>What operations are made of: messages sent and awaited, one at a time.</content>
public sealed partial class ScuAssociation
{
    /// <summary>The first context accepted for a SOP class.</summary>
    /// <exception cref="DicomNetworkException">There is none.</exception>
    internal AcceptedContext ContextOf(DicomUID sopClass) => accepted.Values.FirstOrDefault(c => c.AbstractSyntax == sopClass)
        ?? throw new DicomNetworkException(
            $"{Remote} does not accept {sopClass.Name}; ask its administrator to allow it for {CallingAeTitle}");

    internal ushort NextMessageId() => ++lastMessageId;

    /// <summary>Has a cancellation abort the association.</summary>
    internal CancellationTokenRegistration AbortOn(CancellationToken cancellation) =>
        cancellation.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), stopping);

    /// <summary>Waits for the next message.</summary>
    /// <exception cref="DicomNetworkException">None came, or the peer released instead.</exception>
    internal async Task<DimseMessage> ReceiveAsync(TimeSpan timeout)
    {
        if (await Channel.ReceiveAsync(timeout) is { } message) return message;
        await upper!.ConfirmReleaseAsync();
        await upper.CloseAsync();
        throw new DicomNetworkException($"{Remote} released the association instead of answering");
    }

    /// <summary>Aborts, since a message came that answers nothing.</summary>
    internal Task<DicomNetworkException> UnexpectedAsync(DimseMessage message, string awaited) =>
        upper!.RefuseAsync(new InvalidPduException(AbortReason.InvalidPduParameterValue,
            $"{message.Command.Command} to message {message.Command.MessageIdBeingRespondedTo} where {awaited}"));

    /// <summary>Releases once every answer is here: a peer that leaves without a word takes nothing back.</summary>
    internal async Task LeaveAsync(CancellationToken cancellation)
    {
        try
        {
            await ReleaseAsync(cancellation);
        }
        catch (DicomNetworkException)
        {
            // What was asked for is done.
        }
    }

    /// <summary>Sends a request, with its data set if there is one, and waits for its response; a data set of that is read away.</summary>
    internal async Task<CommandSet> ExchangeAsync(AcceptedContext context, CommandSet request, byte[]? dataset,
        CancellationToken cancellation)
    {
        ThrowIfOver();
        using CancellationTokenRegistration abort = AbortOn(cancellation);
        await SendAsync(context, request, dataset, cancellation);
        DimseMessage response = await ReceiveAsync(options.DimseTimeout);
        if (!Answers(response, request))
            throw await UnexpectedAsync(response, $"{request.Command} {request.MessageId} awaits its response");
        if (response.Command.HasDataset) await new DatasetStream(Channel, context).DrainAsync();
        return response.Command;
    }

    internal async Task SendAsync(AcceptedContext context, CommandSet command, byte[]? dataset, CancellationToken cancellation)
    {
        if (dataset is null)
        {
            await Channel.SendAsync(context, command);
            return;
        }

        using MemoryStream bytes = new(dataset, writable: false);
        await Channel.SendAsync(context, command, bytes, dataset.Length, cancellation);
    }

    internal static bool Answers(DimseMessage response, CommandSet request) =>
        response.Command.Command == (request.Command | DimseCommand.Response)
        && response.Command.MessageIdBeingRespondedTo == request.MessageId;

    internal void ThrowIfOver()
    {
        if (!IsOpen) throw new DicomNetworkException($"the association with {Remote} is over: open another");
    }
}
