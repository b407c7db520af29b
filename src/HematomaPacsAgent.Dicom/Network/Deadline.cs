namespace HematomaPacsAgent.Dicom.Network;

/// <summary>One timer for all waits of an association: started before a wait, stopped after it. Once expired it stays so, as the
/// association does.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly CancellationTokenRegistration outer;
    private readonly CancellationToken stopping;

    /// <param name="time">Clock.</param>
    /// <param name="stopping">Ends every wait too, but not by expiry.</param>
    public Deadline(TimeProvider time, CancellationToken stopping)
    {
        this.stopping = stopping;
        source = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        outer = stopping.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), source);
    }

    public CancellationToken Token => source.Token;

    public bool HasExpired => source.IsCancellationRequested && !stopping.IsCancellationRequested;

    public void Start(TimeSpan timeout) => source.CancelAfter(timeout);

    public void Stop() => source.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        outer.Dispose();
        source.Dispose();
    }
}
