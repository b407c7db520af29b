namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// Growing delays between tries: <c>first · 3^(attempt − 1)</c>, never more than <c>longest</c>, spread by up to a tenth either way.
/// </summary>
public sealed record RetrySchedule
{
    public RetrySchedule(TimeSpan first, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, first);
        First = first;
        Longest = longest;
    }

    public TimeSpan First { get; }
    public TimeSpan Longest { get; }

    /// <param name="attempt">The attempt that just failed, from 1.</param>
    /// <param name="spread">0 to 1, uniform: agents that failed together should not return together.</param>
    public TimeSpan DelayAfter(int attempt, double spread)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);
        ArgumentOutOfRangeException.ThrowIfNotEqual(spread is >= 0 and <= 1, true, nameof(spread));
        double growth = Math.Pow(3, Math.Min(attempt - 1, 40));
        double seconds = Math.Min(First.TotalSeconds * growth, Longest.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Min(seconds * (0.9 + 0.2 * spread), Longest.TotalSeconds));
    }
}
