using System.CommandLine;
using System.Net;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent.Commands;

internal static class ReceiveCommand
{
    public static Command Build()
    {
        Option<int> port = new("--port", "-p") { Description = "TCP port to listen on; 0 takes a free one", Required = true };
        Option<DirectoryInfo> folder = new("--out", "-o") { Description = "folder for what arrives, one file an instance", Required = true };
        Option<string?> aet = new("--aet") { Description = "our AE title; associations that call another are refused. Without it any is accepted" };
        Option<string> bind = new("--bind") { Description = "address to listen on", DefaultValueFactory = _ => "127.0.0.1" };
        Option<string> durability = new("--durability")
        {
            Description = "fsync: answer Success when the file is on the disk; none: when it is written",
            DefaultValueFactory = _ => "fsync",
        };
        durability.AcceptOnlyFromAmong("fsync", "none");
        Command command = new("receive", "a plain storage SCP: writes every instance it receives to a folder, until stopped") { port, folder, aet, bind, durability };
        command.Runs(async (parsed, cancellation) =>
        {
            using ILoggerFactory logs = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
            using DurableFiles files = new(parsed.GetValue(durability) == "none" ? Durability.None : Durability.Fsync);
            FolderArchive archive = new(parsed.GetValue(folder)!.FullName, files, (_, _) => { });
            DicomListener listener = Listener(parsed.GetValue(bind)!, parsed.GetValue(port), parsed.GetValue(aet), archive, logs);
            listener.Start();
            if (parsed.GetValue(durability) == "none") Console.Error.WriteLine("warning: --durability none: a power cut loses acknowledged instances");
            Console.WriteLine($"receiving at {listener.LocalEndPoint} into {parsed.GetValue(folder)!.FullName}; Ctrl+C stops");
            try
            {
                await listener.RunAsync(cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Being stopped is how this verb ends.
            }

            return CommandRun.Done;
        });
        return command;
    }

    /// <summary>A listener that takes any storage object uncompressed.</summary>
    public static DicomListener Listener(string bind, int port, string? calledAeTitle, IStorageScp store, ILoggerFactory logs)
    {
        if (!IPAddress.TryParse(bind, out IPAddress? address))
            throw new UsageException($"'{bind}' is not an IP address; 127.0.0.1 is this machine only, 0.0.0.0 all of its addresses");
        AcceptancePolicy policy = new() { CalledAeTitles = calledAeTitle is null ? null : [calledAeTitle] };
        DicomListenerOptions options = new() { EndPoint = new IPEndPoint(address, port), Policy = policy };
        return new DicomListener(options, store, logs.CreateLogger<DicomListener>(), TimeProvider.System);
    }
}
