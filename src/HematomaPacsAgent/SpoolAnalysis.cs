using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent;

/// <summary>Gives the pipeline a job's instances from the spool and keeps its results there.</summary>
internal sealed class SpoolAnalysis(HematomaPipeline pipeline, JobQueue queue, IOptions<IntakeOptions> intake)
{
    private readonly string spool = intake.Value.SpoolFolder;

    public async Task<StudyOutcome> RunAsync(StudyWork work, IProgress<StageProgress> progress, CancellationToken cancellation)
    {
        // Of two contents under one UID the later one counts; both stay in the spool.
        StudyFile[] files = [.. work.Instances.GroupBy(instance => instance.SopInstanceUid)
            .Select(same => same.OrderBy(instance => instance.Id).Last())
            .OrderBy(instance => instance.SopInstanceUid, StringComparer.Ordinal)
            .Select(instance => new StudyFile(Path.Combine(spool, instance.SpoolPath), instance.Sha256))];
        StudyInput study = new(work.StudyInstanceUid, files, [.. work.Rejected.Select(Remark).Distinct()],
            work.PredecessorObjects.FirstOrDefault(made => made.Kind == "SR") is { } earlier ? Path.Combine(spool, earlier.RelativePath) : null);
        string digest = pipeline.DigestOf(study);
        if (await queue.FindCompletedAsync(work.StudyInstanceUid, digest, cancellation) is { Findings: { } findings, Outcome: { } outcome } done)
            return new StudyOutcome(outcome, done.AnalysisReason ?? done.Reason ?? "", findings, digest, JobQueue.ParseObjects(done.Objects));

        string folder = Path.Combine("results", $"{work.JobId:D8}");
        StudyOutcome result = await pipeline.RunAsync(study, Path.Combine(spool, folder), progress, cancellation);
        return result with { Objects = [.. result.Objects.Select(made => made with { RelativePath = Path.Combine(folder, Path.GetFileName(made.RelativePath)) })] };
    }

    private static string Remark(RejectedInstance refused) => $"An instance was refused on arrival: {refused.Reason}";
}
