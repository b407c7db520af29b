using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Series;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class AnalyzeCommand
{
    public static Command Build()
    {
        Argument<string> source = new("DIR") { Description = "folder of one study (or one series) of DICOM files" };
        Option<DirectoryInfo> folder = new("--out", "-o") { Description = "folder for seg.dcm, sr.dcm, findings.json, report.pdf and pictures", Required = true };
        Option<string?> model = new("--model") { Description = "segmentation package to use instead of the configured one" };
        Option<bool> explain = new("--explain")
            { Description = "also print which series was chosen and why each other one was not (the same table is in findings.json)" };
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command command = new("analyze", "the pipeline without network: analyses a folder and writes what it found. Exit code 3: the study cannot be analysed, and why")
            { source, folder, model, explain, config };
        command.Runs(async (parsed, cancellation) =>
        {
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            ModelOptions options = AgentHost.Validated<ModelOptions>(settings, "Models");
            if (parsed.GetValue(model) is { } id) options.Segmentation = id;
            StudyInput study = Read(DicomFolder.Files(parsed.GetValue(source)!));
            using Inference inference = InferenceProcess.Begin(settings);
            using Models models = Models.Load(options, inference);
            HematomaPipeline pipeline = models.Pipeline(AgentHost.Validated<SeriesRules>(settings, "Series"),
                AgentHost.Validated<ResultOptions>(settings, "Results"), TimeProvider.System);
            string target = parsed.GetValue(folder)!.FullName;
            StudyOutcome outcome = await AnsiConsole.Progress().StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask("analysing", maxValue: 1);
                StudyOutcome done = await pipeline.RunAsync(study, target, new StageBar(bar), cancellation);
                bar.Value = 1;
                return done;
            });
            if (parsed.GetValue(explain)) SeriesTable.Print(outcome.FindingsJson);
            Console.WriteLine(outcome.Reason);
            FindingsTable.Print(outcome.FindingsJson);
            foreach (JsonElement notice in JsonDocument.Parse(outcome.FindingsJson).RootElement.GetProperty("notices").EnumerateArray())
                Console.WriteLine(notice.GetString());
            Console.WriteLine($"written to {target}: {string.Join(", ", Directory.EnumerateFiles(target).Select(Path.GetFileName).Order(StringComparer.Ordinal))}");
            return outcome.Outcome == Outcome.NotEligible ? CommandRun.NotEligible : CommandRun.Done;
        });
        return command;
    }

    private static StudyInput Read(IReadOnlyList<string> files)
    {
        List<(string Study, StudyFile File)> read = [];
        List<string> causes = [];
        foreach (string file in files)
            try
            {
                read.Add((DicomFile.Open(file).Dataset.GetStringOrEmpty(DicomTag.StudyInstanceUID), new StudyFile(file, Digest(file))));
            }
            catch (DicomFormatException unreadable)
            {
                // Names of files are for whoever gave them, not for the findings: they may hold a patient's name.
                Console.WriteLine($"left aside: {unreadable.Message}");
                causes.Add(LeftAside.Cause(file, unreadable.Message));
            }

        string[] remarks = [.. LeftAside.InWords(causes)];
        string[] studies = [.. read.Select(entry => entry.Study).Where(study => study.Length > 0).Distinct()];
        return studies.Length switch
        {
            1 => new StudyInput(studies[0], [.. read.Where(entry => entry.Study == studies[0]).Select(entry => entry.File)], remarks),
            0 => throw new NotEligibleException($"none of {files.Count} DICOM files names a study. {string.Join(". ", remarks.Take(3))}"),
            _ => throw new UsageException($"the folder holds {studies.Length} studies; give a folder with one: {string.Join(", ", studies.Take(5))}"),
        };
    }

    private static string Digest(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private sealed class StageBar(ProgressTask bar) : IProgress<StageProgress>
    {
        public void Report(StageProgress value)
        {
            bar.Description = value.Stage;
            bar.Value = value.Fraction;
        }
    }
}
