using System.CommandLine;
using System.Net;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent.Commands;

internal static class ReceiveCommand
{
    public static Command Build()
    {
        Option<int> port = new("--port", "-p") { Description = "TCP port to listen on; 0 takes a free one", Required = true };
        Option<DirectoryInfo> folder = new("--out", "-o") { Description = "folder for what arrives, one file an instance",
            Required = true };
        Option<string?> aet = new("--aet") { Description = "our AE title; associations that call another are refused. Without it any is accepted" };
        Option<string> bind = new("--bind") { Description = "address to listen on", DefaultValueFactory = _ => "127.0.0.1" };
        Option<string> durability = new("--durability")
        {
            Description = "fsync: answer Success when the file is on the disk; none: when it is written",
            DefaultValueFactory = _ => "fsync",
        };
        Option<long> free = new("--minimum-free")
        {
            Description = "MiB that stay free on the disk: with less, instances are refused as out of resources (A700)",
            DefaultValueFactory = _ => 1024,
        };
        durability.AcceptOnlyFromAmong("fsync", "none");
        Option<string[]> peers = new("--peer")
        {
            Description = "a sender as AET@HOST:PORT: its storage commitment requests are reported on at that address; "
                + "those of other senders over the association they ask on. May be given several times",
            DefaultValueFactory = _ => [],
        };
        Command command = new("receive", "a plain storage SCP: writes every instance it receives to a folder, until stopped")
        {
            port, folder, aet, bind, durability, free, peers,
        };
        command.Runs(async (parsed, cancellation) =>
        {
            using ILoggerFactory logs = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true));
            using DurableFiles files = new(parsed.GetValue(durability) == "none" ? Durability.None : Durability.Fsync);
            FolderArchive archive = new(parsed.GetValue(folder)!.FullName, files, RemoveSelfTest, parsed.GetValue(free) << 20);
            DicomListener listener = Listener(parsed.GetValue(bind)!, parsed.GetValue(port), parsed.GetValue(aet), archive, logs,
                FolderCommitment.Of(parsed.GetValue(folder)!.FullName, parsed.GetValue(peers)!.Select(EchoCommand.ParseRemote)));
            listener.Start();
            Task running = listener.RunAsync(cancellation);
            if (await ReceiveSelfTest.RunAsync(listener.LocalEndPoint, parsed.GetValue(aet), cancellation) is { } wrong)
                Console.Error.WriteLine($"warning: the receiver's test of itself failed: {wrong}");
            if (parsed.GetValue(durability) == "none") Console.Error.WriteLine("warning: --durability none: a power cut loses acknowledged instances");
            Console.WriteLine($"receiving at {listener.LocalEndPoint} into {parsed.GetValue(folder)!.FullName}; Ctrl+C stops");
            try
            {
                await running;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // Being stopped is how this verb ends.
            }

            return CommandRun.Done;
        });
        return command;
    }

    private static void RemoveSelfTest(CStoreRequest request, string path)
    {
        if (request.SopInstanceUid == ReceiveSelfTest.Instance) File.Delete(path);
    }

    /// <summary>A listener that takes any storage object in any transfer syntax, uncompressed where the sender offers it.</summary>
    public static DicomListener Listener(string bind, int port, string? calledAeTitle, IStorageScp store, ILoggerFactory logs,
        StorageCommitmentService? commitment = null)
    {
        if (!IPAddress.TryParse(bind, out IPAddress? address))
            throw new UsageException($"'{bind}' is not an IP address; 127.0.0.1 is this machine only, 0.0.0.0 all of its addresses");
        // One sender may well be all there is: the limits for one host are those for all.
        AcceptancePolicy policy = new()
        {
            CalledAeTitles = calledAeTitle is null ? null : [calledAeTitle],
            TransferSyntaxes = [.. PixelDecoders.Readable.Union(DicomTransferSyntax.All)],
            MaxAssociationsPerHost = 100, MaxUnfinishedConnectionsPerHost = 128,
        };
        DicomListenerOptions options = new() { EndPoint = new IPEndPoint(address, port), Policy = policy, Commitment = commitment };
        return new DicomListener(options, store, logs.CreateLogger<DicomListener>(), TimeProvider.System);
    }
}
