using System.Diagnostics;
using HematomaPacsAgent.Commands;

namespace HematomaPacsAgent;

/// <summary>What the demo leaves behind. A folder that an earlier demo made is made anew; any other folder with content is left
/// alone.</summary>
internal sealed class DemoFolder
{
    private const string Marker = ".made-by-hematoma-agent-demo";
    private readonly string root;

    private DemoFolder(string root)
    {
        this.root = root;
        Log = new FileLog(Path.Combine(root, "agent.log"));
    }

    public string Ct => Path.Combine(root, "ct");
    public string Archive => Path.Combine(root, "archive");
    public FileLog Log { get; }

    /// <summary>findings.json, once kept.</summary>
    public string? Findings { get; private set; }

    /// <exception cref="UsageException">The folder holds something that is not a demo's.</exception>
    public static DemoFolder Prepare(string root)
    {
        if (Directory.Exists(root) && Directory.EnumerateFileSystemEntries(root).Any())
        {
            if (!File.Exists(Path.Combine(root, Marker))) throw new UsageException($"{root} holds files that no demo made; give an empty folder with --out");
            Directory.Delete(root, recursive: true);
        }

        Directory.CreateDirectory(root);
        File.WriteAllText(Path.Combine(root, Marker), "");
        return new DemoFolder(root);
    }

    /// <summary>Keeps a copy of the job page and of what the agent wrote.</summary>
    public async Task KeepAsync(string dashboard, string results, CancellationToken cancellation)
    {
        using HttpClient http = new() { BaseAddress = new Uri(dashboard) };
        await File.WriteAllTextAsync(Path.Combine(root, "jobs.html"), await http.GetStringAsync("/", cancellation), cancellation);
        await File.WriteAllTextAsync(Path.Combine(root, "jobs.json"), await http.GetStringAsync("/api/jobs", cancellation), cancellation);
        if (!Directory.Exists(results)) return;
        foreach (string file in Directory.EnumerateFiles(results).Where(file => !file.EndsWith(".dcm", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(root, Path.GetFileName(file)));
        string findings = Path.Combine(root, "findings.json");
        if (File.Exists(findings)) Findings = await File.ReadAllTextAsync(findings, cancellation);
    }

    /// <summary>Says where everything is, and what dciodvfy thinks of the objects that came back, where it is installed.</summary>
    public void Print()
    {
        if (Directory.Exists(Archive))
            foreach (string file in Directory.EnumerateFiles(Archive, "*.dcm").Order(StringComparer.Ordinal))
            {
                string kind = Dicom.DicomFile.Open(file).Dataset.GetStringOrEmpty(Dicom.DicomTag.Modality);
                string name = Path.Combine(root, kind.ToLowerInvariant() + ".dcm");
                File.Copy(file, name, overwrite: true);
                Console.WriteLine($"{kind,-9}{name}{Validated(name)}");
            }

        if (File.Exists(Path.Combine(root, "report.png"))) Console.WriteLine($"pictures {Path.Combine(root, "report.png")}, report.pdf, slice-*.png");
        Console.WriteLine($"job page {Path.Combine(root, "jobs.html")}");
        Console.WriteLine($"findings {Path.Combine(root, "findings.json")}");
    }

    private static string Validated(string file)
    {
        if (!File.Exists("/usr/bin/dciodvfy")) return "";
        using Process check = Process.Start(new ProcessStartInfo("/usr/bin/dciodvfy", [file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _ = check.StandardOutput.ReadToEndAsync();
        string said = check.StandardError.ReadToEnd();
        check.WaitForExit();
        int errors = said.Split('\n').Count(line => line.StartsWith("Error", StringComparison.Ordinal));
        return errors == 0 ? "  (dciodvfy: no errors)" : $"  (dciodvfy: {errors} errors)";
    }

    /// <summary>The agent's log in a file, so that the demo's own output stays short.</summary>
    internal sealed class FileLog(string path) : ILoggerProvider
    {
        private readonly Lock gate = new();

        public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

        public void Dispose() { }

        private sealed class Writer(FileLog log, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (!IsEnabled(logLevel)) return;
                lock (log.gate) File.AppendAllText(log.Path, $"{logLevel} {category}[{eventId.Id}] {formatter(state, exception)} {exception?.Message}{Environment.NewLine}");
            }
        }

        private string Path { get; } = path;
    }
}
