using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Jobs;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>A kept file that wants its row.</summary>
/// <param name="Path">Relative to the spool.</param>
/// <param name="Bytes">Of the data set as received.</param>
internal sealed record NewInstance(CStoreRequest Request, ReceivedHeader Header, string Sha256, string Path, long Bytes)
{
    public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// Writes the rows of kept instances and their studies' jobs, for all associations: what waits while a transaction commits makes the next
/// one together, so that many senders share one flush of PostgreSQL's log and a lone one waits for nobody.
/// </summary>
internal sealed class InstanceRows(NpgsqlDataSource dataSource, JobQueue queue, TimeSpan quietPeriod)
{
    private readonly Lock gate = new();
    private List<NewInstance> waiting = [];
    private bool running;

    /// <summary>Returns once the row and its study's job are committed.</summary>
    /// <returns>False when a row for the same content is there already: nothing was changed.</returns>
    /// <exception cref="NpgsqlException">Neither was written.</exception>
    /// <exception cref="UnknownOutcomeException">Both may have been written or neither: the connection was lost in the commit.</exception>
    public Task<bool> AddAsync(NewInstance instance)
    {
        lock (gate)
        {
            waiting.Add(instance);
            if (running) return instance.Done.Task;
            running = true;
        }

        _ = Task.Run(RunAsync);
        return instance.Done.Task;
    }

    private async Task RunAsync()
    {
        while (true)
        {
            List<NewInstance> round;
            lock (gate)
            {
                (round, waiting) = (waiting, []);
                if (round.Count == 0)
                {
                    running = false;
                    return;
                }
            }

            await WriteAsync(round);
        }
    }

    private async Task WriteAsync(List<NewInstance> round)
    {
        try
        {
            HashSet<NewInstance> added = await CommitAsync(round);
            foreach (NewInstance instance in round) instance.Done.SetResult(added.Contains(instance));
        }
        catch (PostgresException) when (round.Count > 1)
        {
            // One row is to blame: alone, each stands or falls for itself.
            foreach (NewInstance instance in round) await WriteAsync([instance]);
        }
        catch (Exception e)
        {
            foreach (NewInstance instance in round) instance.Done.SetException(e);
        }
    }

    /// <returns>Those that were new.</returns>
    private async Task<HashSet<NewInstance>> CommitAsync(List<NewInstance> round)
    {
        await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        // In one order, as every other agent does: rounds that meet then wait for each other, and never in a circle.
        NewInstance[] ordered = [.. round.OrderBy(i => i.Header.SopInstanceUid, StringComparer.Ordinal)
            .ThenBy(i => i.Sha256, StringComparer.Ordinal)];
        HashSet<NewInstance> added = await InsertAsync(connection, ordered);
        foreach (string study in added.Select(i => i.Header.StudyInstanceUid).Distinct().Order(StringComparer.Ordinal))
            await queue.ScheduleAsync(connection, study, quietPeriod, CancellationToken.None);
        try
        {
            await transaction.CommitAsync();
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            throw new UnknownOutcomeException(e);
        }

        return added;
    }

    private static async Task<HashSet<NewInstance>> InsertAsync(NpgsqlConnection connection, NewInstance[] round)
    {
        const string sql = """
            insert into instance (sop_instance_uid, sop_class_uid, series_instance_uid, study_instance_uid, transfer_syntax_uid, sha256,
                spool_path, bytes, calling_ae, called_ae, peer_address)
            select * from unnest(@instance, @class, @series, @study, @syntax, @sha256, @path, @bytes, @calling, @called, @address)
            on conflict (sop_instance_uid, sha256) do nothing
            returning spool_path
            """;
        await using NpgsqlCommand command = new(sql, connection);
        Add("instance", i => i.Header.SopInstanceUid);
        Add("class", i => i.Header.SopClassUid);
        Add("series", i => i.Header.SeriesInstanceUid);
        Add("study", i => i.Header.StudyInstanceUid);
        Add("syntax", i => i.Request.TransferSyntax.Uid.Value);
        Add("sha256", i => i.Sha256);
        Add("path", i => i.Path);
        Add("calling", i => i.Request.Association.CallingAeTitle);
        Add("called", i => i.Request.Association.CalledAeTitle);
        Add("address", i => i.Request.Association.RemoteEndPoint.ToString());
        command.Parameters.Add(new NpgsqlParameter<long[]>("bytes", [.. round.Select(i => i.Bytes)]));
        HashSet<string> paths = new(StringComparer.Ordinal);
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync()) paths.Add(reader.GetString(0));
        return [.. round.Where(i => paths.Contains(i.Path))];

        void Add(string name, Func<NewInstance, string> value) =>
            command.Parameters.Add(new NpgsqlParameter<string[]>(name, [.. round.Select(value)]));
    }
}

/// <summary>Whether a commit took place is not known: what it was about has to stay as it is.</summary>
internal sealed class UnknownOutcomeException(Exception inner)
    : IOException("the connection to the database was lost in a commit", inner);
