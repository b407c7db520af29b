namespace HematomaPacsAgent.Dicom.Network;

/// <content>Waiting that can be called off, where something else may come up than the peer's next message.</content>
internal sealed partial class AssociationChannel
{
    /// <summary>Waits until the peer has sent something, and reads nothing of it; false when interrupted first, which leaves the
    /// association as it was.</summary>
    public async ValueTask<bool> WaitAsync(TimeSpan timeout, CancellationToken interrupt)
    {
        ThrowIfOver();
        if (PduLeft > 0) return true;
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, interrupt);
        try
        {
            deadline.Start(timeout);
            await connection.WaitAsync(either.Token);
            deadline.Stop();
            return true;
        }
        catch (OperationCanceledException) when (!deadline.Token.IsCancellationRequested)
        {
            deadline.Stop();
            return false;
        }
        catch (Exception e) when (EndsAssociation(e))
        {
            throw await FailAsync(e, timeout);
        }
    }
}
