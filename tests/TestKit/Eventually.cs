using System.Diagnostics;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>Waiting for what another process does.</summary>
public static class Eventually
{
    /// <summary>Asks until the answer is yes; fails with what was waited for and the last thing seen when it takes too long.</summary>
    public static Task SeeAsync(string what, TimeSpan limit, Func<Task<bool>> ask, Func<string>? lastSeen = null) =>
        FindAsync(what, limit, async () => await ask() ? true : (bool?)null, lastSeen);

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> FindAsync<T>(string what, TimeSpan limit, Func<Task<T?>> ask, Func<string>? lastSeen = null) where T
        : struct
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        long started = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer) return answer;
            if (Stopwatch.GetElapsedTime(started) > limit) Assert.Fail($"not seen within {limit.TotalSeconds:F0} s: {what}. {lastSeen?.Invoke()}");
            await Task.Delay(100, cancellation);
        }
    }
}
