using HematomaPacsAgent.Pipeline.Database;
using Npgsql;

namespace HematomaPacsAgent;

/// <summary>
/// The agent's PostgreSQL: the one that <c>ConnectionStrings:Agent</c> names, or without one a private cluster in the data folder that this
/// process starts and stops.
/// </summary>
internal sealed class AgentDatabase : IAsyncDisposable
{
    private readonly PrivatePostgres? cluster;

    private AgentDatabase(NpgsqlDataSource source, PrivatePostgres? cluster) => (Source, this.cluster) = (source, cluster);

    public NpgsqlDataSource Source { get; }

    /// <summary>Opens the database for the agent itself; the schema is not touched.</summary>
    public static async Task<AgentDatabase> OpenAsync(IConfiguration settings, ILoggerFactory logs, CancellationToken cancellation)
    {
        if (settings.GetConnectionString("Agent") is { Length: > 0 } connectionString)
            return new AgentDatabase(NpgsqlDataSource.Create(connectionString), null);
        PrivatePostgres cluster = await PrivatePostgres.StartAsync(ClusterFolder(settings), logs.CreateLogger<PrivatePostgres>(), cancellation);
        return new AgentDatabase(NpgsqlDataSource.Create(cluster.ConnectionString), cluster);
    }

    /// <summary>Opens the database for a look or a small change: that of the agent which runs, or as <see cref="OpenAsync"/> when none
    /// does.</summary>
    public static Task<AgentDatabase> JoinAsync(IConfiguration settings, ILoggerFactory logs, CancellationToken cancellation) =>
        string.IsNullOrEmpty(settings.GetConnectionString("Agent")) && PrivatePostgres.OfRunningAgent(ClusterFolder(settings)) is { } running
            ? Task.FromResult(new AgentDatabase(NpgsqlDataSource.Create(running), null))
            : OpenAsync(settings, logs, cancellation);

    private static string ClusterFolder(IConfiguration settings) => Path.Combine(AgentHost.DataFolder(settings), "postgres");

    /// <summary>Brings the schema up to date.</summary>
    public Task<IReadOnlyList<string>> MigrateAsync(ILoggerFactory logs, CancellationToken cancellation) =>
        new Migrator(Source, logs.CreateLogger<Migrator>()).MigrateAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (cluster is not null) await cluster.DisposeAsync();
    }
}
