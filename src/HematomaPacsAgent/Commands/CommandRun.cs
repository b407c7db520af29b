using System.CommandLine;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline;
using Microsoft.Extensions.Options;
using Npgsql;

namespace HematomaPacsAgent.Commands;

/// <summary>How every verb ends: an exit code, and for a failure one plain line on standard error.</summary>
internal static class CommandRun
{
    public const int Done = 0, Failed = 1, Usage = 2, NotEligible = 3;

    public static Option<FileInfo?> ConfigOption() => new("--config", "-c")
    {
        Description = "configuration file (JSON); wins over config/appsettings.json beside the program. config/appsettings.Example.json shows every key",
    };

    /// <summary>Makes a verb's action: known failures become their message, anything else is a fault and shows its trace.</summary>
    public static void Runs(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) => command.SetAction(async (parsed, cancellation) =>
    {
        try
        {
            return await action(parsed, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Console.Error.WriteLine("stopped");
            return Failed;
        }
        catch (NotEligibleException reason)
        {
            return Say(reason, NotEligible);
        }
        catch (OptionsValidationException invalid)
        {
            Console.Error.WriteLine("configuration:");
            foreach (string failure in invalid.Failures) Console.Error.WriteLine("  " + failure);
            return Usage;
        }
        catch (Exception known) when (known is FileNotFoundException or FormatException or UsageException or ArgumentException)
        {
            return Say(known, Usage);
        }
        catch (Exception known) when (known is IOException or UnauthorizedAccessException or NpgsqlException or DicomFormatException or DicomNetworkException
                                          or ModelPackageException or ModelImportException or InferenceException or NomogramException or RadiomicsException or CaseFolderException
                                          or InvalidOperationException)
        {
            return Say(known, Failed);
        }
    });

    public static int UsageError(ParseResult parsed)
    {
        foreach (System.CommandLine.Parsing.ParseError error in parsed.Errors) Console.Error.WriteLine(error.Message);
        Console.Error.WriteLine($"see: hematoma-agent {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help");
        return Usage;
    }

    private static int Say(Exception failure, int code)
    {
        Console.Error.WriteLine(failure.Message);
        return code;
    }
}

/// <summary>The command line or configuration asks for something that cannot be; the message says what to write instead.</summary>
internal sealed class UsageException(string message) : Exception(message);
