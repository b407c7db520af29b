using HematomaPacsAgent.Pipeline.Findings;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Pipeline;

/// <summary>
/// What the pipeline logs. Event ids are stable: 2000 database, 2100 jobs, 2200 intake, 2300 delivery. Never a patient's name or id.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "Applied migration {Migration}")]
    public static partial void Migrated(ILogger logger, string migration);

    [LoggerMessage(2001, LogLevel.Information, "The private PostgreSQL {Major} in {Folder} answers")]
    public static partial void PostgresStarted(ILogger logger, int major, string folder);

    [LoggerMessage(2002, LogLevel.Warning, "Took over the private PostgreSQL in {Folder} that an agent left running")]
    public static partial void PostgresTakenOver(ILogger logger, string folder);

    [LoggerMessage(2003, LogLevel.Information, "Stopped the private PostgreSQL in {Folder}")]
    public static partial void PostgresStopped(ILogger logger, string folder);

    [LoggerMessage(2004, LogLevel.Error, "The private PostgreSQL in {Folder} did not stop: {Output}")]
    public static partial void PostgresDidNotStop(ILogger logger, string folder, string output);

    [LoggerMessage(2005, LogLevel.Error, "The private PostgreSQL in {Folder} died; starting it again")]
    public static partial void PostgresDied(ILogger logger, string folder);

    [LoggerMessage(2006, LogLevel.Critical, "The private PostgreSQL in {Folder} died and does not start; trying again")]
    public static partial void PostgresNotRevived(ILogger logger, Exception exception, string folder);

    [LoggerMessage(2100, LogLevel.Information, "Job {JobId}: study {StudyInstanceUid} claimed, attempt {Attempt} of {MaxAttempts}")]
    public static partial void JobClaimed(ILogger logger, long jobId, string studyInstanceUid, int attempt, int maxAttempts);

    [LoggerMessage(2101, LogLevel.Information, "Job {JobId}: study {StudyInstanceUid} analysed: {Outcome}")]
    public static partial void JobAnalysed(ILogger logger, long jobId, string studyInstanceUid, Outcome outcome);

    [LoggerMessage(2102, LogLevel.Information, "Job {JobId}: study {StudyInstanceUid} is not ready, next look in {Delay}: {Reason}")]
    public static partial void JobPostponed(ILogger logger, long jobId, string studyInstanceUid, TimeSpan delay, string reason);

    [LoggerMessage(2103, LogLevel.Information, "Job {JobId}: study {StudyInstanceUid} put back, the agent stops")]
    public static partial void JobPutBack(ILogger logger, long jobId, string studyInstanceUid);

    [LoggerMessage(2104, LogLevel.Warning, "Job {JobId}: study {StudyInstanceUid} failed, attempt {Attempt} of " +
        "{MaxAttempts}, permanent: {Permanent}")]
    public static partial void JobFailed(
        ILogger logger, Exception exception, long jobId, string studyInstanceUid, int attempt, int maxAttempts, bool permanent);

    [LoggerMessage(2105, LogLevel.Warning, "Job {JobId}: study {StudyInstanceUid} is no longer ours (cancelled, or another worker took " +
        "it); this run's result is dropped")]
    public static partial void LeaseLost(ILogger logger, long jobId, string studyInstanceUid);

    [LoggerMessage(2106, LogLevel.Warning, "Job {JobId}: the database did not answer; asking again")]
    public static partial void DatabaseSilent(ILogger logger, Exception exception, long jobId);

    [LoggerMessage(2107, LogLevel.Error, "The job worker stumbled and goes on")]
    public static partial void WorkerStumbled(ILogger logger, Exception exception);

    [LoggerMessage(2200, LogLevel.Warning, "Spool tidied: {Removed} unfinished files removed, {Quarantined} files that no row " +
        "names moved to {Folder}")]
    public static partial void SpoolTidied(ILogger logger, int removed, int quarantined, string folder);

    [LoggerMessage(2201, LogLevel.Warning, "{Count} studies whose association is open could not be held back; they may be " +
        "analysed early and again")]
    public static partial void HoldFailed(ILogger logger, Exception exception, int count);

    [LoggerMessage(2202, LogLevel.Warning, "Refused instance {SopInstanceUid} from {CallingAe} with 0x{Status:X4}: {Reason}")]
    public static partial void InstanceRefused(ILogger logger, string sopInstanceUid, string callingAe, int status, string reason);

    [LoggerMessage(2203, LogLevel.Error, "The refusal of instance {SopInstanceUid} could not be written to the database")]
    public static partial void RefusalNotWritten(ILogger logger, Exception exception, string sopInstanceUid);

    [LoggerMessage(2204, LogLevel.Error, "Instance {SopInstanceUid} from {CallingAe} could not be kept; its sender was told so")]
    public static partial void InstanceNotKept(ILogger logger, Exception exception, string sopInstanceUid, string callingAe);

    [LoggerMessage(2205, LogLevel.Debug, "Kept instance {SopInstanceUid} of study {StudyInstanceUid} from {CallingAe}: {Bytes} bytes")]
    public static partial void InstanceKept(ILogger logger, string sopInstanceUid, string studyInstanceUid, string callingAe, long bytes);

    [LoggerMessage(2206, LogLevel.Debug, "Instance {SopInstanceUid} of study {StudyInstanceUid} from {CallingAe} is here " +
        "already with the same content")]
    public static partial void InstanceDuplicate(ILogger logger, string sopInstanceUid, string studyInstanceUid, string callingAe);

    [LoggerMessage(2207, LogLevel.Warning, "Intake:Durability is none: a power cut loses acknowledged instances. fsync keeps them")]
    public static partial void NotDurable(ILogger logger);

    [LoggerMessage(2300, LogLevel.Information, "Job {JobId}: {Kind} {SopInstanceUid} is with {Destination}")]
    public static partial void Delivered(ILogger logger, long jobId, string kind, string sopInstanceUid, string destination);

    [LoggerMessage(2301, LogLevel.Warning, "Job {JobId}: {Kind} {SopInstanceUid} waits for {Destination}, attempt {Attempt}, " +
        "next in {Delay}: {Reason}")]
    public static partial void DeliveryWaits(
        ILogger logger, long jobId, string kind, string sopInstanceUid, string destination, int attempt, TimeSpan delay, string? reason);

    [LoggerMessage(2302, LogLevel.Error, "Job {JobId}: {Kind} {SopInstanceUid} could not be delivered to {Destination}: {Reason}")]
    public static partial void DeliveryFailed(ILogger logger, long jobId, string kind, string sopInstanceUid, string destination,
        string? reason);

    [LoggerMessage(2303, LogLevel.Error, "The delivery worker stumbled and goes on")]
    public static partial void DeliveryStumbled(ILogger logger, Exception exception);
}
