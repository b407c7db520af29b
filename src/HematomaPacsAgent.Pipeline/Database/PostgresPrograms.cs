using System.Diagnostics;
using System.Globalization;

namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>The installed PostgreSQL server programs of one major version, run as the user the server may run as.</summary>
internal sealed class PostgresPrograms
{
    private const string Advice = "install it (Debian, Ubuntu: apt-get install postgresql), or set a connection string to a " +
        "PostgreSQL that runs elsewhere";
    private readonly string bin;
    private readonly string[] become;

    private PostgresPrograms(string bin, int major)
    {
        this.bin = bin;
        Major = major;
        // The server refuses to run as root; its package made a user for it.
        ServerUser = Environment.IsPrivilegedProcess ? "postgres" : Environment.UserName;
        become = Environment.IsPrivilegedProcess
            ? [FindOnPath("setpriv") ?? throw new InvalidOperationException("setpriv is missing, which drops root's rights for " +
                "PostgreSQL: apt-get install util-linux, or run the agent as another user than root"),
                "--reuid=postgres", "--regid=postgres", "--clear-groups", "--inh-caps=-all", "--"]
            : [];
        if (Environment.IsPrivilegedProcess && !File.ReadLines("/etc/passwd")
            .Any(line => line.StartsWith("postgres:", StringComparison.Ordinal)))
            throw new InvalidOperationException($"PostgreSQL does not run as root, and there is no user 'postgres' to run it as: " +
                $"{Advice}, or run the agent as another user than root");
    }

    public int Major { get; }

    public string ServerUser { get; }

    /// <summary>
    /// The newest version installed; with <paramref name="major"/>, just that one, since data folders do not fit other versions.
    /// </summary>
    /// <exception cref="InvalidOperationException">Not installed.</exception>
    public static async Task<PostgresPrograms> FindAsync(int? major, CancellationToken cancellation)
    {
        SortedDictionary<int, string> found = [];
        foreach (string folder in await CandidatesAsync(cancellation))
        {
            if (!File.Exists(Path.Combine(folder, "initdb")) || !File.Exists(Path.Combine(folder, "pg_ctl"))) continue;
            var (exit, version) = await RunAsync(Path.Combine(folder, "postgres"), ["--version"], "/", cancellation);
            // "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"
            string number = string.Concat(version.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(char.IsAsciiDigit));
            if (exit == 0 && int.TryParse(number, CultureInfo.InvariantCulture, out int installed)) found.TryAdd(installed, folder);
        }

        if (major is { } wanted)
            return found.TryGetValue(wanted, out string? bin)
                ? new(bin, wanted)
                : throw new InvalidOperationException($"the data folder was made by PostgreSQL {wanted}, which is not installed: " +
                    $"apt-get install postgresql-{wanted}, or move the data to a newer version with pg_upgrade");
        return found.Count > 0 ? new(found.Values.Last(), found.Keys.Last())
            : throw new InvalidOperationException($"PostgreSQL is not installed: {Advice}");
    }

    /// <summary>Runs a program of PostgreSQL as the server's user.</summary>
    /// <returns>Exit code and everything printed.</returns>
    public Task<(int ExitCode, string Output)> RunAsync(string program, IEnumerable<string> arguments, string folder,
        CancellationToken cancellation)
    {
        string[] line = [.. become, Path.Combine(bin, program), .. arguments];
        return RunAsync(line[0], line[1..], folder, cancellation);
    }

    /// <summary>
    /// The first folder on the way down to <paramref name="folder"/> that the server's user may not enter; null when it may enter all.
    /// </summary>
    public async Task<string?> FirstClosedFolderAsync(string folder, CancellationToken cancellation)
    {
        if (await MayEnterAsync(folder)) return null;
        List<string> parents = [];
        for (string? parent = folder; parent is not null; parent = Path.GetDirectoryName(parent)) parents.Insert(0, parent);
        foreach (string parent in parents)
            if (!await MayEnterAsync(parent)) return parent;
        return null;

        // "test" is asked as the server's user: modes, ACLs and mounts all count.
        async Task<bool> MayEnterAsync(string path)
        {
            string[] line = [.. become, "/usr/bin/test", "-x", path];
            return (await RunAsync(line[0], line[1..], "/", cancellation)).ExitCode == 0;
        }
    }

    /// <summary>Gives a file or folder to the server's user.</summary>
    public async Task GiveAsync(string path, CancellationToken cancellation)
    {
        if (become.Length == 0) return;
        var (exit, output) = await RunAsync("/bin/chown", ["postgres:", path], "/", cancellation);
        if (exit != 0) throw new IOException($"{path} could not be given to the user postgres: {output.Trim()}");
    }

    private static async Task<IEnumerable<string>> CandidatesAsync(CancellationToken cancellation)
    {
        List<string> folders = [];
        if (FindOnPath("pg_config") is { } config && await RunAsync(config, ["--bindir"], "/", cancellation) is (0, var bindir))
            folders.Add(bindir.Trim());
        foreach (string root in (string[])["/usr/lib/postgresql", "/usr/libexec/postgresql", "/opt/homebrew/opt"])
            if (Directory.Exists(root))
                folders.AddRange(Directory.GetDirectories(root, "*").Select(version => Path.Combine(version, "bin")));
        foreach (string program in (string[])["postgres", "pg_ctl"])
            if (FindOnPath(program) is { } path) folders.Add(Path.GetDirectoryName(path)!);
        return folders.Distinct();
    }

    private static string? FindOnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Concat(["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"])
        .Where(Path.IsPathRooted).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string folder,
        CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        // Messages in English, and nothing of a user's own PG… settings.
        start.Environment["LC_ALL"] = "C";
        foreach (string variable in start.Environment.Keys.Where(key => key.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(variable);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation),
            errors = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output + await errors);
    }
}
