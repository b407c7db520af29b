using System.Globalization;
using HematomaPacsAgent.Pipeline.Jobs;

namespace HematomaPacsAgent.Pipeline.Delivery;

/// <summary>What a destination did with one object.</summary>
internal enum Answer
{
    /// <summary>It has the object.</summary>
    Kept,

    /// <summary>It does not want it; asking again rarely helps.</summary>
    Refused,

    /// <summary>It was not there, was busy, or did not answer.</summary>
    Away,

    /// <summary>We have nothing to send: no further try can help.</summary>
    Hopeless,
}

/// <summary>Decides what becomes of a delivery after a try: pure, so that every case is one line of a test.</summary>
internal sealed class DeliveryVerdict(DeliveryOptions options)
{
    private readonly RetrySchedule schedule = new(options.RetryFirst, options.RetryLongest);

    /// <summary>What a DIMSE status of a C-STORE response says about the object.</summary>
    /// <remarks>PS3.4 table B.2-1, PS3.7 annex C</remarks>
    public static Answer Of(int status) => status switch
    {
        0x0000 or (>= 0xB000 and <= 0xBFFF) or 0x0001 or 0x0107 or 0x0116 => Answer.Kept,
        0x0111 => Answer.Kept, // Duplicate SOP instance: our UIDs derive from the content, so what it has is this very object.
        0x0110 or 0x0213 or (>= 0xA700 and <= 0xA7FF) => Answer.Away,
        _ => Answer.Refused,
    };

    /// <param name="delivery">The claimed row, this try counted in its attempt.</param>
    /// <param name="answer">What the destination did.</param>
    /// <param name="status">Its DIMSE status, if it gave one.</param>
    /// <param name="words">Cause and remedy; null when there is nothing to say.</param>
    /// <param name="now">The time of the answer.</param>
    /// <param name="spread">0 to 1, see <see cref="RetrySchedule.DelayAfter"/>.</param>
    public DeliveryResult Decide(OutgoingInstance delivery, Answer answer, int? status, string? words, DateTimeOffset now, double spread)
    {
        TimeSpan delay = schedule.DelayAfter(Math.Max(1, delivery.Attempt), spread);
        bool gaveUp = answer switch
        {
            Answer.Hopeless => true,
            Answer.Refused => delivery.Refusals + 1 >= options.MaxPermanentAttempts,
            Answer.Away => now - delivery.QueuedAt >= options.GiveUpAfter,
            _ => false,
        };
        string error = answer == Answer.Away && gaveUp
            ? string.Create(CultureInfo.InvariantCulture, $"gave up after {delivery.Attempt} tries since " +
                $"{delivery.QueuedAt:yyyy-MM-dd HH:mm}Z: {words}")
            : words ?? "no reason given";
        return answer == Answer.Kept ? new(delivery, DeliveryState.Sent, false, status, words, TimeSpan.Zero)
            : gaveUp ? new(delivery, DeliveryState.Failed, answer == Answer.Refused, status, error, TimeSpan.Zero)
            : new(delivery, DeliveryState.Pending, answer == Answer.Refused, status, error, delay);
    }

    /// <summary>What the job's row says while its objects wait; null when none waits.</summary>
    public static string? WaitingReason(IReadOnlyList<DeliveryResult> results, DateTimeOffset now) =>
        results.Where(result => result.State == DeliveryState.Pending).MinBy(result => result.Delay) is { } next
            ? string.Create(CultureInfo.InvariantCulture,
                $"waiting for {next.Delivery.Destination}: {next.Error}; attempt {next.Delivery.Attempt}, next at " +
                    $"{now + next.Delay:yyyy-MM-dd HH:mm:ss}Z")
            : null;
}
