using System.CommandLine;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Delivery;
using Npgsql;

namespace HematomaPacsAgent.Commands;

internal static class ServeCommand
{
    private static readonly TimeSpan DatabaseRetry = TimeSpan.FromSeconds(5);

    public static Command Build()
    {
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("serve", "the worker: receives, analyses, delivers and shows the job page, until stopped (Ctrl+C or SIGTERM)") { config };
        command.Runs(async (parsed, cancellation) =>
        {
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            AgentHost.Check(settings);
            void Logging(ILoggingBuilder logging) => logging.AddConfiguration(settings.GetSection("Logging"))
                .AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "yyyy-MM-dd HH:mm:ss.fff "));
            using ILoggerFactory logs = LoggerFactory.Create(Logging);
            if (Jpeg2000Process.Trouble(cancellation) is { } trouble) Console.WriteLine(trouble);
            using Inference inference = InferenceProcess.Begin(settings);
            using Models models = Models.Load(AgentHost.Validated<ModelOptions>(settings, "Models"), inference);
            await using AgentDatabase database = await AgentDatabase.OpenAsync(settings, logs, cancellation);
            await MigrateWhenThereAsync(database, logs, cancellation);
            await using WebApplication app = AgentHost.Build(settings, database.Source, models, Logging);
            await StartAsync(app, settings, cancellation);
            Console.WriteLine($"""
                listening for DICOM at {app.Services.GetRequiredService<DicomListener>().LocalEndPoint} as {settings["Dicom:AeTitle"] ?? new DicomOptions().AeTitle}
                job page: {string.Join(" ", app.Urls)}
                spool: {AgentHost.SpoolFolder(settings)}
                results go to: {Destinations(settings)}
                """);
            using CancellationTokenRegistration stop = cancellation.Register(app.Lifetime.StopApplication);
            await app.WaitForShutdownAsync(CancellationToken.None);
            return CommandRun.Done;
        });
        return command;
    }

    private static async Task StartAsync(WebApplication app, IConfiguration settings, CancellationToken cancellation)
    {
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (System.Net.Sockets.SocketException busy) when (busy.SocketErrorCode == System.Net.Sockets.SocketError.AddressAlreadyInUse)
        {
            throw new InvalidOperationException($"the DICOM port {settings["Dicom:Port"] ?? "11112"} is in use: stop the other program, or set Dicom:Port", busy);
        }
        catch (IOException busy) when (busy.Message.Contains("in use", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"the port {settings["Dashboard:Port"] ?? "8105"} of the job page is in use: stop the other program, or set Dashboard:Port", busy);
        }
    }

    private static string Destinations(IConfiguration settings) =>
        AgentHost.Validated<DeliveryOptions>(settings, "Delivery").Destinations is { Count: > 0 } all
            ? string.Join(", ", all.Select(destination => $"{destination.AeTitle}@{destination.Host}:{destination.Port}"))
            : "nowhere, no destination is configured (Delivery:Destinations)";

    /// <summary>A worker that starts with the machine often starts before its database: it waits and says so, instead of giving
    /// up.</summary>
    private static async Task MigrateWhenThereAsync(AgentDatabase database, ILoggerFactory logs, CancellationToken cancellation)
    {
        while (true)
            try
            {
                await database.MigrateAsync(logs, cancellation);
                return;
            }
            catch (NpgsqlException away) when (away.IsTransient || away.InnerException is IOException or System.Net.Sockets.SocketException)
            {
                Console.WriteLine($"the database does not answer ({away.Message}); trying again in {DatabaseRetry.TotalSeconds:F0} s");
                await Task.Delay(DatabaseRetry, cancellation);
            }
    }
}
