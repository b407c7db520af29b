using Npgsql;

namespace HematomaPacsAgent;

/// <summary>Whether the agent can do its work now. A listener that fails ends the process, so what is left to ask is the
/// database.</summary>
internal sealed class AgentHealth(NpgsqlDataSource database)
{
    private const int SecondsToAnswer = 5;

    /// <returns>What is wrong, in plain words; null when nothing is.</returns>
    public async Task<string?> ComplaintAsync(CancellationToken cancellation)
    {
        try
        {
            await using NpgsqlCommand ask = database.CreateCommand("select 1");
            ask.CommandTimeout = SecondsToAnswer;
            await ask.ExecuteScalarAsync(cancellation);
            return null;
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            return $"the database does not answer: {away.Message}";
        }
    }
}
