using System.Diagnostics;
using System.Globalization;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace HematomaPacsAgent.Pipeline.Tests.Database;

public sealed class PrivatePostgresTests : IDisposable
{
    private readonly string folder = Path.Combine("/tmp", $"hpa-private-{Environment.ProcessId}-{Path.GetRandomFileName()[..4]}");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_second_start_finds_the_data_of_the_first()
    {
        await using (PrivatePostgres server = await StartAsync(folder))
        {
            await RunAsync(server, "create table kept as select 42 as answer");
            Assert.Equal("on", await RunAsync(server, "show fsync"));
            Assert.Equal("", await RunAsync(server, "show listen_addresses"));
        }

        Assert.Null(Postmaster());
        await using PrivatePostgres again = await StartAsync(folder);
        Assert.Equal(42, await RunAsync(again, "select answer from kept"));
    }

    [Fact]
    public async Task What_was_committed_survives_a_killed_server()
    {
        await using (PrivatePostgres server = await StartAsync(folder))
        {
            await RunAsync(server, "create table kept as select 42 as answer");
            Process.GetProcessById(Postmaster()!.Value).Kill();
        }

        await using PrivatePostgres again = await StartAsync(folder);
        Assert.Equal(42, await RunAsync(again, "select answer from kept"));
    }

    [Fact]
    public async Task A_server_that_dies_under_a_living_agent_is_started_again()
    {
        await using PrivatePostgres server = await StartAsync(folder);
        int killed = Postmaster()!.Value;
        Process.GetProcessById(killed).Kill();
        for (int n = 0; n < 200 && (Postmaster() ?? killed) == killed; n++) await Task.Delay(50, Cancellation);
        object? answer = null;
        for (int n = 0; n < 200 && answer is null; n++)
        {
            try
            {
                answer = await RunAsync(server, "select 1");
            }
            catch (NpgsqlException)
            {
                await Task.Delay(50, Cancellation);
            }
        }

        Assert.Equal(1, answer);
    }

    [Fact]
    public async Task A_server_that_a_killed_agent_left_is_taken_over_and_stopped_at_the_end()
    {
        await (await StartAsync(folder)).DisposeAsync();
        await OrphanAsync();
        int orphan = Postmaster()!.Value;
        await using (PrivatePostgres server = await StartAsync(folder))
        {
            Assert.Equal(1, await RunAsync(server, "select 1"));
            Assert.Equal(orphan, Postmaster());
        }

        Assert.Null(Postmaster());
    }

    [Fact]
    public async Task A_pid_that_now_belongs_to_another_program_does_not_hinder_the_start()
    {
        await (await StartAsync(folder)).DisposeAsync();
        // What a container leaves that was killed with everything in it.
        await OrphanAsync();
        string pidFile = Path.Combine(folder, "data/postmaster.pid");
        string[] lines = await File.ReadAllLinesAsync(pidFile, Cancellation);
        Process.GetProcessById(Postmaster()!.Value).Kill();
        using Process other = Process.Start(new ProcessStartInfo("/bin/sleep", "60") { WorkingDirectory = "/tmp" })!;
        try
        {
            lines[0] = other.Id.ToString(CultureInfo.InvariantCulture);
            await File.WriteAllLinesAsync(pidFile, lines, Cancellation);
            await using PrivatePostgres server = await StartAsync(folder);
            Assert.Equal(1, await RunAsync(server, "select 1"));
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task Two_agents_do_not_share_one_data_folder()
    {
        await using PrivatePostgres server = await StartAsync(folder);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(folder));
        Assert.Contains("another agent uses", e.Message, StringComparison.Ordinal);
        Assert.Equal(1, await RunAsync(server, "select 1"));
    }

    [Fact]
    public async Task A_folder_too_deep_for_a_socket_gets_its_socket_elsewhere()
    {
        string deep = Path.Combine(folder, new string('a', 60), new string('b', 60));
        await using PrivatePostgres server = await StartAsync(deep);
        Assert.Equal(1, await RunAsync(server, "select 1"));
        Assert.DoesNotContain(deep, server.ConnectionString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_with_spaces_quotes_and_commas_works()
    {
        await using PrivatePostgres server = await StartAsync(Path.Combine(folder, "it's, the \"data\""));
        Assert.Equal(1, await RunAsync(server, "select 1"));
    }

    [Fact]
    public async Task A_parent_that_the_server_may_not_enter_is_named()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: otherwise the server runs as ourselves");
        string closed = Path.Combine(folder, "closed");
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows()) Directory.CreateDirectory(closed,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(Path.Combine(closed, "data")));
        Assert.Contains($"may not enter {closed}:", e.Message, StringComparison.Ordinal);
        Assert.Contains("chmod o+x", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_a_version_that_is_not_installed_are_left_alone()
    {
        Directory.CreateDirectory(Path.Combine(folder, "data"));
        await File.WriteAllTextAsync(Path.Combine(folder, "data/PG_VERSION"), "9\n", Cancellation);
        _ = PostgresCluster.Programs;
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(folder));
        Assert.Contains("apt-get install postgresql-9", e.Message, StringComparison.Ordinal);
    }

    private static async Task<PrivatePostgres> StartAsync(string folder)
    {
        _ = PostgresCluster.Programs;
        return await PrivatePostgres.StartAsync(folder, NullLogger<PrivatePostgres>.Instance, Cancellation);
    }

    private static async Task<object?> RunAsync(PrivatePostgres server, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString + ";Pooling=false");
        await using NpgsqlCommand command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancellation);
    }

    private int? Postmaster()
    {
        string path = Path.Combine(folder, "data/postmaster.pid");
        return File.Exists(path) ? int.Parse(File.ReadLines(path).First(), CultureInfo.InvariantCulture) : null;
    }

    private async Task OrphanAsync()
    {
        string[] start = [Path.Combine(PostgresCluster.Programs, "pg_ctl"), "-D", $"{folder}/data", "-w", "-s", "-l",
            $"{folder}/postgres.log", "start"];
        if (Environment.IsPrivilegedProcess) start = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres",
            "--clear-groups", .. start];
        Assert.Equal(0, (await Programs.RunAsync(start[0], start[1..], Cancellation, workingDirectory: folder)).ExitCode);
    }
}
