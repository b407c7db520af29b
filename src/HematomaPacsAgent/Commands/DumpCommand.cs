using System.CommandLine;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Json;

namespace HematomaPacsAgent.Commands;

internal static class DumpCommand
{
    /// <summary>Binary values up to this many bytes stand in the text even with <c>--bulk uri</c>.</summary>
    private const int Short = 64;

    public static Command Build()
    {
        Argument<FileInfo> file = new("FILE") { Description = "a DICOM file in any transfer syntax" };
        Option<bool> compact = new("--compact") { Description = "on one line, for programs" };
        Option<bool> meta = new("--meta") { Description = "the file meta information (group 0002) instead of the data set" };
        Option<string> bulk = new("--bulk")
        {
            Description = "binary values: inline prints them as base64; uri says where in the file they lie, as is always done for compressed pixel data",
            DefaultValueFactory = _ => "inline",
        };
        bulk.AcceptOnlyFromAmong("inline", "uri");
        Command command = new("dump", "prints a DICOM file as DICOM JSON (PS3.18 annex F). Example: hematoma-agent dump --bulk uri slice.dcm")
        {
            file, compact, meta, bulk,
        };
        command.Runs((parsed, _) =>
        {
            string path = parsed.GetValue(file)!.FullName;
            if (Directory.Exists(path)) throw new UsageException($"{path} is a folder; dump takes one file");
            DicomFile dicom = DicomFile.Open(path);
            bool asUri = parsed.GetValue(bulk) == "uri";
            using Stream output = Console.OpenStandardOutput();
            DicomJson.Write(output, parsed.GetValue(meta) ? dicom.FileMetaInformation : dicom.Dataset, !parsed.GetValue(compact),
                item => item is DicomFragmentSequence || asUri && item is DicomElement { Length: > Short }
                    ? dicom.BulkDataUri(item) : null);
            output.Write("\n"u8);
            return Task.FromResult(CommandRun.Done);
        });
        return command;
    }
}
