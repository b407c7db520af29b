namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// The study cannot be analysed, and no retry will change that. The message is shown to a person: cause and remedy, no patient data.
/// </summary>
public sealed class PermanentJobException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>
/// The study is not ready (a gap between slices, an association still open): look again later, without spending an attempt.
/// </summary>
public sealed class PostponeJobException(string reason, TimeSpan delay) : Exception(reason)
{
    public TimeSpan Delay { get; } = delay > TimeSpan.Zero ? delay : throw new ArgumentOutOfRangeException(nameof(delay), delay,
        "must be positive");
}

/// <summary>Why an attempt failed, and whether another one makes sense.</summary>
public sealed record JobFailure(bool Permanent, string Reason)
{
    public static JobFailure Of(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception switch
        {
            PermanentJobException => new(true, exception.Message),
            OutOfMemoryException => new(false, "not enough memory for this study: give the agent more, or lower Jobs:Concurrency"),
            _ => new(false, exception.Message),
        };
    }
}
