using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline;

/// <summary>The study was looked at and cannot be analysed. The message is the reason that admins and readers see: cause first, then what
/// would help.</summary>
public sealed class NotEligibleException(string reason, Exception? cause = null) : Exception(reason, cause)
{
    /// <summary>Every series and why it was not read, where it came to that.</summary>
    public IReadOnlyList<SeriesCandidate> Candidates { get; init; } = [];
}
