namespace HematomaPacsAgent.Dicom.Network;

/// <summary>The peer trickles: see <see cref="AssociationOptions.MinBytesPerSecond"/>.</summary>
internal sealed class TransferTooSlowException(string message) : IOException(message);

/// <summary>
/// Bytes against the time spent waiting for them inside messages. Our own time, with a disk or a database, does not count, nor does
/// the time between messages.
/// </summary>
internal sealed class TransferRate(AssociationOptions options, TimeProvider time)
{
    private readonly int least = options.MinBytesPerSecond;
    private readonly TimeSpan window = options.RateWindow;
    private long started = -1;
    private TimeSpan waited;
    private long bytes;

    private bool isInMessage, isLastFragment;

    /// <summary>A fragment begins to come. Behind the last one, it is the next message that is waited for.</summary>
    public void Began(PdvHead head) => (isInMessage, isLastFragment) = (!head.IsLast || head.Length > 0, head.IsLast);

    /// <summary>Called before a wait; without a wait nothing is measured.</summary>
    public void StartWait()
    {
        if (isInMessage && least > 0) started = time.GetTimestamp();
    }

    /// <summary>Counts what came, whether after a wait or at once.</summary>
    /// <param name="count">Bytes.</param>
    /// <param name="left">Bytes of the fragment still to come.</param>
    /// <exception cref="TransferTooSlowException">Too little, over the whole window.</exception>
    public void Came(int count, int left)
    {
        bytes += count;
        if (isLastFragment && left == 0) isInMessage = false;
        if (started < 0) return;
        waited += time.GetElapsedTime(started);
        started = -1;
        if (waited < window) return;
        if (bytes < least * waited.TotalSeconds)
            throw new TransferTooSlowException($"sent {bytes} bytes of a message in {waited.TotalSeconds:0.###} s, less than "
                + $"{least} bytes a second (MinBytesPerSecond)");
        (waited, bytes) = (TimeSpan.Zero, 0);
    }
}
