using System.Diagnostics;
using System.Text.RegularExpressions;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>What the kernel is asked for, and in which order, while <c>receive</c> takes instances.</summary>
public sealed class ReceiveDurabilityTests(PhantomStudy study) : IClassFixture<PhantomStudy>
{
    private const int Instances = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Success_is_sent_after_content_name_and_folder_are_on_the_disk()
    {
        string[] calls = await TraceAsync("fsync");
        for (int n = 0; n < Instances; n++)
        {
            // The instances come one after the other, so what happens before the n-th answer happens for the n-th instance.
            string[] until = [.. calls.TakeWhile((_, i) => calls.Take(i + 1).Count(call => call == "answer") <= n)];
            string[] own = [.. until.Skip(Array.LastIndexOf(until, "answer") + 1).Where(call => call != "fsync-parent")];
            Assert.Equal(["fsync-content", "rename", "fsync-folder"], own);
        }
    }

    [Fact]
    public async Task Without_durability_the_name_is_given_before_Success_and_nothing_is_flushed()
    {
        string[] calls = await TraceAsync("none");
        Assert.Equal([.. Enumerable.Repeat<string[]>(["rename", "answer"], Instances).SelectMany(pair => pair)], calls);
    }

    /// <summary>Receives with strace beside it; gives flushes, renames and C-STORE responses in the order in which they came.</summary>
    private async Task<string[]> TraceAsync(string durability)
    {
        string strace = Programs.Find("strace", "strace");
        using TemporaryFolder folder = new();
        int port = Loopback.FreePort();
        string trace = folder["trace"], archive = folder["in"];
        using Process receiver = Process.Start(new ProcessStartInfo(strace,
            ["-f", "-y", "-s", "16", "-e", "trace=fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg", "-o", trace,
                "dotnet", AgentProcess.Program, "receive", "--port", $"{port}", "--out", archive, "--durability", durability])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            while (await receiver.StandardOutput.ReadLineAsync(Cancellation) is { } line)
                if (line.StartsWith("receiving at", StringComparison.Ordinal)) break;
            Assert.False(receiver.HasExited, "the receiver ended");
            var (exit, output) = await Dcmsend.SendAsync(port, study.Files.Take(Instances));
            Assert.True(exit == 0, output);
        }
        finally
        {
            receiver.Kill(entireProcessTree: true);
            await receiver.WaitForExitAsync(Cancellation);
        }

        string[] calls = [.. Finished(await File.ReadAllLinesAsync(trace, Cancellation)).Select(call => Name(call, archive)).OfType<string>()];
        // The receiver's test of itself comes first, with one instance and its answer.
        return calls[(Array.IndexOf(calls, "answer", Array.IndexOf(calls, "rename")) + 1)..];
    }

    /// <summary>The calls, joined where another thread's came between start and end, in the order of what they wait for: flushes and
    /// renames when they end, sends when they begin.</summary>
    private static IEnumerable<string> Finished(IEnumerable<string> lines)
    {
        Dictionary<string, string> begun = [];
        foreach (string line in lines)
        {
            Match match = Regex.Match(line, @"^(\d+)\s+(.*)$");
            if (!match.Success) continue;
            string thread = match.Groups[1].Value, call = match.Groups[2].Value;
            if (call.EndsWith("<unfinished ...>", StringComparison.Ordinal))
            {
                begun[thread] = call;
                if (call.StartsWith("send", StringComparison.Ordinal)) yield return call;
            }
            else if (call.StartsWith("<...", StringComparison.Ordinal))
            {
                if (begun.Remove(thread, out string? start) && !start.StartsWith("send", StringComparison.Ordinal))
                    yield return start + call;
            }
            else
            {
                yield return call;
            }
        }
    }

    private static string? Name(string call, string archive) => call switch
    {
        // P-DATA-TF is PDU type 4; the other PDUs that we send have other numbers.
        _ when call.StartsWith("send", StringComparison.Ordinal) => call.Contains("\"\\4\\0", StringComparison.Ordinal) ? "answer" : null,
        _ when call.StartsWith("rename", StringComparison.Ordinal) => call.Contains(".part", StringComparison.Ordinal) ? "rename" : null,
        _ when !call.Contains("= 0", StringComparison.Ordinal) => $"failed: {call}",
        _ when call.Contains(".part>", StringComparison.Ordinal) => "fsync-content",
        _ when call.Contains($"<{archive}>", StringComparison.Ordinal) => "fsync-folder",
        _ => "fsync-parent",
    };
}
