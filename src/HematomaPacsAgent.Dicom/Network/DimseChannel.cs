using System.Buffers;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A presentation context that both sides agreed on.</summary>
internal sealed record AcceptedContext(byte Id, DicomUID AbstractSyntax, DicomTransferSyntax TransferSyntax)
{
    public static AcceptedContext From(PresentationContext proposed, PresentationContextResult answer) =>
        new(proposed.Id, new DicomUID(proposed.AbstractSyntax), DicomTransferSyntax.Lookup(new DicomUID(answer.TransferSyntax)));
}

/// <summary>The command of a message; its data set, where it has one, follows on the channel.</summary>
internal sealed record DimseMessage(AcceptedContext Context, CommandSet Command);

/// <summary>DIMSE messages over an association: commands are assembled and checked, data sets pass through as streams.</summary>
/// <remarks>PS3.7 §6.3, PS3.8 annex E</remarks>
/// <param name="upper">The association, accepted.</param>
/// <param name="contexts">The accepted contexts by id.</param>
/// <param name="peerMaxPduLength">What the peer takes, bytes; 0 means no limit.</param>
/// <param name="options">Times.</param>
internal sealed class DimseChannel(AssociationChannel upper, IReadOnlyDictionary<byte, AcceptedContext> contexts, uint peerMaxPduLength,
    AssociationOptions options)
{
    /// <summary>The most that we put into one P-DATA-TF, however much the peer would take.</summary>
    private const int MaxSendLength = 128 * 1024;

    private const int PdvOverhead = PduReader.HeadSize + PdvHead.Size;

    /// <summary>Longest fragment that fits the peer's P-DATA-TF; even, as fragments of a data set shall be.</summary>
    private readonly int maxFragment = MaxFragment(peerMaxPduLength, upper.Peer);

    public AssociationChannel Upper => upper;

    /// <summary>Waits for the next command; null when the peer asks for release instead.</summary>
    /// <param name="timeout">Longest wait for its first byte.</param>
    public async ValueTask<DimseMessage?> ReceiveAsync(TimeSpan timeout)
    {
        ArrayBufferWriter<byte> bytes = new(256);
        AcceptedContext? context = null;
        for (bool isLast = false; !isLast;)
        {
            if (await NextPdvAsync(timeout) is not { } head)
                return context is null ? null : throw await RefuseAsync(AbortReason.UnexpectedPdu, "release requested inside a command");
            if (!head.IsCommand) throw await RefuseAsync(AbortReason.UnexpectedPduParameter, "data set without command");
            if (!contexts.TryGetValue(head.ContextId, out AcceptedContext? named) || (context is not null && context != named))
                throw await RefuseAsync(AbortReason.InvalidPduParameterValue,
                    $"presentation context {head.ContextId} not accepted, or changed inside a command");
            if (bytes.WrittenCount + head.Length > CommandSet.MaxLength)
                throw await RefuseAsync(AbortReason.InvalidPduParameterValue, $"command set above {CommandSet.MaxLength} bytes");
            (context, isLast, timeout) = (named, head.IsLast, options.DimseTimeout);
            while (upper.PdvLeft > 0) bytes.Write((await upper.ReadPdvChunkAsync()).Span);
        }

        try
        {
            return new DimseMessage(context!, CommandSet.Read(bytes.WrittenSpan));
        }
        catch (InvalidPduException e)
        {
            throw await upper.RefuseAsync(e);
        }
    }

    /// <summary>Steps to the next fragment of the data set that belongs to <paramref name="context"/>.</summary>
    public async ValueTask<PdvHead> NextDatasetPdvAsync(AcceptedContext context)
    {
        if (await NextPdvAsync(options.DimseTimeout) is not { } head)
            throw await RefuseAsync(AbortReason.UnexpectedPdu, "release requested inside a data set");
        if (head.IsCommand || head.ContextId != context.Id)
            throw await RefuseAsync(AbortReason.UnexpectedPduParameter, "another message begins inside a data set");
        return head;
    }

    /// <summary>Sends a command without data set, in one write.</summary>
    public async Task SendAsync(AcceptedContext context, CommandSet command)
    {
        byte[] bytes = command.Write();
        byte[] pdus = new byte[CommandLength(bytes.Length)];
        WriteCommand(pdus, context, bytes);
        await upper.SendAsync(UpperLayerEvent.DataRequested, pdus);
    }

    /// <summary>Sends a command and its data set; the command travels in one write with the first fragment, every further fragment in its
    /// own.</summary>
    /// <param name="context">Its transfer syntax is the data set's.</param>
    /// <param name="command">With <see cref="CommandSet.HasDataset"/>.</param>
    /// <param name="dataset">Read from where it stands.</param>
    /// <param name="length">Bytes to read from <paramref name="dataset"/>.</param>
    /// <param name="cancellation">Aborts the association, since half a message cannot be taken back.</param>
    public async Task SendAsync(AcceptedContext context, CommandSet command, Stream dataset, long length, CancellationToken cancellation)
    {
        byte[] bytes = command.Write();
        int used = CommandLength(bytes.Length);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(used + PdvOverhead + (int)Math.Min(length, maxFragment));
        bool sent = false;
        try
        {
            WriteCommand(buffer, context, bytes);
            do
            {
                int count = (int)Math.Min(length, maxFragment);
                await dataset.ReadExactlyAsync(buffer.AsMemory(used + PdvOverhead, count), cancellation);
                length -= count;
                WriteHeads(buffer.AsSpan(used), new PdvHead(context.Id, IsCommand: false, IsLast: length == 0, count));
                await upper.SendAsync(UpperLayerEvent.DataRequested, buffer.AsMemory(0, used + PdvOverhead + count));
                (used, sent) = (0, true);
            }
            while (length > 0);
        }
        catch (Exception e) when (sent && e is not DicomNetworkException)
        {
            await upper.AbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<PdvHead?> NextPdvAsync(TimeSpan timeout)
    {
        if (upper.PduLeft == 0 && await upper.ReceiveAsync(timeout) is not PDataTf) return null;
        return await upper.ReadPdvHeadAsync();
    }

    private Task<DicomNetworkException> RefuseAsync(AbortReason reason, string why) =>
        upper.RefuseAsync(new InvalidPduException(reason, why));

    private int CommandLength(int length) => length + (length + maxFragment - 1) / maxFragment * PdvOverhead;

    private void WriteCommand(Span<byte> target, AcceptedContext context, ReadOnlySpan<byte> command)
    {
        while (command.Length > 0)
        {
            int count = Math.Min(command.Length, maxFragment);
            WriteHeads(target, new PdvHead(context.Id, IsCommand: true, IsLast: count == command.Length, count));
            command[..count].CopyTo(target[PdvOverhead..]);
            target = target[(PdvOverhead + count)..];
            command = command[count..];
        }
    }

    private static void WriteHeads(Span<byte> target, PdvHead head)
    {
        PduWriter.WriteHead(target, PduType.PDataTf, (uint)(PdvHead.Size + head.Length));
        PduWriter.WritePdvHead(target[PduReader.HeadSize..], head);
    }

    private static int MaxFragment(uint peerMaxPduLength, string peer)
    {
        long length = peerMaxPduLength == 0 ? MaxSendLength : Math.Min(peerMaxPduLength, MaxSendLength);
        if (length < PdvHead.Size + 2)
            throw new DicomNetworkException($"{peer} takes P-DATA-TF of {peerMaxPduLength} bytes at most: nothing fits");
        return (int)(length - PdvHead.Size) & ~1;
    }
}
