using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>DCMTK's dcmsend as the scanner or PACS that sends to us.</summary>
internal static class Dcmsend
{
    public static async Task<(int ExitCode, string Output)> SendAsync(int port, IEnumerable<string> files) =>
        await Programs.RunAsync(Programs.Find("dcmsend", "dcmtk"), ["-v", "-aec", AgentProcess.AeTitle, "127.0.0.1", $"{port}", .. files],
            TestContext.Current.CancellationToken, new Dictionary<string, string> { ["TCP_NODELAY"] = "1" });
}
