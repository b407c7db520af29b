using System.CommandLine;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Web;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class SendCommand
{
    public static Command Build()
    {
        Argument<string> source = new("DIR") { Description = "folder (or file) to send; every DICOM file below it" };
        Option<string> to = new("--to") { Description = "the receiver: AET@HOST:PORT for C-STORE, or the address of its DICOMweb services for STOW-RS", Required = true };
        Option<string> calling = EchoCommand.CallingOption();
        Command command = new("send", """
            sends DICOM files by C-STORE or STOW-RS. Examples:
              hematoma-agent send study/ --to HEMATOMA@127.0.0.1:11112
              hematoma-agent send study/ --to https://pacs.example/dicom-web --bearer token.txt
            """) { source, to, calling };
        TlsArguments tls = new(command);
        StowArguments stow = new(command);
        command.Runs(async (parsed, cancellation) =>
        {
            string receiver = parsed.GetValue(to)!;
            if (receiver.Contains("://", StringComparison.Ordinal))
            {
                using DicomWebClient client = new(stow.Options(receiver, tls, parsed));
                return await StowAsync(DicomFolder.Files(parsed.GetValue(source)!), client, cancellation)
                    ? CommandRun.Done : CommandRun.Failed;
            }

            RemoteAe remote = tls.Apply(EchoCommand.ParseRemote(receiver), parsed);
            return await SendAsync(DicomFolder.Files(parsed.GetValue(source)!), remote, parsed.GetValue(calling)!, cancellation)
                ? CommandRun.Done : CommandRun.Failed;
        });
        return command;
    }

    /// <summary>Sends by C-STORE with a progress bar and names what was not taken.</summary>
    public static Task<bool> SendAsync(IReadOnlyList<string> files, RemoteAe remote, string callingAeTitle,
        CancellationToken cancellation) =>
        ReportAsync($"C-STORE to {remote}", remote.ToString(), files,
            progress => StoreScu.SendAsync(remote, callingAeTitle, files, progress, new AssociationOptions(), cancellation));

    private static Task<bool> StowAsync(IReadOnlyList<string> files, DicomWebClient client, CancellationToken cancellation) =>
        ReportAsync($"STOW-RS to {client.Server}", client.Server, files, progress => client.StoreAsync(files, progress, cancellation));

    private static async Task<bool> ReportAsync(string title, string receiver, IReadOnlyList<string> files,
        Func<IProgress<StoreProgress>, Task<IReadOnlyList<StoreResult>>> send)
    {
        IReadOnlyList<StoreResult> results = await AnsiConsole.Progress().StartAsync(context =>
            send(new Advance(context.AddTask(Markup.Escape(title), maxValue: files.Count))));
        foreach (StoreResult failed in results.Where(result => !result.Stored)) Console.Error.WriteLine($"{failed.File}: {failed.Reason}");
        Console.WriteLine($"{results.Count(result => result.Stored)} of {files.Count} files stored at {receiver}");
        return results.All(result => result.Stored);
    }

    private sealed class Advance(ProgressTask bar) : IProgress<StoreProgress>
    {
        public void Report(StoreProgress value) => bar.Value = value.Done;
    }
}
