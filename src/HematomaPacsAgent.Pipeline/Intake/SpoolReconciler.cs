using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// Tidies the spool at start after a crash: what stopped arriving is removed (its sender was never told that it is kept and sends it
/// again), and a file that no row names is moved to quarantine, since it may have been kept without its row.
/// </summary>
public sealed class SpoolReconciler(Spool spool, NpgsqlDataSource dataSource, IOptions<IntakeOptions> options, TimeProvider time,
    ILogger<SpoolReconciler> logger)
{
    private const int Batch = 1000;

    public async Task<SpoolTidied> ReconcileAsync(CancellationToken cancellation)
    {
        // Another agent may be receiving into the same spool: young files are its own business.
        DateTime before = (time.GetUtcNow() - options.Value.OrphanAge).UtcDateTime;
        int removed = 0, quarantined = 0;
        foreach (string part in Directory.EnumerateFiles(spool.IncomingFolder, "*.part").Where(IsOld))
        {
            File.Delete(part);
            removed++;
        }

        IEnumerable<string> kept = Directory.EnumerateFiles(spool.InstancesFolder, "*.dcm", SearchOption.AllDirectories);
        foreach (string[] paths in kept.Where(IsOld).Chunk(Batch))
        {
            cancellation.ThrowIfCancellationRequested();
            HashSet<string> known = await KnownAsync([.. paths.Select(Relative)], cancellation);
            foreach (string path in paths.Where(path => !known.Contains(Relative(path))))
            {
                File.Move(path, Path.Combine(spool.QuarantineFolder, Path.GetFileName(path)), overwrite: false);
                quarantined++;
            }
        }

        if (removed + quarantined > 0) Log.SpoolTidied(logger, removed, quarantined, spool.QuarantineFolder);
        return new(removed, quarantined);

        bool IsOld(string path) => File.GetLastWriteTimeUtc(path) < before;
    }

    private string Relative(string path) => Path.GetRelativePath(spool.Root, path);

    private async Task<HashSet<string>> KnownAsync(string[] paths, CancellationToken cancellation)
    {
        await using NpgsqlCommand command = dataSource.CreateCommand("select spool_path from instance where spool_path = any($1)");
        command.Parameters.Add(new() { Value = paths });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellation);
        HashSet<string> known = [];
        while (await reader.ReadAsync(cancellation)) known.Add(reader.GetString(0));
        return known;
    }
}

/// <summary>What a start found in the spool.</summary>
public sealed record SpoolTidied(int PartsRemoved, int Quarantined);
