using HematomaPacsAgent.Dicom.Objects;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Asks a peer to take over the safekeeping of instances that were sent to it.</summary>
/// <remarks>PS3.4 annex J</remarks>
public static class StorageCommitmentScu
{
    /// <summary>Requests, and waits for the report: over the association of the request, or over one that the peer opens to our
    /// listener, whichever comes first.</summary>
    /// <param name="remote">Whom to ask.</param>
    /// <param name="callingAeTitle">What we call ourselves; a peer that reports over its own association finds our address by it.</param>
    /// <param name="instances">At least one.</param>
    /// <param name="wait">How long to wait for the report once the peer took the request.</param>
    /// <param name="hold">How long of that to keep the association of the request open. Without <paramref name="inbox"/> the whole
    /// time.</param>
    /// <param name="inbox">The one that our listener was given; null when we have no listener.</param>
    /// <param name="options">The defaults when null.</param>
    /// <param name="logger">Silent when null.</param>
    /// <param name="cancellation">Aborts.</param>
    /// <returns>The report; null when none came in time. The peer may still send it later; ask again with a new request.</returns>
    /// <exception cref="DimseFailureException">The peer refused the request.</exception>
    /// <exception cref="DicomNetworkException">The peer cannot be reached, does not do storage commitment, or went away.</exception>
    public static async Task<CommitmentResult?> RequestAsync(RemoteAe remote, string callingAeTitle,
        IReadOnlyList<InstanceReference> instances, TimeSpan wait, TimeSpan hold, StorageCommitmentInbox? inbox,
        AssociationOptions? options, ILogger? logger, CancellationToken cancellation)
    {
        if (instances.Count == 0) throw new ArgumentException("at least one instance", nameof(instances));
        // Never one used before, also when asking again for the same instances (PS3.4 §J.3.2.1.1).
        DicomUID transaction = DicomUID.Generate();
        Task<CommitmentResult> delivered = inbox?.ExpectAsync(transaction) ?? Never;
        try
        {
            using CancellationTokenSource late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            await using (ScuAssociation association = await ScuAssociation.OpenAsync(remote, callingAeTitle,
                [DicomQuery.Context(StorageCommitment.SopClass)], options, logger, cancellation))
            {
                Exchange exchange = new(association, transaction);
                await exchange.RequestAsync(instances, cancellation);
                Log.CommitmentAsked(association.Logger, remote, transaction.Value, instances.Count);
                late.CancelAfter(wait);
                await exchange.AwaitReportAsync(inbox is null || hold > wait ? wait : hold, delivered, cancellation);
                if (exchange.Result is { } result) return result;
            }

            if (inbox is null) return null;
            await Task.WhenAny(delivered, Task.Delay(Timeout.InfiniteTimeSpan, late.Token));
            cancellation.ThrowIfCancellationRequested();
            return delivered.IsCompletedSuccessfully ? await delivered : null;
        }
        finally
        {
            inbox?.Forget(transaction);
        }
    }

    private static Task<CommitmentResult> Never { get; } = new TaskCompletionSource<CommitmentResult>().Task;

    /// <summary>Request and report over one association. The report may even come before the response to the request.</summary>
    private sealed class Exchange(ScuAssociation association, DicomUID transaction)
    {
        public CommitmentResult? Result { get; private set; }

        public async Task RequestAsync(IReadOnlyList<InstanceReference> instances, CancellationToken cancellation)
        {
            AcceptedContext context = association.ContextOf(StorageCommitment.SopClass);
            CommandSet request = new(DimseCommand.NActionRq)
            {
                MessageId = association.NextMessageId(),
                RequestedSopClassUid = StorageCommitment.SopClass.Value,
                RequestedSopInstanceUid = StorageCommitment.Instance.Value,
                ActionTypeId = StorageCommitment.RequestAction,
                HasDataset = true,
            };
            using CancellationTokenRegistration abort = association.AbortOn(cancellation);
            byte[] dataset = MessageDataset.Write(StorageCommitment.WriteRequest(transaction, instances), context.TransferSyntax);
            await association.SendAsync(context, request, dataset, cancellation);
            while (true)
            {
                DimseMessage message = await association.ReceiveAsync(association.Options.DimseTimeout);
                if (message.Command.Command == DimseCommand.NEventReportRq)
                {
                    await TakeAsync(message);
                    continue;
                }

                if (!ScuAssociation.Answers(message, request))
                    throw await association.UnexpectedAsync(message, $"N-ACTION {request.MessageId} awaits its response");
                if (message.Command.HasDataset) await new DatasetStream(association.Channel, message.Context).DrainAsync();
                if (message.Command.Status.IsKept) return;
                await association.ReleaseAsync(cancellation);
                throw new DimseFailureException(message.Command.Status,
                    $"{association.Remote} answered the request for storage commitment with {message.Command.Status}");
            }
        }

        /// <summary>Waits until the report is here by either way or the time is over, then releases. A peer that ends the association
        /// before has taken the request all the same.</summary>
        public async Task AwaitReportAsync(TimeSpan time, Task<CommitmentResult> delivered, CancellationToken cancellation)
        {
            using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            enough.CancelAfter(time);
            _ = delivered.ContinueWith(static (_, source) => ((CancellationTokenSource)source!).Cancel(), enough, enough.Token,
                TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            try
            {
                while (Result is null && await association.Channel.Upper.WaitAsync(Timeout.InfiniteTimeSpan, enough.Token))
                {
                    DimseMessage message = await association.ReceiveAsync(association.Options.DimseTimeout);
                    if (message.Command.Command != DimseCommand.NEventReportRq)
                        throw await association.UnexpectedAsync(message, "a report of storage commitment is awaited");
                    await TakeAsync(message);
                }

                await association.ReleaseAsync(cancellation);
            }
            catch (DicomNetworkException e)
            {
                Log.CommitmentAssociationLost(association.Logger, transaction.Value, e.Message);
            }
            finally
            {
                await enough.CancelAsync();
            }

            cancellation.ThrowIfCancellationRequested();
        }

        private async Task TakeAsync(DimseMessage message)
        {
            DicomStatus status = await StorageCommitmentReports.ReadAsync(message, association.Channel, association.Logger,
                association.Remote.ToString(), result =>
                {
                    if (result.TransactionUid != transaction) return false;
                    Result ??= result;
                    return true;
                });
            await association.Channel.SendAsync(message.Context, message.Command.Respond(status));
        }
    }
}
