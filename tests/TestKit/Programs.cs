using System.Diagnostics;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>Outside programs that tests use as real peers and validators (DCMTK, dicom3tools, Orthanc).</summary>
public static class Programs
{
    /// <summary>Absolute path of a program on PATH (or in /usr/sbin); skips the test, naming the Debian package, when it is
    /// missing.</summary>
    public static string Find(string name, string debianPackage)
    {
        foreach (string folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/bin"))
            if (File.Exists(Path.Combine(folder, name))) return Path.Combine(folder, name);
        Assert.Skip($"{name} not installed: apt-get install {debianPackage}");
        return "";
    }

    /// <summary>Runs a program to its end and returns exit code and everything it printed (stdout, then stderr).</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, IEnumerable<string> arguments,
        CancellationToken cancellation,
        IReadOnlyDictionary<string, string>? environment = null, string? workingDirectory = null)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "" };
        WithoutOurs(start);
        foreach (var (key, value) in environment ?? new Dictionary<string, string>()) start.Environment[key] = value;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation),
            errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Takes the tests' own variables away from a program: the agent would take them for misspelled settings.</summary>
    public static ProcessStartInfo WithoutOurs(ProcessStartInfo start)
    {
        foreach (string name in (string[])["HEMATOMA_SHARED", "HEMATOMA_FUZZ_SECONDS",
            "HEMATOMA_UPDATE_DOCS"]) start.Environment.Remove(name);
        return start;
    }
}
