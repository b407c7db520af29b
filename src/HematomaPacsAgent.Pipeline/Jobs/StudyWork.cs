using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Findings;

namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>What one claimed job is to analyse: everything kept of its study at the claim.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Attempt">Which claim of the job this is, from 1.</param>
/// <param name="StudyInstanceUid">Its study.</param>
/// <param name="Instances">In order of arrival; two contents of one SOP Instance UID are both here.</param>
/// <param name="Rejected">What was refused of this study, in order of arrival.</param>
/// <param name="Supersedes">The job before this one, if the study had any.</param>
/// <param name="PredecessorObjects">The objects of the nearest earlier job of the study that made any; empty without one.</param>
public sealed record StudyWork(long JobId, int Attempt, string StudyInstanceUid, IReadOnlyList<Instance> Instances,
    IReadOnlyList<RejectedInstance> Rejected, long? Supersedes, IReadOnlyList<ResultObject> PredecessorObjects);

/// <summary>
/// Analyses one study. Throws <see cref="PermanentJobException"/> when no retry can help, <see cref="PostponeJobException"/> when the
/// study is not ready yet; anything else it throws is retried. Must give the same objects, UIDs included, for the same input.
/// </summary>
public delegate Task<StudyOutcome> StudyAnalysis(StudyWork work, IProgress<StageProgress> progress, CancellationToken cancellation);

/// <param name="Outcome">How it ended; never <see cref="Outcome.Failed"/>, for which an analysis throws.</param>
/// <param name="Reason">The outcome in plain words.</param>
/// <param name="FindingsJson">findings.json.</param>
/// <param name="InputDigest">Digest of the instances and the models used: the key of <see cref="JobQueue.FindCompletedAsync"/>.</param>
/// <param name="Objects">What is to be delivered, to each destination.</param>
public sealed record StudyOutcome(Outcome Outcome, string Reason, string FindingsJson, string InputDigest,
    IReadOnlyList<ResultObject> Objects);

/// <param name="Kind"><c>SEG</c> or <c>SR</c>.</param>
/// <param name="SopClassUid">Its SOP class.</param>
/// <param name="SopInstanceUid">Its identity, derived from the input: the same on every retry.</param>
/// <param name="RelativePath">Part 10 file, relative to the spool folder.</param>
public sealed record ResultObject(string Kind, string SopClassUid, string SopInstanceUid, string RelativePath);

/// <param name="Stage">Name of the stage that runs now.</param>
/// <param name="Fraction">Of the whole job, 0 to 1.</param>
public sealed record StageProgress(string Stage, double Fraction);

/// <summary>One object for one destination.</summary>
public sealed record NewDelivery(string Destination, ResultObject Object);
