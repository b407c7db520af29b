using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;
using Npgsql;

namespace HematomaPacsAgent;

/// <summary>Whether the agent can do its work now: the database answers and the DICOM port is open.</summary>
internal sealed class AgentHealth(NpgsqlDataSource database, DicomListener listener)
{
    /// <returns>What is wrong, in plain words; null when nothing is.</returns>
    public async Task<string?> ComplaintAsync(CancellationToken cancellation)
    {
        try
        {
            await using NpgsqlCommand ask = database.CreateCommand("select 1");
            ask.CommandTimeout = 5;
            await ask.ExecuteScalarAsync(cancellation);
        }
        catch (Exception away) when (away is NpgsqlException or TimeoutException)
        {
            return $"the database does not answer: {away.Message}";
        }

        using Socket probe = new(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await probe.ConnectAsync(listener.LocalEndPoint, cancellation);
            return null;
        }
        catch (SocketException closed)
        {
            return $"the DICOM port {listener.LocalEndPoint} does not answer: {closed.Message}";
        }
    }
}
