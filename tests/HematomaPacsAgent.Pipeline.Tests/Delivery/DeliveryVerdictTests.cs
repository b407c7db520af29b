using HematomaPacsAgent.Pipeline.Delivery;

namespace HematomaPacsAgent.Pipeline.Tests.Delivery;

public sealed class DeliveryVerdictTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly DeliveryVerdict Verdict = new(new DeliveryOptions());

    [Theory]
    [InlineData(0x0000, "Kept")]
    [InlineData(0xB000, "Kept")]
    [InlineData(0xB007, "Kept")]
    [InlineData(0x0111, "Kept")]
    [InlineData(0x0110, "Away")]
    [InlineData(0xA700, "Away")]
    [InlineData(0xA702, "Away")]
    [InlineData(0xA900, "Refused")]
    [InlineData(0xC123, "Refused")]
    [InlineData(0x0122, "Refused")]
    [InlineData(0x0124, "Refused")]
    public void A_status_means_kept_away_or_refused(int status, string answer) =>
        Assert.Equal(answer, DeliveryVerdict.Of(status).ToString());

    [Theory]
    [InlineData("Kept", 1, 0, 0, DeliveryState.Sent)]
    [InlineData("Refused", 1, 0, 0, DeliveryState.Pending)]
    [InlineData("Refused", 2, 1, 0, DeliveryState.Pending)]
    [InlineData("Refused", 3, 2, 0, DeliveryState.Failed)]
    [InlineData("Away", 40, 2, 6, DeliveryState.Pending)]
    [InlineData("Away", 999, 2, 7, DeliveryState.Failed)]
    [InlineData("Hopeless", 1, 0, 0, DeliveryState.Failed)]
    public void Refusals_are_counted_and_absence_is_timed(string answer, int attempt, int refusals, int days, DeliveryState expected)
    {
        DeliveryResult result = Verdict.Decide(Row(attempt, refusals, days), Enum.Parse<Answer>(answer), null, "why", Now, 0.5);
        Assert.Equal(expected, result.State);
        Assert.Equal(answer == "Refused", result.Refused);
        Assert.Equal(expected == DeliveryState.Pending, result.Delay > TimeSpan.Zero);
        if (expected != DeliveryState.Sent) Assert.Contains("why", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_job_says_what_it_waits_for_and_until_when()
    {
        DeliveryResult waiting = Verdict.Decide(Row(3, 0, 0), Answer.Away, null, "connection refused at pacs:104", Now, 0.5);
        Assert.Equal("waiting for PACS: connection refused at pacs:104; attempt 3, next at 2026-11-23 12:00:45Z",
            DeliveryVerdict.WaitingReason([waiting], Now));
        Assert.Null(DeliveryVerdict.WaitingReason([Verdict.Decide(Row(1, 0, 0), Answer.Kept, 0, null, Now, 0)], Now));
    }

    private static OutgoingInstance Row(int attempt, int refusals, int days) => new()
    {
        JobId = 1,
        Destination = "PACS",
        Kind = "SR",
        SopInstanceUid = "1.2",
        SopClassUid = "1.3",
        Path = "sr.dcm",
        State = DeliveryState.Sending,
        Attempt = attempt,
        Refusals = refusals,
        QueuedAt = Now.AddDays(-days),
    };
}
