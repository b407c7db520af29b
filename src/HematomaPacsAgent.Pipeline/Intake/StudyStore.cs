using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// Receives instances. Success means: the bytes as received are in an fsynced file (unless <see cref="IntakeOptions.Durability"/> says
/// otherwise), and one committed transaction holds its row and its study's job. Everything refused is a row with a reason, and where its
/// study is known, a job too, so that the study ends where a person sees it.
/// </summary>
public sealed class StudyStore(
    Spool spool, DurableFiles files, JobQueue queue, StudyHold hold, NpgsqlDataSource dataSource, IOptions<IntakeOptions> options,
    ILogger<StudyStore> logger) : IStorageScp
{
    private const int NoSpaceLeft = 28, QuotaExceeded = 122; // errno, which .NET hands on as HResult
    private readonly IntakeOptions options = options.Value;
    private readonly InstanceRows rows = new(dataSource, queue, options.Value.QuietPeriod);

    /// <summary>Says what <see cref="IntakeOptions.Durability"/> costs, if anything.</summary>
    public void WarnOfDurability()
    {
        if (options.Durability == Durability.None) Log.NotDurable(logger);
    }

    public void AssociationOpened(AssociationPeer peer) => hold.Opened((peer ?? throw new ArgumentNullException(nameof(peer))).Number);

    public void AssociationClosed(AssociationPeer peer, string how) =>
        hold.Closed((peer ?? throw new ArgumentNullException(nameof(peer))).Number);

    /// <remarks>PS3.4 annex B; status codes of table B.2-1</remarks>
    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            if (spool.FreeBytes < options.MinimumFreeBytes)
                throw new RefusedInstanceException(DicomStatus.OutOfResources, "the spool's disk is nearly full: free space, or lower " +
                    "Intake:MinimumFreeBytes");
            await using IncomingFileStream incoming =
                IncomingFileStream.Create(spool.NewIncoming(), Part10Header.Write(request), digested: true);
            await request.Dataset.CopyToAsync(incoming, cancellation);
            return await KeepAsync(request, incoming, await ReceivedHeader.ReadAsync(incoming.FilePath, request, cancellation), cancellation);
        }
        catch (RefusedInstanceException refused)
        {
            return await RefuseAsync(request, refused, cancellation);
        }
        catch (IOException e) when (e.HResult is NoSpaceLeft or QuotaExceeded)
        {
            return await RefuseAsync(request, new(DicomStatus.OutOfResources, "the spool's disk is full: free space"), cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or UnauthorizedAccessException || e is IOException and not DicomNetworkException)
        {
            // The sender keeps the instance and tries again; nothing half-kept stays behind.
            Log.InstanceNotKept(logger, e, request.SopInstanceUid.Value, request.Association.CallingAeTitle);
            return DicomStatus.ProcessingFailure;
        }
    }

    private async Task<DicomStatus> KeepAsync(CStoreRequest request, IncomingFileStream incoming, ReceivedHeader header,
        CancellationToken cancellation)
    {
        string sha256 = incoming.Digest(), path = spool.NewKept(header.StudyInstanceUid, sha256);
        bool isNew = false;
        try
        {
            await incoming.KeepAsync(files, spool.InstancesFolder, path, cancellation);
            NewInstance instance = new(request, header, sha256, spool.RelativePath(path), incoming.Bytes);
            isNew = await rows.AddAsync(instance) || await ReplacesLostAsync(instance, cancellation);
        }
        catch (Exception e) when (e is not UnknownOutcomeException)
        {
            File.Delete(path);
            throw;
        }

        if (!isNew)
        {
            File.Delete(path);
            Log.InstanceDuplicate(logger, header.SopInstanceUid, header.StudyInstanceUid, request.Association.CallingAeTitle);
            return DicomStatus.Success;
        }

        hold.Note(request.Association.Number, header.StudyInstanceUid);
        Log.InstanceKept(logger, header.SopInstanceUid, header.StudyInstanceUid, request.Association.CallingAeTitle, incoming.Bytes);
        return DicomStatus.Success;
    }

    /// <summary>The content has a row already. If the file of that row is gone, the row takes the new one.</summary>
    private async Task<bool> ReplacesLostAsync(NewInstance instance, CancellationToken cancellation)
    {
        const string find = "select spool_path from instance where sop_instance_uid = @instance and sha256 = @sha256";
        const string replace = "update instance set spool_path = @path where sop_instance_uid = @instance and sha256 = @sha256 " +
            "and spool_path = @lost";
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
        await using NpgsqlCommand found = Command(find);
        if (await found.ExecuteScalarAsync(cancellation) is not string lost || File.Exists(spool.FullPath(lost))) return false;
        await using NpgsqlCommand replacing = Command(replace);
        replacing.Parameters.AddRange((NpgsqlParameter[])[new("path", instance.Path), new("lost", lost)]);
        if (await replacing.ExecuteNonQueryAsync(cancellation) == 0) return false;
        await queue.ScheduleAsync(connection, instance.Header.StudyInstanceUid, options.QuietPeriod, cancellation);
        try
        {
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            throw new UnknownOutcomeException(e);
        }

        return true;

        NpgsqlCommand Command(string sql) => new(sql, connection)
        {
            Parameters = { new("instance", instance.Header.SopInstanceUid), new("sha256", instance.Sha256) },
        };
    }

    private async Task<DicomStatus> RefuseAsync(CStoreRequest request, RefusedInstanceException refused, CancellationToken cancellation)
    {
        // A sender that insists gets one row, and its study one job.
        const string sql = """
            insert into rejected_instance (study_instance_uid, sop_instance_uid, status_code, reason, calling_ae, peer_address)
            select @study, @instance, @status, @reason, @calling, @address
            where not exists (select 1 from rejected_instance where sop_instance_uid = @instance and reason = @reason)
            """;
        Log.InstanceRefused(logger, request.SopInstanceUid.Value, request.Association.CallingAeTitle, refused.Status.Code, refused.Message);
        try
        {
            await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
            await using NpgsqlCommand command = new(sql, connection)
            {
                Parameters =
                {
                    new("study", NpgsqlDbType.Varchar) { Value = (object?)refused.StudyInstanceUid ?? DBNull.Value },
                    new("instance", NpgsqlDbType.Varchar) { Value = request.SopInstanceUid.Value }, new("status", (int)refused.Status.Code),
                    new("reason", refused.Message), new("calling", request.Association.CallingAeTitle),
                        new("address", request.Association.RemoteEndPoint.ToString()),
                },
            };
            if (await command.ExecuteNonQueryAsync(cancellation) == 1 && refused.StudyInstanceUid is { } study)
                await queue.ScheduleAsync(connection, study, options.QuietPeriod, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (NpgsqlException e)
        {
            Log.RefusalNotWritten(logger, e, request.SopInstanceUid.Value);
        }

        return refused.Status;
    }
}

/// <summary>An instance that is not taken: the status for its sender, the reason for a person.</summary>
internal sealed class RefusedInstanceException(DicomStatus status, string reason, string? studyInstanceUid = null,
    Exception? inner = null) : Exception(reason, inner)
{
    public DicomStatus Status { get; } = status;

    /// <summary>Null when the object was too damaged to say.</summary>
    public string? StudyInstanceUid { get; } = studyInstanceUid;
}
