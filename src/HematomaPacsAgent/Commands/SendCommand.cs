using System.CommandLine;
using HematomaPacsAgent.Dicom.Network;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class SendCommand
{
    public static Command Build()
    {
        Argument<string> source = new("DIR") { Description = "folder (or file) to send; every DICOM file below it" };
        Option<string> to = new("--to") { Description = "the receiver as AET@HOST:PORT", Required = true };
        Option<string> calling = EchoCommand.CallingOption();
        Command command = new("send", "C-STORE: sends DICOM files. Example: hematoma-agent send study/ --to HEMATOMA@127.0.0.1:11112") { source, to, calling };
        TlsArguments tls = new(command);
        command.Runs(async (parsed, cancellation) =>
        {
            IReadOnlyList<string> files = DicomFolder.Files(parsed.GetValue(source)!);
            return await SendAsync(files, tls.Apply(EchoCommand.ParseRemote(parsed.GetValue(to)!), parsed), parsed.GetValue(calling)!, cancellation) ? CommandRun.Done : CommandRun.Failed;
        });
        return command;
    }

    /// <summary>Sends with a progress bar and names what was not taken.</summary>
    public static async Task<bool> SendAsync(IReadOnlyList<string> files, RemoteAe remote, string callingAeTitle, CancellationToken cancellation)
    {
        IReadOnlyList<StoreResult> results = await AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask($"C-STORE to {Markup.Escape(remote.ToString())}", maxValue: files.Count);
            return await StoreScu.SendAsync(remote, callingAeTitle, files, new Advance(bar), new AssociationOptions(), cancellation);
        });
        foreach (StoreResult failed in results.Where(result => !result.Stored))
            Console.Error.WriteLine($"{failed.File}: {failed.Reason}");
        Console.WriteLine($"{results.Count(result => result.Stored)} of {files.Count} files stored at {remote}");
        return results.All(result => result.Stored);
    }

    private sealed class Advance(ProgressTask bar) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => bar.Value = value.Done;
    }
}
