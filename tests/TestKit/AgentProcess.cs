using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>The agent as an admin runs it: a process of its own with a configuration file, to be killed and started again.</summary>
public sealed class AgentProcess : IAsyncDisposable
{
    private readonly string configuration;
    private readonly HttpClient http;
    private readonly StringWriter log = new();
    private Process? process;

    /// <param name="folder">Data folder; the configuration file lies beside the data.</param>
    /// <param name="pacsPort">Where the destination listens on loopback.</param>
    /// <param name="change">Changes to the configuration before it is written.</param>
    public AgentProcess(TemporaryFolder folder, int pacsPort, Action<JsonObject>? change = null)
    {
        (DicomPort, DashboardPort) = (Loopback.FreePort(), Loopback.FreePort());
        JsonObject settings = new()
        {
            ["DataFolder"] = folder["data"],
            ["Dicom"] = new JsonObject { ["AeTitle"] = AeTitle, ["Port"] = DicomPort,
                ["Peers"] = new JsonArray(new JsonObject { ["AeTitle"] = "*", ["Hosts"] = new JsonArray("127.0.0.1") }) },
            ["Intake"] = new JsonObject { ["QuietPeriod"] = "00:00:02", ["MinimumFreeBytes"] = 1 << 20 },
            ["Jobs"] = new JsonObject { ["Lease"] = "00:00:06", ["PollInterval"] = "00:00:00.300" },
            ["Delivery"] = new JsonObject
            {
                ["RetryFirst"] = "00:00:01",
                ["Destinations"] = new JsonArray(new JsonObject { ["Name"] = "PACS", ["AeTitle"] = OrthancPacs.AeTitle,
                    ["Host"] = "127.0.0.1", ["Port"] = pacsPort }),
            },
            ["Results"] = new JsonObject { ["AllowDemonstrationModels"] = true },
            ["Dashboard"] = new JsonObject { ["Port"] = DashboardPort },
        };
        change?.Invoke(settings);
        configuration = folder["agent.json"];
        File.WriteAllText(configuration, settings.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{DashboardPort}/") };
    }

    public const string AeTitle = "HEMATOMA";

    public int DicomPort { get; }
    public int DashboardPort { get; }
    public string ConfigurationFile => configuration;
    public string Log => log.ToString();

    /// <summary>The built executable next to this test's own build.</summary>
    public static string Program { get; } = Path.Combine(SharedFiles.Repository, "src", "HematomaPacsAgent", "bin",
        AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            ? "Release" : "Debug",
        "net10.0", "hematoma-agent.dll");

    /// <summary>Starts the agent and waits until it is healthy.</summary>
    public async Task StartAsync()
    {
        process = Process.Start(Programs.WithoutOurs(new ProcessStartInfo("dotnet", [Program, "serve", "--config", configuration])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        }))!;
        DataReceivedEventHandler keep = (_, line) => { lock (log) log.WriteLine(line.Data); };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.SeeAsync("the agent is healthy", TimeSpan.FromSeconds(60), async () =>
        {
            Assert.False(process.HasExited, $"the agent ended with {(process.HasExited ? process.ExitCode : 0)}:\n{Log}");
            try
            {
                return (await http.GetAsync("health")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, () => Log);
    }

    /// <summary>kill -9: no chance to tidy up.</summary>
    public async Task KillAsync()
    {
        process!.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as systemd stops it.</summary>
    public async Task<int> StopAsync()
    {
        await Programs.RunAsync("/bin/kill", ["-TERM", process!.Id.ToString()], CancellationToken.None);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    /// <summary>The job table as the admin's page shows it, newest first.</summary>
    public async Task<JsonElement[]> JobsAsync()
    {
        try
        {
            return [.. JsonDocument.Parse(await http.GetStringAsync("api/jobs")).RootElement.EnumerateArray()];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    /// <summary>Waits for the study's newest job to be in one of the states and returns its row.</summary>
    public async Task<JsonElement> SeeJobAsync(string studyInstanceUid, TimeSpan limit, params string[] states)
    {
        string seen = "no row";
        return await Eventually.FindAsync<JsonElement>($"job of the study in state {string.Join(" or ", states)}", limit, async () =>
        {
            JsonElement row = (await JobsAsync()).FirstOrDefault(job => job.GetProperty("studyInstanceUid").GetString() == studyInstanceUid);
            if (row.ValueKind == JsonValueKind.Undefined) return null;
            seen = row.ToString();
            return states.Contains(row.GetProperty("state").GetString()) ? row : null;
        }, () => $"last seen: {seen}\n{Log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (process is { HasExited: false }) await StopAsync();
        http.Dispose();
    }
}
