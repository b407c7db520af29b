using CsCheck;
using HematomaPacsAgent.Pipeline.Jobs;

namespace HematomaPacsAgent.Pipeline.Tests.Jobs;

public sealed class RetryScheduleTests
{
    private static readonly RetrySchedule Schedule = new(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 15)]
    [InlineData(3, 45)]
    [InlineData(4, 135)]
    [InlineData(5, 405)]
    [InlineData(6, 600)]
    [InlineData(int.MaxValue, 600)]
    public void Delays_triple_up_to_the_longest(int attempt, double seconds) =>
        Assert.Equal(seconds, Schedule.DelayAfter(attempt, 0.5).TotalSeconds, 6);

    [Fact]
    public void A_delay_is_never_beyond_its_bounds() => Gen.Select(Gen.Int[1, 1000], Gen.Double[0, 1]).Sample((attempt, spread) =>
        Schedule.DelayAfter(attempt, spread) is var delay && delay >= 0.9 * Schedule.First && delay <= Schedule.Longest);

    [Fact]
    public void Nonsense_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetrySchedule(TimeSpan.Zero, TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetrySchedule(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.DelayAfter(0, 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Schedule.DelayAfter(1, double.NaN));
    }
}
