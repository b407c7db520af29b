using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace HematomaPacsAgent.Pipeline.Tests.Database;

/// <summary>A migrated database for one test, and shorthand to look into it.</summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private TestDatabase(string connectionString)
    {
        ConnectionString = connectionString;
        Source = NpgsqlDataSource.Create(connectionString);
    }

    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    public static async Task<TestDatabase> CreateAsync(PostgresCluster cluster) =>
        new(await cluster.CreateDatabaseAsync("agent", async connectionString =>
        {
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(connectionString);
            await new Migrator(source, NullLogger<Migrator>.Instance).MigrateAsync(TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken));

    public JobQueue Queue(JobOptions? options = null) => new(Source, Options.Create(options ?? new JobOptions()));

    public AgentDb Open() => AgentDb.Open(Source);

    public async Task<long> ScheduleAsync(string study, TimeSpan quiet = default, JobOptions? options = null)
    {
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await Queue(options).ScheduleAsync(connection, study, quiet, TestContext.Current.CancellationToken);
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using NpgsqlCommand command = Source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
