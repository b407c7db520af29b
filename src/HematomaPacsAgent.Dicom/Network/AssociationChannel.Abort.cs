namespace HematomaPacsAgent.Dicom.Network;

/// <content>The A-ABORT sent and the one found.</content>
internal sealed partial class AssociationChannel
{
    private async Task SendAbortAsync(AbortSource source, AbortReason reason)
    {
        hasAborted = true;
        using CancellationTokenSource linger = new(AbortLinger, time);
        try
        {
            await connection.WriteAsync(PduWriter.Write(new AAbort(source, reason)), linger.Token);
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            // The peer is gone, or does not take it: closing says the same.
        }
    }

    /// <summary>After a failed send: the A-ABORT that the peer may have left before it closed.</summary>
    private async Task<AAbort?> LastWordAsync()
    {
        using CancellationTokenSource linger = new(AbortLinger, time);
        try
        {
            return await connection.ReadPduAsync(linger.Token) as AAbort;
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            return null;
        }
    }
}
