using Npgsql;

namespace HematomaPacsAgent.Pipeline.Jobs;

/// <summary>
/// An idle worker's rest: ends at a notification or after the poll interval. A lost notification costs one interval, never a job.
/// </summary>
internal sealed class QueueSignal(NpgsqlDataSource dataSource, TimeProvider time) : IAsyncDisposable
{
    private NpgsqlConnection? connection;

    public async Task WaitAsync(TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            if (connection is null)
            {
                connection = await dataSource.OpenConnectionAsync(cancellation);
                await using NpgsqlCommand listen = new($"listen {JobQueue.Channel}", connection);
                await listen.ExecuteNonQueryAsync(cancellation);
            }

            await connection.WaitAsync(interval, cancellation);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException && !cancellation.IsCancellationRequested)
        {
            await DisposeAsync();
            await Task.Delay(interval, time, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync();
        }
    }
}
