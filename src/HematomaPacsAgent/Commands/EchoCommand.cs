using System.CommandLine;
using System.Diagnostics;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Commands;

internal static class EchoCommand
{
    public static Command Build()
    {
        Argument<string> remote = RemoteArgument();
        Option<string> calling = CallingOption();
        Command command = new("echo", "C-ECHO: asks a DICOM node whether it is there and talks to us. Example: hematoma-agent echo ORTHANC@127.0.0.1:4242") { remote, calling };
        TlsArguments tls = new(command);
        command.Runs(async (parsed, cancellation) =>
        {
            RemoteAe ae = tls.Apply(ParseRemote(parsed.GetValue(remote)!), parsed);
            long started = Stopwatch.GetTimestamp();
            await EchoScu.EchoAsync(ae, parsed.GetValue(calling)!, new AssociationOptions(), cancellation);
            Console.WriteLine($"{ae} answers ({Stopwatch.GetElapsedTime(started).TotalMilliseconds:F0} ms)");
            return CommandRun.Done;
        });
        return command;
    }

    public static Argument<string> RemoteArgument() => new("AET@HOST:PORT") { Description = "the node: AE title, host and port, e.g. ORTHANC@127.0.0.1:4242" };

    public static Option<string> CallingOption() => new("--aet")
    {
        Description = "our own AE title, as the other side knows it",
        DefaultValueFactory = _ => "HEMATOMA",
    };

    public static RemoteAe ParseRemote(string text)
    {
        try
        {
            return RemoteAe.Parse(text);
        }
        catch (FormatException)
        {
            throw new UsageException($"'{text}' is not AET@HOST:PORT, e.g. ORTHANC@127.0.0.1:4242");
        }
    }
}
