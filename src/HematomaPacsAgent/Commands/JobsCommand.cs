using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HematomaPacsAgent.Dashboard;
using HematomaPacsAgent.Pipeline.Jobs;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class JobsCommand
{
    public static Command Build()
    {
        Argument<long> id = new("ID") { Description = "number of the job" };
        Option<int> limit = new("--limit") { Description = "rows to show, newest first", DefaultValueFactory = _ => 20 };
        Option<bool> json = new("--json") { Description = "as JSON, for scripts" };
        Option<FileInfo?> config = CommandRun.ConfigOption();

        Command list = new("list", "the newest jobs: study, state, outcome and reason") { limit, json, config };
        list.Runs((parsed, cancellation) => WithDatabaseAsync(parsed.GetValue(config), async database =>
        {
            IReadOnlyList<JobRow> rows = await JobRow.ReadAsync(database.Source, parsed.GetValue(limit), null, cancellation);
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(rows, DashboardApi.JsonOptions));
            else Print(rows);
            return CommandRun.Done;
        }, cancellation));

        Command show = new("show", "one job with all that is known of it, as JSON") { id, config };
        show.Runs((parsed, cancellation) => WithDatabaseAsync(parsed.GetValue(config), async database =>
        {
            if (await JobRow.ReadAsync(database.Source, 1, parsed.GetValue(id), cancellation) is not [var row]) throw new UsageException($"there is no job {parsed.GetValue(id)}");
            Console.WriteLine(JsonSerializer.Serialize(row, DashboardApi.IndentedJson));
            return CommandRun.Done;
        }, cancellation));

        return new Command("jobs", "the job table: what happened to each study and why")
        {
            list,
            show,
            Change("retry", "puts a failed job, or its failed deliveries, back into the queue", id, config, (queue, job, cancellation) => queue.RetryAsync(job, cancellation)),
            Change("cancel", "stops a job that is not finished", id, config, (queue, job, cancellation) => queue.CancelAsync(job, "cancelled on the command line", cancellation)),
            Change("rerun", "analyses the study of a finished job anew", id, config, (queue, job, cancellation) => queue.RerunAsync(job, cancellation)),
        };
    }

    private static Command Change(string name, string description, Argument<long> id, Option<FileInfo?> config, Func<JobQueue, long, CancellationToken, Task<JobChange>> change)
    {
        Command command = new(name, description) { id, config };
        command.Runs((parsed, cancellation) => WithDatabaseAsync(parsed.GetValue(config), async database =>
        {
            JobChange answer = await change(new JobQueue(database.Source, Options.Create(new JobOptions())), parsed.GetValue(id), cancellation);
            Console.WriteLine(answer.Message);
            return answer.Done ? CommandRun.Done : CommandRun.Failed;
        }, cancellation));
        return command;
    }

    private static async Task<int> WithDatabaseAsync(FileInfo? config, Func<AgentDatabase, Task<int>> work, CancellationToken cancellation)
    {
        IConfiguration settings = AgentSettings.Load(config?.FullName);
        using ILoggerFactory logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
        await using AgentDatabase database = await AgentDatabase.JoinAsync(settings, logs, cancellation);
        await database.MigrateAsync(logs, cancellation);
        return await work(database);
    }

    private static void Print(IReadOnlyList<JobRow> rows)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("Job", "Study", "State", "Outcome", "Reason", "Deliveries");
        foreach (JobRow row in rows)
            table.AddRow(row.Id.ToString(CultureInfo.InvariantCulture), row.StudyInstanceUid, row.State.ToString().ToLowerInvariant(), row.Outcome?.ToString() ?? "",
                Markup.Escape(row.Reason ?? ""), Markup.Escape(string.Join("\n", row.Deliveries.Select(d => $"{d.Kind} → {d.Destination}: {d.State}".ToLowerInvariant()))));
        AnsiConsole.Write(table);
    }
}
