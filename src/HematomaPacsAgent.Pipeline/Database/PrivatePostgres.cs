using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>
/// The embedded default: a PostgreSQL cluster of this agent's own in its data folder, reached over a unix socket only, with the durability
/// of any other (fsync stays on). It ends with the agent; its data stay. After a crash the next start takes over a server that still runs.
/// </summary>
public sealed class PrivatePostgres : IAsyncDisposable
{
    private const string Role = "hematoma";
    private const int LongestSocketPath = 107; // sockaddr_un.sun_path, less its end
    private readonly PostgresPrograms programs;
    private readonly FileStream agentLock;
    private readonly string folder;
    private readonly string socketFolder;
    private readonly ILogger logger;
    private readonly CancellationTokenSource ending = new();
    private Task watch = Task.CompletedTask;

    private PrivatePostgres(PostgresPrograms programs, FileStream agentLock, string folder, string socketFolder, ILogger logger) =>
        (this.programs, this.agentLock, this.folder, this.socketFolder, this.logger) = (programs, agentLock, folder, socketFolder, logger);

    /// <summary>For Npgsql.</summary>
    public string ConnectionString => Connection(socketFolder, Role).ConnectionString;

    private string DataFolder => Path.Combine(folder, "data");

    /// <summary>Starts the cluster in <paramref name="folder"/>, made at the first start, and returns once it answers.</summary>
    /// <exception cref="InvalidOperationException">
    /// PostgreSQL is missing or of another version, another agent uses the folder, or the server's user cannot get there; the message says
    /// what to do.
    /// </exception>
    public static async Task<PrivatePostgres> StartAsync(string folder, ILogger<PrivatePostgres> logger, CancellationToken cancellation)
    {
        folder = Path.GetFullPath(folder);
        string version = Path.Combine(folder, "data", "PG_VERSION");
        Directory.CreateDirectory(folder);
        int? major = File.Exists(version) ? int.Parse((await File.ReadAllTextAsync(version, cancellation)).Trim(),
            CultureInfo.InvariantCulture) : null;
        PostgresPrograms programs = await PostgresPrograms.FindAsync(major, cancellation);
        FileStream agentLock = Lock(folder);
        try
        {
            await programs.GiveAsync(folder, cancellation);
            if (await programs.FirstClosedFolderAsync(folder, cancellation) is { } closed)
                throw new InvalidOperationException(
                    $"PostgreSQL runs as the user '{programs.ServerUser}', who may not enter {closed}: put the data folder elsewhere " +
                        $"(e.g. /var/lib/hematoma-agent), or chmod o+x {closed}");
            PrivatePostgres server = new(programs, agentLock, folder, await SocketFolderAsync(folder, programs, cancellation), logger);
            await server.StartAsync(cancellation);
            server.watch = server.WatchAsync(server.ending.Token);
            return server;
        }
        catch
        {
            await agentLock.DisposeAsync();
            throw;
        }
    }

