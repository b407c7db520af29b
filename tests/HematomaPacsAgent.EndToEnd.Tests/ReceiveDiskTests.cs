using System.Diagnostics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The verb <c>receive</c> when its disk is nearly or wholly full.</summary>
public sealed class ReceiveDiskTests(PhantomStudy study) : IClassFixture<PhantomStudy>, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken cancellation = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Below_the_minimum_of_free_space_instances_are_refused_as_out_of_resources()
    {
        Assert.Contains("A700", await SendAsync(folder["in"], minimumFree: 1L << 30), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder["in"]));
    }

    [Fact]
    public async Task On_a_full_disk_nothing_half_written_stays()
    {
        string small = folder["small"];
        Directory.CreateDirectory(small);
        var (mounted, why) = await Programs.RunAsync("mount", ["-t", "tmpfs", "-o", "size=128k", "tmpfs", small], cancellation);
        if (mounted != 0) Assert.Skip($"a small disk needs root: {why}");
        try
        {
            Assert.Contains("A700", await SendAsync(small, minimumFree: 0), StringComparison.Ordinal);
            Assert.Empty(Directory.GetFiles(small));
        }
        finally
        {
            await Programs.RunAsync("umount", [small], CancellationToken.None);
        }
    }

    public void Dispose() => folder.Dispose();

    /// <returns>What storescu says of one instance.</returns>
    private async Task<string> SendAsync(string to, long minimumFree)
    {
        int port = Loopback.FreePort();
        using Process receiver = Process.Start(new ProcessStartInfo("dotnet",
            [AgentProcess.Program, "receive", "--port", $"{port}", "--out", to, "--minimum-free", $"{minimumFree}"]) { RedirectStandardOutput = true })!;
        try
        {
            // It says so once its test of itself is over, which keeps an instance for a moment.
            using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            patience.CancelAfter(TimeSpan.FromSeconds(60));
            while (await receiver.StandardOutput.ReadLineAsync(patience.Token) is { } line && !line.StartsWith("receiving at", StringComparison.Ordinal)) { }
            var (_, output) = await Programs.RunAsync(Programs.Find("storescu", "dcmtk"), ["-d", "127.0.0.1", $"{port}", study.Files[0]], cancellation);
            return output.Contains("0xa700", StringComparison.OrdinalIgnoreCase) ? "A700" : output;
        }
        finally
        {
            receiver.Kill();
            await receiver.WaitForExitAsync(CancellationToken.None);
        }
    }
}
