using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>C-FIND: what does the peer have?</summary>
/// <remarks>PS3.4 §C.4.1, PS3.7 §9.1.2</remarks>
public static class FindScu
{
    /// <summary>Asks over an association of its own.</summary>
    /// <param name="remote">Whom to ask.</param>
    /// <param name="callingAeTitle">What we call ourselves.</param>
    /// <param name="query">What for.</param>
    /// <param name="limit">Matches after which the peer is told to stop; null takes all.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="cancellation">Stops the query.</param>
    /// <exception cref="DimseFailureException">The peer answered with a failure.</exception>
    /// <exception cref="DicomFormatException">A match is not readable.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, refuses, or went away.</exception>
    public static async IAsyncEnumerable<DicomDataset> FindAsync(RemoteAe remote, string callingAeTitle, DicomQuery query, int? limit,
        AssociationOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        await using ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle,
            [DicomQuery.Context(query.FindClass)], options, null, cancellation);
        try
        {
            await foreach (DicomDataset match in FindAsync(association, query, limit, cancellation)) yield return match;
        }
        finally
        {
            await association.LeaveAsync(CancellationToken.None);
        }
    }

    /// <summary>Asks over an association that has a context for the query's C-FIND. One query at a time; when the caller stops early, by
    /// leaving the loop or by cancelling, the peer is told by C-CANCEL and its last word awaited, and the association lives on.</summary>
    internal static async IAsyncEnumerable<DicomDataset> FindAsync(ScuAssociation association, DicomQuery query, int? limit,
        [EnumeratorCancellation] CancellationToken cancellation)
    {
        AcceptedContext context = association.ContextOf(query.FindClass);
        CommandSet request = new(DimseCommand.CFindRq)
        {
            MessageId = association.NextMessageId(), AffectedSopClassUid = query.FindClass.Value, Priority = 0, HasDataset = true,
        };
        association.ThrowIfOver();
        await association.SendAsync(context, request, query.Encode(context.TransferSyntax), cancellation);
        bool isOver = false;
        try
        {
            for (int matches = 0; matches < (limit ?? int.MaxValue);)
            {
                await association.Channel.Upper.WaitAsync(association.Options.DimseTimeout, cancellation);
                cancellation.ThrowIfCancellationRequested();
                DimseMessage response = await ResponseAsync(association, request);
                isOver = response.Command.Status.Class != DicomStatusClass.Pending;
                DicomDataset? match = !response.Command.HasDataset ? null
                    : await MessageDataset.ReadAsync(association.Channel, response.Context, $"C-FIND response of {association.Remote}");
                if (isOver && !response.Command.Status.IsKept)
                    throw new DimseFailureException(response.Command.Status, $"{association.Remote} answered the C-FIND with "
                        + response.Command.Status);
                if (isOver) yield break;
                if (match is null) continue;
                matches++;
                yield return match;
            }
        }
        finally
        {
            if (!isOver && association.IsOpen) await CancelAsync(association, context, request);
        }
    }

    private static async Task<DimseMessage> ResponseAsync(ScuAssociation association, CommandSet request)
    {
        DimseMessage response = await association.ReceiveAsync(association.Options.DimseTimeout);
        return ScuAssociation.Answers(response, request) ? response
            : throw await association.UnexpectedAsync(response, $"{request.Command} {request.MessageId} awaits its responses");
    }

    /// <summary>Tells the peer to stop and reads away what it has sent meanwhile. One that goes on for longer than a response may take is
    /// aborted.</summary>
    private static async Task CancelAsync(ScuAssociation association, AcceptedContext context, CommandSet request)
    {
        long started = Stopwatch.GetTimestamp();
        await association.Channel.SendAsync(context,
            new CommandSet(DimseCommand.CCancelRq) { MessageIdBeingRespondedTo = request.MessageId });
        while (true)
        {
            DimseMessage response = await ResponseAsync(association, request);
            if (response.Command.HasDataset) await new DatasetStream(association.Channel, response.Context).DrainAsync();
            if (response.Command.Status.Class != DicomStatusClass.Pending) return;
            if (Stopwatch.GetElapsedTime(started) < association.Options.DimseTimeout) continue;
            await association.Channel.Upper.AbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
            return;
        }
    }
}
