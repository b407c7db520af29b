using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>Brings the schema up to date. Agents that start together wait for one another.</summary>
public sealed class Migrator(NpgsqlDataSource dataSource, ILogger<Migrator> logger)
{
    // Any number no other program on this database uses.
    private const long AdvisoryLock = 0x48504147454E54;

    /// <returns>The migrations applied, oldest first; empty when there was nothing to do.</returns>
    /// <exception cref="InvalidOperationException">The database of the connection string does not exist.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellation)
    {
        try
        {
            await using NpgsqlConnection connection = await dataSource.OpenConnectionAsync(cancellation);
            await using NpgsqlCommand take = new("select pg_advisory_lock($1)", connection)
            {
                Parameters = { new() { Value = AdvisoryLock } },
                CommandTimeout = 0,
            };
            await take.ExecuteNonQueryAsync(cancellation);
            try
            {
                await using AgentDb db = AgentDb.Open(dataSource);
                string[] pending = [.. await db.Database.GetPendingMigrationsAsync(cancellation)];
                if (pending.Length > 0) await db.Database.MigrateAsync(cancellation);
                foreach (string migration in pending) Log.Migrated(logger, migration);
                return pending;
            }
            finally
            {
                await using NpgsqlCommand release = new("select pg_advisory_unlock_all()", connection);
                await release.ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            throw new InvalidOperationException($"{e.MessageText}. Create it with: createdb (as a PostgreSQL user who may), or " +
                "correct the connection string", e);
        }
    }

    /// <summary>Migrations that the database lacks; a serving agent refuses to start with any.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken cancellation)
    {
        await using AgentDb db = AgentDb.Open(dataSource);
        return [.. await db.Database.GetPendingMigrationsAsync(cancellation)];
    }
}
