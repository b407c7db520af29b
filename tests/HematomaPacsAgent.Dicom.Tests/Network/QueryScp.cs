using System.Diagnostics;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>DCMTK's dcmqrscp: a small PACS that finds, moves and gets.</summary>
internal sealed class QueryScp : IAsyncDisposable
{
    public const string AeTitle = "QRSCP";

    private readonly TemporaryFolder folder;
    private readonly Process process;

    private QueryScp(TemporaryFolder folder, Process process, int port) =>
        (this.folder, this.process, Remote) = (folder, process, new RemoteAe(AeTitle, "127.0.0.1", port));

    public RemoteAe Remote { get; }

    /// <param name="destinations">Where it may move to.</param>
    /// <param name="options">Of the program.</param>
    public static async Task<QueryScp> StartAsync(RemoteAe[] destinations, params string[] options)
    {
        string program = Programs.Find("dcmqrscp", "dcmtk");
        TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["store"]);
        int port = Loopback.FreePort();
        await File.WriteAllTextAsync(folder["dcmqrscp.cfg"], $"""
            NetworkTCPPort  = {port}
            MaxPDUSize      = 16384
            MaxAssociations = 16

            HostTable BEGIN
            {string.Join('\n', destinations.Select((ae, i) => $"host{i} = ({ae.AeTitle}, {ae.Host}, {ae.Port})"))}
            HostTable END

            VendorTable BEGIN
            VendorTable END

            AETable BEGIN
            {AeTitle}  {folder["store"]}  RW (200, 1024mb)  ANY
            AETable END

            """);
        ProcessStartInfo start = new(program, [.. options, "-c", folder["dcmqrscp.cfg"]])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["TCP_NODELAY"] = "1";
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        QueryScp scp = new(folder, process, port);
        await Eventually.SeeAsync("dcmqrscp listens", TimeSpan.FromSeconds(20), () => Task.FromResult(Loopback.IsListening(port)));
        return scp;
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Dispose();
    }
}
