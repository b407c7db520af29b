using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Tests.Database;

public sealed class SchemaTests(PostgresCluster cluster)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_migrations_hold_every_change_of_the_model()
    {
        await using NpgsqlDataSource nowhere = NpgsqlDataSource.Create("Host=/nowhere");
        await using AgentDb db = AgentDb.Open(nowhere);
        Assert.False(db.Database.HasPendingModelChanges(), "run: dotnet ef migrations add NAME -p migrations -s src/HematomaPacsAgent " +
            "-o . -n HematomaPacsAgent.Migrations");
    }

    [Fact]
    public async Task Agents_that_migrate_at_once_wait_for_one_another()
    {
        string empty = await cluster.CreateDatabaseAsync("empty", _ => Task.CompletedTask, Cancellation);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(empty);
        Migrator migrator = new(source, NullLogger<Migrator>.Instance);
        Assert.NotEmpty(await migrator.PendingAsync(Cancellation));
        var applied = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => migrator.MigrateAsync(Cancellation)));
        Assert.Single(applied, migrations => migrations.Count > 0);
        Assert.Empty(await migrator.PendingAsync(Cancellation));
    }

    [Fact]
    public async Task A_missing_database_is_named_with_the_remedy()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        NpgsqlConnectionStringBuilder missing = new(database.ConnectionString) { Database = "not_there" };
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(missing.ConnectionString);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => new Migrator(source, NullLogger<Migrator>.Instance)
            .MigrateAsync(Cancellation));
        Assert.Contains("not_there", e.Message, StringComparison.Ordinal);
        Assert.Contains("createdb", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Outcome.NoHematoma, "no-hematoma")]
    [InlineData(Outcome.NotEligible, "not-eligible")]
    public void Stored_words_are_those_of_the_findings(Outcome outcome, string text)
    {
        Assert.Equal(text, EnumText<Outcome>.Of(outcome));
        Assert.Equal($"\"{text}\"", System.Text.Json.JsonSerializer.Serialize(outcome));
        Assert.Equal(outcome, EnumText<Outcome>.Parse(text));
        Assert.Throws<FormatException>(() => EnumText<Outcome>.Parse("maybe"));
    }

    [Theory]
    [InlineData("update job set state = 'sleeping'")]
    [InlineData("update job set state = 'running'")]
    [InlineData("update job set state = 'completed', reason = 'done', finalized_at = now()")]
    [InlineData("update job set state = 'discarded', finalized_at = now()")]
    [InlineData("update job set attempt = max_attempts + 1")]
    [InlineData("insert into job (study_instance_uid, max_attempts) select study_instance_uid, 5 from job")]
    [InlineData("insert into delivery (job_id, destination, kind, sop_instance_uid, sop_class_uid, path, state) select id, 'PACS', " +
        "'SR', '1', '2', 'x', 'sending' from job")]
    public async Task No_row_can_contradict_itself(string sql)
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        await database.ScheduleAsync("1.2.3");
        var e = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(sql));
        Assert.StartsWith("23", e.SqlState, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_survives_the_way_into_the_table_and_back()
    {
        await using TestDatabase database = await TestDatabase.CreateAsync(cluster);
        long id = await database.ScheduleAsync("1.2.3", TimeSpan.FromHours(1));
        await using AgentDb db = database.Open();
        Job job = await db.Jobs.SingleAsync(Cancellation);
        Assert.Equal(id, job.Id);
        Assert.Equal(JobState.Available, job.State);
        Assert.Equal(5, job.MaxAttempts);
        Assert.Null(job.Outcome);
        Assert.Equal("[]", job.Objects);
        Assert.InRange((job.ScheduledAt - job.CreatedAt).TotalMinutes, 59, 61);
    }
}
