using HematomaPacsAgent.Pipeline.Database;
using Microsoft.EntityFrameworkCore.Design;
using Npgsql;

namespace HematomaPacsAgent.Migrations;

/// <summary>For <c>dotnet ef</c> alone: generating a migration needs the model, never a server.</summary>
internal sealed class DesignTime : IDesignTimeDbContextFactory<AgentDb>
{
    public AgentDb CreateDbContext(string[] args) => AgentDb.Open(NpgsqlDataSource.Create("Host=localhost"));
}
