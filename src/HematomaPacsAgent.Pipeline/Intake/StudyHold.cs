using System.Collections.Concurrent;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// A slow sender pauses longer than the quiet period: while the association that brought a study is open, its job is pushed on. Nothing of
/// this is stored, so a dead agent holds nothing; and a sender that keeps one association open all day holds a study only for a while
/// after its last instance.
/// </summary>
public sealed class StudyHold(JobQueue queue, IOptions<IntakeOptions> options, TimeProvider time, ILogger<StudyHold> logger)
    : BackgroundService
{
    private readonly IntakeOptions options = options.Value;
    private readonly ConcurrentDictionary<long, ConcurrentDictionary<string, DateTimeOffset>> open = new();

    /// <summary>The association brought an instance of the study just now.</summary>
    public void Note(long association, string studyInstanceUid)
    {
        if (open.TryGetValue(association, out var studies)) studies[studyInstanceUid] = time.GetUtcNow();
    }

    public void Opened(long association) => open[association] = new();

    public void Closed(long association) => open.TryRemove(association, out _);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.QuietPeriod <= TimeSpan.Zero) return;
        using PeriodicTimer timer = new(options.QuietPeriod / 3, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            string[] held = [.. HeldNow()];
            if (held.Length == 0) continue;
            try
            {
                await queue.HoldAsync(held, options.QuietPeriod, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException) // A hold that fails costs a second analysis, never the agent.
            {
                Log.HoldFailed(logger, e, held.Length);
            }
        }
    }

    private IEnumerable<string> HeldNow()
    {
        DateTimeOffset since = time.GetUtcNow() - options.OpenAssociationHold;
        return open.Values.SelectMany(studies => studies).Where(study => study.Value >= since).Select(study => study.Key).Distinct();
    }
}
