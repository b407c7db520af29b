using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>The npm package dcmjs-dimse, an implementation of DIMSE that shares nothing with DCMTK: its server and its client, driven by
/// the scripts in dcmjs-dimse/. Installed once into a temporary folder.</summary>
public sealed class DcmjsPeer : IAsyncLifetime
{
    private static readonly string Scripts =
        Path.Combine(SharedFiles.Repository, "tests", "HematomaPacsAgent.Dicom.Tests", "Network", "dcmjs-dimse");

    private readonly TemporaryFolder folder = new();
    private string? missing;

    public async ValueTask InitializeAsync()
    {
        if (Find("node") is null || Find("npm") is null)
        {
            missing = "node and npm not installed: apt-get install nodejs npm";
            return;
        }

        foreach (string script in Directory.GetFiles(Scripts)) File.Copy(script, folder[Path.GetFileName(script)]);
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        try
        {
            var (exit, output) = await Programs.RunAsync(Find("npm")!, ["install", "--no-audit", "--no-fund", "--ignore-scripts"],
                limit.Token, workingDirectory: folder.Path);
            if (exit != 0) missing = $"npm install of dcmjs-dimse failed: {output.Split('\n').LastOrDefault(line => line.Length > 0)}";
        }
        catch (OperationCanceledException)
        {
            missing = "npm install of dcmjs-dimse took more than 3 minutes";
        }
    }

    public async Task<DcmjsServer> StartServerAsync()
    {
        Require();
        int port = Loopback.FreePort();
        DcmjsServer server = new(Process.Start(new ProcessStartInfo(Find("node")!, ["server.mjs", $"{port}"])
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        })!, port);
        await Eventually.SeeAsync("dcmjs-dimse listens", TimeSpan.FromSeconds(30), () => Task.FromResult(Loopback.IsListening(port)));
        return server;
    }

    /// <summary>Has its client send C-ECHO and the files; what it saw of the responses.</summary>
    public async Task<IReadOnlyList<JsonElement>> SendAsync(int port, string called, params string[] files)
    {
        Require();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        var (_, output) = await Programs.RunAsync(Find("node")!, ["client.mjs", $"{port}", called, .. files], cancellation,
            workingDirectory: folder.Path);
        return [.. output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Require()
    {
        if (missing is not null) Assert.Skip(missing);
    }

    private static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(path => Path.Combine(path, program)).FirstOrDefault(File.Exists);
}

/// <summary>A running server of dcmjs-dimse, and what it saw.</summary>
public sealed class DcmjsServer : IAsyncDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<JsonElement> events = new();

    internal DcmjsServer(Process process, int port)
    {
        (this.process, Port) = (process, port);
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data?.StartsWith('{') ?? false) events.Enqueue(JsonDocument.Parse(line.Data).RootElement);
        };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Port { get; }

    public IEnumerable<JsonElement> Events(string name) => events.Where(seen => seen.GetProperty("event").GetString() == name);

    /// <summary>The first event of a name.</summary>
    public Task<JsonElement> EventAsync(string name) => Eventually.FindAsync($"dcmjs-dimse saw {name}", TimeSpan.FromSeconds(20), () =>
        Task.FromResult(Events(name).Select(seen => (JsonElement?)seen).FirstOrDefault()));

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
