using System.Globalization;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>
/// A PostgreSQL of its own for a test assembly (an xunit assembly fixture): unix socket only, its durability off, started at the first
/// use, gone at the end. Where PostgreSQL is not installed the tests that ask for it are skipped.
/// </summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private const string Role = "app";
    private static int clusters;
    private readonly SemaphoreSlim gate = new(1);
    private readonly string folder = Path.Combine("/tmp", $"hpa-pg-{Environment.ProcessId}-{Interlocked.Increment(ref clusters)}");
    private readonly HashSet<string> templates = [];
    private int databases;
    private bool started;

    /// <summary>Folder of the PostgreSQL programs; skips the test without one.</summary>
    public static string Programs
    {
        get
        {
            if (Directory.Exists("/usr/lib/postgresql"))
            {
                string? found = Directory.GetDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
                    .Where(bin => File.Exists(Path.Combine(bin, "initdb")))
                        .OrderByDescending(bin => bin, StringComparer.Ordinal).FirstOrDefault();
                if (found is not null) return found;
            }

            return Path.GetDirectoryName(TestKit.Programs.Find("initdb", "postgresql"))!;
        }
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>
    /// A new database, a copy of the template of that name. The template itself is made once, by <paramref name="fill"/>.
    /// </summary>
    /// <param name="template">Name of the template: lower-case letters and underscores.</param>
    /// <param name="fill">Gets the connection string of the empty template; must leave no connection open (<c>Pooling=false</c> is in the
    /// string).</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>A connection string for Npgsql.</returns>
    public async Task<string> CreateDatabaseAsync(string template, Func<string, Task> fill, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(fill);
        await gate.WaitAsync(cancellation);
        try
        {
            if (!started) await StartAsync(cancellation);
            if (templates.Add(template))
            {
                await CreateAsync(template, "template0", cancellation);
                await fill(ConnectionString(template) + ";Pooling=false");
            }

            string name = string.Create(CultureInfo.InvariantCulture, $"{template}_{++databases}");
            await CreateAsync(name, template, cancellation);
            return ConnectionString(name);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Stops the server at once, as a crash of its machine would look to a client.</summary>
    public Task StopServerAsync(CancellationToken cancellation) => PgCtlAsync(["-m", "immediate", "stop"], cancellation);

    public Task StartServerAsync(CancellationToken cancellation) => PgCtlAsync(
        ["-l", $"{folder}/log", "-o", $"-c listen_addresses='' -c unix_socket_directories={folder} -c unix_socket_permissions=0777 -c " +
            "fsync=off -c max_connections=200", "start"],
        cancellation);

    public async ValueTask DisposeAsync()
    {
        if (started && File.Exists($"{folder}/data/postmaster.pid")) await PgCtlAsync(["-m", "immediate", "stop"], CancellationToken.None);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        gate.Dispose();
    }

    private string ConnectionString(string database) => $"Host={folder};Username={Role};Database={database};Include Error Detail=true";

    private async Task StartAsync(CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        // The server's user and, on the socket in it, the tests' user both come here.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        if (Environment.IsPrivilegedProcess) await RunAsync("/bin/chown", ["postgres:", folder], cancellation);
        await RunAsServerAsync("initdb",
            ["-D", $"{folder}/data", "-U", Role, "--auth=peer", "--auth-host=reject", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                cancellation);
        await File.WriteAllTextAsync($"{folder}/data/pg_ident.conf", $"m {Environment.UserName} {Role}\nm postgres {Role}\n", cancellation);
        await File.WriteAllTextAsync($"{folder}/data/pg_hba.conf", "local all all peer map=m\n", cancellation);
        await StartServerAsync(cancellation);
        started = true;
    }

    private Task CreateAsync(string name, string template, CancellationToken cancellation) =>
        RunAsServerAsync("createdb", ["-h", folder, "-U", Role, "-T", template, name], cancellation);

    private Task PgCtlAsync(string[] arguments, CancellationToken cancellation) =>
        RunAsServerAsync("pg_ctl", ["-D", $"{folder}/data", "-w", "-s", .. arguments], cancellation);

    private Task RunAsServerAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        string path = Path.Combine(Programs, program);
        return Environment.IsPrivilegedProcess
            ? RunAsync("/usr/bin/setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--inh-caps=-all", path,
                .. arguments], cancellation)
            : RunAsync(path, arguments, cancellation);
    }

    private async Task RunAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        var (exitCode, output) = await TestKit.Programs.RunAsync(program, arguments, cancellation, workingDirectory: folder);
        if (exitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with {exitCode}: {output}");
    }
}
