using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Dashboard;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Phantoms;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class DemoCommand
{
    private const int DemoSeed = 15;
    private const double VolumeTolerance = 0.20;

    public static Command Build()
    {
        Option<string?> input = new("--input", "-i") { Description = "folder with a head CT of yours; without it a computer-made head is used" };
        Option<DirectoryInfo> output = new("--out", "-o") { Description = "folder for the results", DefaultValueFactory = _ => new DirectoryInfo("demo-out") };
        Command command = new("demo", """
            the whole loop on this machine, over real sockets: the agent with a private PostgreSQL, and a receiving archive in the PACS's place.
            Sends a head CT by C-STORE, waits for SEG and SR, prints the findings and leaves everything in the output folder
            """) { input, output };
        command.Runs((parsed, cancellation) =>
        {
            // Before the folder of an earlier demo is made anew.
            IReadOnlyList<string>? files = parsed.GetValue(input) is { } folder ? DicomFolder.Files(folder) : null;
            return RunAsync(files, DemoFolder.Prepare(parsed.GetValue(output)!.FullName), cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(IReadOnlyList<string>? input, DemoFolder folder, CancellationToken cancellation)
    {
        using ILoggerFactory logs = LoggerFactory.Create(logging => logging.AddProvider(folder.Log));
        (IReadOnlyList<string> files, PhantomCase? phantom) = Input(input, folder);
        string data = Directory.CreateTempSubdirectory("hematoma-demo-").FullName; // short, and open to PostgreSQL's user: its socket lies there
        try
        {
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(data, File.GetUnixFileMode(data) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            Console.WriteLine("Starting: archive, private PostgreSQL, agent ...");
            using CancellationTokenSource stopArchive = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using DurableFiles kept = new(Durability.Fsync);
            DicomListener archive = ReceiveCommand.Listener("127.0.0.1", 0, "ARCHIVE", new FolderArchive(folder.Archive, kept, (_, _) => { }), logs);
            archive.Start();
            Task archiving = archive.RunAsync(stopArchive.Token);

            IConfiguration settings = AgentSettings.Load(null, Settings(data, archive.LocalEndPoint.Port));
            using Inference inference = InferenceProcess.Begin(settings);
            using Models models = Models.Load(AgentHost.Validated<ModelOptions>(settings, "Models"), inference);
            int code;
            await using (AgentDatabase database = await AgentDatabase.OpenAsync(settings, logs, cancellation))
            {
                await database.MigrateAsync(logs, cancellation);
                await using WebApplication agent = AgentHost.Build(settings, database.Source, models, logging => logging.AddProvider(folder.Log));
                await agent.StartAsync(cancellation);
                DicomListener listener = agent.Services.GetRequiredService<DicomListener>();
                Console.WriteLine($"Agent HEMATOMA@{listener.LocalEndPoint}, archive ARCHIVE@{archive.LocalEndPoint}, job page {agent.Urls.First()}");
                if (!await SendCommand.SendAsync(files, new RemoteAe("HEMATOMA", "127.0.0.1", listener.LocalEndPoint.Port), "DEMO", cancellation)) return CommandRun.Failed;
                JobRow job = await WatchAsync(database, cancellation);
                await folder.KeepAsync(agent.Urls.First(), Path.Combine(AgentHost.SpoolFolder(settings), "results", $"{job.Id:D8}"), cancellation);
                code = Report(job, phantom, folder);
                await agent.StopAsync(CancellationToken.None);
            }

            await stopArchive.CancelAsync();
            await archiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return code;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static (IReadOnlyList<string> Files, PhantomCase? Phantom) Input(IReadOnlyList<string>? input, DemoFolder folder)
    {
        if (input is not null) return (input, null);
        Console.WriteLine($"Making a head with a hematoma of known volume (seed {DemoSeed}) ...");
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(DemoSeed, 512));
        return (PhantomSeries.Write(folder.Ct, phantom.Volume, DemoSeed.ToString(CultureInfo.InvariantCulture)), phantom);
    }

    private static Dictionary<string, string?> Settings(string data, int archivePort) => new()
    {
        ["DataFolder"] = data,
        ["ConnectionStrings:Agent"] = "",
        ["Intake:SpoolFolder"] = "",
        ["Intake:QuietPeriod"] = "00:00:02",
        ["Jobs:PollInterval"] = "00:00:00.5",
        ["Dicom:AeTitle"] = "HEMATOMA",
        ["Dicom:BindAddress"] = "127.0.0.1",
        ["Dicom:Port"] = "0",
        ["Dicom:Peers:0:AeTitle"] = "DEMO",
        ["Dicom:Peers:0:Hosts:0"] = "127.0.0.1",
        ["Dashboard:Port"] = "0",
        ["Results:AllowDemonstrationModels"] = "true",
        ["Delivery:Destinations:0:Name"] = "ARCHIVE",
        ["Delivery:Destinations:0:AeTitle"] = "ARCHIVE",
        ["Delivery:Destinations:0:Host"] = "127.0.0.1",
        ["Delivery:Destinations:0:Port"] = archivePort.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Follows the one job in the job table until it is final.</summary>
    private static Task<JobRow> WatchAsync(AgentDatabase database, CancellationToken cancellation) =>
        AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("waiting until the study is quiet", maxValue: 1);
            while (true)
            {
                if (await JobRow.ReadAsync(database.Source, 1, null, cancellation) is [var job])
                {
                    bar.Description = job.State switch
                    {
                        JobState.Running => job.Stage ?? "starting",
                        JobState.Delivering => "delivering to the archive",
                        JobState.Available => "waiting until the study is quiet",
                        _ => job.State.ToString().ToLowerInvariant(),
                    };
                    bar.Value = job.State == JobState.Delivering ? 0.98 : job.Progress;
                    if (job.FinalizedAt is not null)
                    {
                        bar.Value = 1;
                        return job;
                    }
                }

                await Task.Delay(200, cancellation);
            }
        });

    private static int Report(JobRow job, PhantomCase? phantom, DemoFolder folder)
    {
        Console.WriteLine();
        Console.WriteLine(job.Reason);
        if (folder.Findings is { } findings) FindingsTable.Print(findings);
        Console.WriteLine(Notices.Demonstration);
        folder.Print();
        if (job.State != JobState.Completed) return CommandRun.Failed;
        if (job.Outcome == Outcome.NotEligible) return CommandRun.NotEligible;
        if (phantom is null || folder.Findings is null) return CommandRun.Done;

        double found = JsonDocument.Parse(folder.Findings).RootElement.GetProperty("segmentation").GetProperty("volumesMl").GetProperty("hematoma").GetDouble();
        double error = found / phantom.HematomaMl - 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"The phantom's hematoma has {phantom.HematomaMl:F1} ml; found were {found:F1} ml ({error:+0.0%;-0.0%}), "
            + $"{(Math.Abs(error) <= VolumeTolerance ? "within" : "NOT within")} {VolumeTolerance:P0}."));
        string[] signs = [.. phantom.Signs.Where(sign => sign.Value).Select(sign => sign.Key)];
        Console.WriteLine($"It was made with these signs: {(signs.Length > 0 ? string.Join(", ", signs) : "none")}. The demonstration classifier may say otherwise.");
        return Math.Abs(error) <= VolumeTolerance ? CommandRun.Done : CommandRun.Failed;
    }
}