    /// <summary>The cluster that a running agent holds in a folder, for another process to look at its tables; null when no agent runs there.</summary>
    /// <returns>A connection string.</returns>
    public static string? OfRunningAgent(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(folder, "agent.lock"))) return null;
        try
        {
            Lock(folder).Dispose();
            return null;
        }
        catch (InvalidOperationException)
        {
            return Connection(SocketFolder(folder), Role).ConnectionString;
        }
    }

    /// <summary>Stops the server after its last checkpoint; open connections are closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ending.Dispose();
        var (exit, output) = await PgCtlAsync(CancellationToken.None, "-m", "fast", "-t", "120", "stop");
        if (exit == 0) Log.PostgresStopped(logger, folder);
        else if (await RunningAsync(CancellationToken.None)) Log.PostgresDidNotStop(logger, folder, output.Trim());
        bool elsewhere = !socketFolder.StartsWith(folder, StringComparison.Ordinal);
        if (elsewhere && !Directory.EnumerateFileSystemEntries(socketFolder).Any()) Directory.Delete(socketFolder);
        await agentLock.DisposeAsync();
    }

    private static FileStream Lock(string folder)
    {
        string path = Path.Combine(folder, "agent.lock");
        try
        {
            // An advisory lock of the open file: the kernel drops it with the process, whatever ends that.
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException(
                $"another agent uses {folder}: stop it, give this one a data folder of its own, or let both share one " +
                    "PostgreSQL by a connection string", e);
        }
    }

    /// <summary>Where the socket of a cluster lies: in its folder, unless that path is too long for a socket or Npgsql would misread it.</summary>
    private static string SocketFolder(string folder)
    {
        string sockets = Path.Combine(folder, "s");
        // Npgsql reads a comma as the end of one host of several.
        if (Encoding.UTF8.GetByteCount(Path.Combine(sockets, ".s.PGSQL.5432")) <= LongestSocketPath
            && !sockets.Contains(',', StringComparison.Ordinal)) return sockets;
        string name = "hematoma-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..12];
        return Path.Combine(Environment.IsPrivilegedProcess && Directory.Exists("/run") ? "/run" : Path.GetTempPath(), name);
    }

    private static async Task<string> SocketFolderAsync(string folder, PostgresPrograms programs, CancellationToken cancellation)
    {
        string sockets = SocketFolder(folder);
        DirectoryInfo made = Directory.CreateDirectory(sockets);
        if (made.LinkTarget is not null)
            throw new InvalidOperationException($"{sockets} is a link that this agent did not make: remove it");
        try
        {
            // Fails for a folder that belongs to somebody else: nobody but us puts a socket there.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(sockets, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new InvalidOperationException($"{sockets} belongs to another user: remove it, or choose a shorter data folder", e);
        }

        await programs.GiveAsync(sockets, cancellation);
        return sockets;
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        if (!File.Exists(Path.Combine(DataFolder, "PG_VERSION"))) await InitializeAsync(cancellation);
        await ConfigureAsync(cancellation);
        if (await RunningAsync(cancellation) && !await AnswersAsync(cancellation))
            // Ours, but on another socket: an agent with another configuration left it.
            await PgCtlAsync(cancellation, "-m", "fast", "stop");
        if (!await RunningAsync(cancellation)) await LaunchAsync(cancellation);
        else Log.PostgresTakenOver(logger, folder);
        await CreateDatabaseAsync(cancellation);
        Log.PostgresStarted(logger, programs.Major, folder);
    }

    private async Task InitializeAsync(CancellationToken cancellation)
    {
        // Made aside and renamed, so that an initdb which was interrupted leaves no half a cluster.
        string fresh = Path.Combine(folder, "data.new");
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        var (exit, output) = await programs.RunAsync("initdb",
            ["-D", fresh, "-U", Role, "--auth-local=peer", "--auth-host=reject", "-E", "UTF8", "--locale=C.UTF-8", "--data-checksums"],
                folder, cancellation);
        if (exit != 0) throw new InvalidOperationException($"initdb could not make a database in {fresh}: {output.Trim()}");
        await File.AppendAllTextAsync(Path.Combine(fresh, "postgresql.conf"),
            "\ninclude 'agent.conf'  # written by hematoma-agent at each start\n", cancellation);
        Directory.Move(fresh, DataFolder);
    }

    private async Task ConfigureAsync(CancellationToken cancellation)
    {
        string sockets = socketFolder.Replace("'", "''", StringComparison.Ordinal).Replace("\"", "\"\"", StringComparison.Ordinal);
        await WriteAsync("agent.conf",
            $"listen_addresses = ''\nunix_socket_directories = '\"{sockets}\"'\nunix_socket_permissions = 0700\n");
        await WriteAsync("pg_hba.conf", "local all all peer map=agent\n");
        await WriteAsync("pg_ident.conf", string.Concat(
            new[] { Environment.UserName, programs.ServerUser }.Distinct().Select(user => $"agent \"{user}\" {Role}\n")));

        async Task WriteAsync(string name, string text)
        {
            string path = Path.Combine(DataFolder, name);
            await File.WriteAllTextAsync(path, text, cancellation);
            await programs.GiveAsync(path, cancellation);
        }
    }

    private async Task LaunchAsync(CancellationToken cancellation)
    {
        RemoveRecycledPid();
        string log = Path.Combine(folder, "postgres.log");
        for (int attempt = 1; ; attempt++)
        {
            var (exit, output) = await PgCtlAsync(cancellation, "-l", "postgres.log", "-t", "300", "start");
            if (exit == 0) return;
            string[] lines = File.Exists(log) ? await File.ReadAllLinesAsync(log, cancellation) : [];
            string end = string.Join(Environment.NewLine, lines.TakeLast(8));
            // Children of a killed server notice within seconds that it is gone; until then they keep its memory and lock file.
            if (attempt >= 20 || !end.Contains("still in use", StringComparison.Ordinal)
                && !end.Contains("lock file", StringComparison.Ordinal))
                throw new InvalidOperationException($"PostgreSQL did not start in {folder} ({output.Trim().ReplaceLineEndings(" ")}). " +
                    $"The end of {log}:{Environment.NewLine}{end}");
            await Task.Delay(TimeSpan.FromSeconds(0.5), cancellation);
        }
    }

    /// <summary>
    /// Starts the server again when something killed it (the out-of-memory killer likes databases); it recovers by itself, this agent's
    /// pools too.
    /// </summary>
    private async Task WatchAsync(CancellationToken cancellation)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(2));
        while (await timer.WaitForNextTickAsync(cancellation))
        {
            try
            {
                if (ReadPid() is { } pid && Directory.Exists($"/proc/{pid}") || await RunningAsync(cancellation)) continue;
                Log.PostgresDied(logger, folder);
                await LaunchAsync(cancellation);
            }
            catch (Exception e) when (e is InvalidOperationException or IOException)
            {
                Log.PostgresNotRevived(logger, e, folder);
            }
        }
    }

    /// <summary>
    /// After a restart of the machine or container the number in a stale postmaster.pid may be another process', for which PostgreSQL
    /// would refuse to start. A server runs in its data folder; a process elsewhere is not it.
    /// </summary>
    private void RemoveRecycledPid()
    {
        if (ReadPid() is not { } pid || !Directory.Exists($"/proc/{pid}")) return;
        string? cwd = null;
        try
        {
            cwd = new FileInfo($"/proc/{pid}/cwd").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or another user's: PostgreSQL itself sees that it is not the server.
        }

        if (cwd is not null && cwd != DataFolder && Directory.ResolveLinkTarget(DataFolder, true)?.FullName != cwd)
            File.Delete(Path.Combine(DataFolder, "postmaster.pid"));
    }

    private int? ReadPid()
    {
        string path = Path.Combine(DataFolder, "postmaster.pid");
        return File.Exists(path) && int.TryParse(File.ReadLines(path).FirstOrDefault(), CultureInfo.InvariantCulture, out int pid)
            ? pid : null;
    }

    private async Task<bool> RunningAsync(CancellationToken cancellation)
    {
        RemoveRecycledPid();
        return (await PgCtlAsync(cancellation, "status")).ExitCode == 0;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            await using NpgsqlConnection connection = new(Connection(socketFolder, "postgres").ConnectionString);
            await connection.OpenAsync(cancellation);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task CreateDatabaseAsync(CancellationToken cancellation)
    {
        await using NpgsqlConnection connection = new(Connection(socketFolder, "postgres").ConnectionString);
        await connection.OpenAsync(cancellation);
        await using NpgsqlCommand exists = new($"select count(*) from pg_database where datname = '{Role}'", connection);
        if ((long)(await exists.ExecuteScalarAsync(cancellation))! > 0) return;
        await using NpgsqlCommand create = new($"create database {Role}", connection);
        await create.ExecuteNonQueryAsync(cancellation);
    }

    private Task<(int ExitCode, string Output)> PgCtlAsync(CancellationToken cancellation, params string[] arguments) =>
        // Relative paths: pg_ctl's own shell command does not survive every name of a folder.
        programs.RunAsync("pg_ctl", ["-D", "data", "-w", "-s", .. arguments], folder, cancellation);

    private static NpgsqlConnectionStringBuilder Connection(string socketFolder, string database) =>
        new() { Host = socketFolder, Username = Role, Database = database, ApplicationName = "hematoma-agent", Pooling = database == Role };
}
