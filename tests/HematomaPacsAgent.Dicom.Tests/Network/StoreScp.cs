using System.Diagnostics;
using System.Text;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>DCMTK's storescp, writing to a folder.</summary>
internal sealed class StoreScp : IAsyncDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();

    private StoreScp(Process process, int port) => (this.process, Remote) = (process, new RemoteAe("STORESCP", "127.0.0.1", port));

    public RemoteAe Remote { get; }

    /// <summary>What it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    public static async Task<StoreScp> StartAsync(string folder, params string[] options)
    {
        int port = Loopback.FreePort();
        ProcessStartInfo start = new(Programs.Find("storescp", "dcmtk"),
            [.. options, "-od", folder, $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Without it every response waits 40 ms for a delayed acknowledgement (DCMTK FAQ 48).
        start.Environment["TCP_NODELAY"] = "1";
        StoreScp scp = new(Process.Start(start)!, port);
        scp.process.OutputDataReceived += scp.Append;
        scp.process.ErrorDataReceived += scp.Append;
        scp.process.BeginOutputReadLine();
        scp.process.BeginErrorReadLine();
        await Eventually.SeeAsync("storescp listens", TimeSpan.FromSeconds(20), () => Task.FromResult(Loopback.IsListening(port)));
        return scp;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private void Append(object sender, DataReceivedEventArgs line)
    {
        lock (output) output.AppendLine(line.Data);
    }
}
