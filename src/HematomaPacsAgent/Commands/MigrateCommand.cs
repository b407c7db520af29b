using System.CommandLine;

namespace HematomaPacsAgent.Commands;

internal static class MigrateCommand
{
    public static Command Build()
    {
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("migrate", "brings the database schema up to date (serve does it too); says what was applied") { config };
        command.Runs(async (parsed, cancellation) =>
        {
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            using ILoggerFactory logs = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
            await using AgentDatabase database = await AgentDatabase.JoinAsync(settings, logs, cancellation);
            IReadOnlyList<string> applied = await database.MigrateAsync(logs, cancellation);
            Console.WriteLine(applied.Count == 0 ? "the schema is up to date" : $"applied: {string.Join(", ", applied)}");
            return CommandRun.Done;
        });
        return command;
    }
}
