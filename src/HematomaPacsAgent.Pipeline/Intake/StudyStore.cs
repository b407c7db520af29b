using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// Receives instances. Success means: the bytes as received are in an fsynced file, and one committed transaction holds its row and its
/// study's job. Everything refused is a row with a reason, and where its study is known, a job too, so that the study ends where a person
/// sees it.
/// </summary>
public sealed class StudyStore(
    Spool spool, JobQueue queue, StudyHold hold, NpgsqlDataSource dataSource, IOptions<IntakeOptions> options,
    ILogger<StudyStore> logger) : IStorageScp
{
    private const int NoSpaceLeft = 28, QuotaExceeded = 122; // errno, which .NET hands on as HResult
    private readonly IntakeOptions options = options.Value;

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
            await using IncomingFile incoming = await IncomingFile.CreateAsync(spool, Part10Header.Write(request), cancellation);
            await request.Dataset.CopyToAsync(incoming, cancellation);
            return await KeepAsync(request, incoming, ReceivedHeader.Read(incoming.FilePath, request), cancellation);
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

    private async Task<DicomStatus> KeepAsync(CStoreRequest request, IncomingFile incoming, ReceivedHeader header,
        CancellationToken cancellation)
    {
        string sha256 = incoming.Digest();
        string? knownPath = await FindAsync(header.SopInstanceUid, sha256, cancellation);
        if (knownPath is not null && File.Exists(spool.FullPath(knownPath)))
        {
            Log.InstanceDuplicate(logger, header.SopInstanceUid, header.StudyInstanceUid, request.Association.CallingAeTitle);
            return DicomStatus.Success;
        }

        string path = await incoming.KeepAsync(spool, header.StudyInstanceUid, sha256);
        bool mayBeCommitted = false;
        try
        {
            await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellation);
            if (!await InsertAsync(connection, request, header, sha256, path, incoming.Bytes, knownPath ?? "", cancellation))
            {
                File.Delete(spool.FullPath(path)); // Two senders, one content: the other was first, and its file stays.
                return DicomStatus.Success;
            }

            await queue.ScheduleAsync(connection, header.StudyInstanceUid, options.QuietPeriod, cancellation);
            mayBeCommitted = true;
            await transaction.CommitAsync(CancellationToken.None);
        }
        catch when (!mayBeCommitted)
        {
            File.Delete(spool.FullPath(path));
            throw;
        }

        hold.Note(request.Association.Number, header.StudyInstanceUid);
        Log.InstanceKept(logger, header.SopInstanceUid, header.StudyInstanceUid, request.Association.CallingAeTitle, incoming.Bytes);
        return DicomStatus.Success;
    }

    private async Task<string?> FindAsync(string sopInstanceUid, string sha256, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand("select spool_path from instance where " +
            "sop_instance_uid = $1 and sha256 = $2");
        command.Parameters.Add(new() { Value = sopInstanceUid });
        command.Parameters.Add(new() { Value = sha256 });
        return (string?)await command.ExecuteScalarAsync(cancellation);
    }

    /// <returns>False when the same content is here already; a row whose file is gone (<paramref name="lostPath"/>) takes the new
    /// one.</returns>
    private static async Task<bool> InsertAsync(NpgsqlConnection connection, CStoreRequest request, ReceivedHeader header, string sha256,
        string path,
        long bytes, string lostPath, CancellationToken cancellation)
    {
        const string sql = """
            insert into instance (sop_instance_uid, sop_class_uid, series_instance_uid, study_instance_uid, transfer_syntax_uid, sha256,
                spool_path, bytes,
                                  calling_ae, called_ae, peer_address)
            values (@instance, @class, @series, @study, @syntax, @sha256, @path, @bytes, @calling, @called, @address)
            on conflict (sop_instance_uid, sha256) do update set spool_path = excluded.spool_path where instance.spool_path = @lost
            returning id
            """;
        await using NpgsqlCommand command = new(sql, connection)
        {
            Parameters =
            {
                new("instance", header.SopInstanceUid), new("class", header.SopClassUid), new("series", header.SeriesInstanceUid),
                new("study", header.StudyInstanceUid),
                new("syntax", request.TransferSyntax.Uid.Value), new("sha256", sha256), new("path", path),
                new("bytes", bytes), new("calling", request.Association.CallingAeTitle), new("called", request.Association.CalledAeTitle),
                new("address", request.Association.RemoteEndPoint.ToString()), new("lost", lostPath),
            },
        };
        return await command.ExecuteScalarAsync(cancellation) is not null;
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
