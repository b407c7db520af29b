using System.CommandLine;
using HematomaPacsAgent.Analysis.Nifti;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Tables;
using HematomaPacsAgent.Pipeline.Regions;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class RadiomicsCommand
{
    private const int MostReasonsShown = 20;

    public static Command Build()
    {
        Option<string?> image = new("--image")
        {
            Description = "NIfTI file (.nii, .nii.gz, .hdr/.img), folder with a DICOM series of a head CT (non-contrast, 8 slices or more, as the agent reads), or one file of the series",
        };
        Option<string?> mask = new("--mask")
        {
            Description = "the region: a NIfTI label image or a DICOM Segmentation (no RTSTRUCT), drawn on the image's grid",
        };
        Option<string?> list = new("--list")
        {
            Description = "many cases: CSV with columns Image and Mask, perhaps Label, Segment and ID, spelled so; others go to the output unchanged. " +
                "Relative paths begin where the list lies",
        };
        Option<FileInfo?> parameters = new("--params")
        {
            Description = "PyRadiomics parameter file (YAML), taken as it is; our own keys are profile and ibsi (docs/radiomics.md). " +
                "config/radiomics.yaml is the agent's own",
        };
        Option<int?> label = new("--label") { Description = "the mask's voxel value, or the segment's number. Without it 1, or the only segment" };
        Option<string?> segment = new("--segment") { Description = "number or label of the segment, for a Segmentation with several" };
        Option<string?> profile = new("--profile")
        {
            Description = "whose definitions and names: pyradiomics (the default; published signatures reproduce) or ibsi (the reference manual's)",
        };
        profile.AcceptOnlyFromAmong("pyradiomics", "ibsi");
        Option<string?> output = new("--out", "-o")
        {
            Description = "CSV, a row a case: the list's columns, status (ok, partial, failed), reason, warnings, a digest of the parameters, diagnostics, features. Without it standard output",
        };
        Option<string?> json = new("--json") { Description = "the same as JSON, with warnings and the status of each feature class" };
        Option<int?> threads = new("--threads")
        {
            Description = "cases at a time (of a single case: filtered images); without it one for each processor. " +
                "Each case holds its image in memory, 8 bytes a voxel",
        };
        Option<bool> resume = new("--resume") { Description = "takes over the rows that --out has of the same list, parameters and label, and measures the rest and what failed. Changed images are not noticed" };
        Option<bool> dictionary = new("--dictionary")
        {
            Description = "measures nothing: prints what each column of these parameters is, with unit (UCUM), IBSI code and DICOM code",
        };
        Command command = new("radiomics", """
            radiomic features of NIfTI or DICOM images, as PyRadiomics or IBSI define them. Exit code 1: a case failed, and its row says why. Examples:
              hematoma-agent radiomics --image ct.nii.gz --mask clot.nii.gz
              hematoma-agent radiomics --image study/ --mask seg.dcm --segment 1 --profile ibsi --out one.csv
              hematoma-agent radiomics --list cases.csv --params params.yaml --out features.csv --threads 4
            """) { image, mask, list, parameters, label, segment, profile, output, json, threads, resume, dictionary };
        command.Runs(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(dictionary) && (parsed.GetValue(output) ?? parsed.GetValue(json)) is not null)
                throw new UsageException("--dictionary prints to standard output: leave out --out and --json, and redirect it");
            if (parsed.GetValue(label) is not null && parsed.GetValue(segment) is not null)
                throw new UsageException("--label and --segment both name the region: give one of them");
            if (parsed.GetValue(dictionary)) return PrintDictionary(RadiomicsExtraction.Read(parsed.GetValue(parameters), parsed.GetValue(profile)));
            if (parsed.GetValue(list) is null == (parsed.GetValue(image) is null || parsed.GetValue(mask) is null)
                || parsed.GetValue(list) is not null && (parsed.GetValue(image) ?? parsed.GetValue(mask)) is not null)
                throw new UsageException("give --image and --mask for one case, or --list for many. See: hematoma-agent radiomics --help");
            if (parsed.GetValue(threads) is < 1) throw new UsageException("--threads must be at least 1");
            RegionChoice choice = new(parsed.GetValue(label), parsed.GetValue(segment));
            RadiomicsParameters wanted = RadiomicsExtraction.Read(parsed.GetValue(parameters), parsed.GetValue(profile));
            // The file's label is for label images; a Segmentation's only segment needs none, so 1 is not asked for.
            if (choice is { Label: null, Segment: null } && wanted.Settings.Label != 1) choice = new RegionChoice(wanted.Settings.Label);
            RadiomicsCaseList cases = parsed.GetValue(list) is { } table ? RadiomicsCaseList.Read(table, choice)
                : RadiomicsCaseList.Of(parsed.GetValue(image)!, parsed.GetValue(mask)!, choice);
            int cores = parsed.GetValue(threads) ?? Environment.ProcessorCount;
            // Cases side by side, or the images of a single case.
            RadiomicsExtraction extraction = new(wanted, choice, cases.Cases.Count > 1 ? 1 : cores);
            string? target = parsed.GetValue(output), jsonTarget = parsed.GetValue(json);
            foreach (string place in new[] { target, jsonTarget }.OfType<string>()) CheckPlace(place);
            RefuseToOverwrite(target, "--out", parsed.GetValue(list), parsed.GetValue(parameters)?.ToString());
            RefuseToOverwrite(jsonTarget, "--json", parsed.GetValue(list), parsed.GetValue(parameters)?.ToString(), target);
            using IDisposable? alone = target is null ? null : RadiomicsTable.Hold(target);
            IReadOnlyList<RadiomicsCase> left = cases.Cases;
            IReadOnlyList<IReadOnlyList<string>> kept = [];
            if (parsed.GetValue(resume))
            {
                if (target is null || jsonTarget is not null)
                    throw new UsageException("--resume takes over the rows of --out; it needs that, and goes without --json");
                kept = RadiomicsTable.Measured(target, cases, extraction, out left);
            }

            // One case on a terminal is read by a person: a line a feature. Everything else is a table.
            bool isForReading = target is null && jsonTarget is null && parsed.GetValue(list) is null;
            using RadiomicsTable? rows = isForReading || target is null && jsonTarget is not null ? null
                : RadiomicsTable.Create(target, cases.Columns, extraction, kept);
            using RadiomicsJson? array = jsonTarget is null ? null : new RadiomicsJson(jsonTarget, cases);
            Report report = new(cases.Cases.Count, kept.Count, target is null && jsonTarget is null ? Console.Error : Console.Out);
            void Take(CaseOutcome outcome)
            {
                rows?.Write(outcome);
                array?.Write(outcome);
                if (isForReading) Print(outcome);
                report.Add(outcome);
            }

            RadiomicsBatch batch = new(extraction, cores);
            try
            {
                if (report.To == Console.Out && AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
                    await WithBarAsync(batch, left, Take, report, cancellation);
                else
                    await batch.RunAsync(left, outcome => { Take(outcome); report.Line(outcome); }, null, cancellation);
            }
            catch (OperationCanceledException) when (target is not null)
            {
                Console.Error.WriteLine($"{report.Done} of {cases.Cases.Count} cases are in {target}; the same command with --resume goes on");
                throw;
            }

            report.End(target ?? jsonTarget);
            return report.Failed == 0 ? CommandRun.Done : CommandRun.Failed;
        });
        return command;
    }

    private static void CheckPlace(string path)
    {
        if (Directory.Exists(path)) throw new UsageException($"{path} is a folder: name a file in it");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"the folder {folder} is not there: make it first");
    }

    /// <summary>A slip of the hand must not cost an image or a list: no other file holds what is in them.</summary>
    private static void RefuseToOverwrite(string? target, string option, params IEnumerable<string?> read)
    {
        if (target is null) return;
        if (read.Any(path => path is not null && RadiomicsTable.Real(path) == RadiomicsTable.Real(target)))
            throw new UsageException($"{option} {target} is the file of another option: name another output");
        if (File.Exists(target) && new FileInfo(RadiomicsTable.Real(target)).Length > 0 && (NiftiFile.HasItsEnding(target) || DicomFiles.IsDicom(target)))
            throw new UsageException($"{option} {target} is an image, which would be overwritten: name another output");
    }

    private static Task WithBarAsync(RadiomicsBatch batch, IReadOnlyList<RadiomicsCase> cases, Action<CaseOutcome> take, Report report,
        CancellationToken cancellation) =>
        AnsiConsole.Progress().StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("radiomics", maxValue: cases.Count);
            await batch.RunAsync(cases, outcome =>
            {
                take(outcome);
                bar.Description = $"{report.Done} of {report.Cases} cases{(report.Failed > 0 ? $", {report.Failed} failed" : "")}";
            }, new Bar(bar), cancellation);
        });

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }

    private static int PrintDictionary(RadiomicsParameters parameters)
    {
        Console.Out.Write(CsvFile.Line(["column", "class", "unit", "ibsiCode", "dicomCode", "dicomScheme"]));
        foreach ((string column, RadiomicsFeature feature) in FeatureDictionary.Columns(parameters))
            Console.Out.Write(CsvFile.Line(
                [column, feature.FeatureClass, feature.Unit, feature.IbsiCode ?? "", feature.DicomCode.Value, feature.DicomCode.Scheme]));
        return CommandRun.Done;
    }

    private static void Print(CaseOutcome outcome)
    {
        if (outcome.Measured is not { } measured) return;
        Console.Out.Write(CsvFile.Line(["feature", "value"]));
        foreach ((string name, string text) in measured.Diagnostics) Console.Out.Write(CsvFile.Line([name, text]));
        foreach ((string name, double value) in measured.Values) Console.Out.Write(CsvFile.Line([name, RadiomicsTable.Number(value)]));
    }

    /// <summary>What is told of the batch: a line a case where there is no bar, reasons and counts at the end.</summary>
    private sealed class Report(int cases, int kept, TextWriter to)
    {
        private readonly List<string> reasons = [];
        private int measured;
        private bool isTold;

        public int Cases => cases;
        public TextWriter To => to;
        public int Done => kept + measured;
        public int Failed { get; private set; }

        public void Add(CaseOutcome outcome)
        {
            measured++;
            if (outcome.IsMeasured) return;
            Failed++;
            if (Failed <= MostReasonsShown) reasons.Add($"{outcome.Case.Name}: {outcome.Reason}");
        }

        public void Line(CaseOutcome outcome)
        {
            isTold = true;
            if (cases > 1 || !outcome.IsMeasured) to.WriteLine($"{Done} of {cases}: {outcome.Case.Name}: {outcome.Reason ?? "ok"}");
            foreach (string warning in outcome.Warnings) to.WriteLine($"  {warning}");
        }

        public void End(string? target)
        {
            if (!isTold)
                foreach (string reason in reasons) Console.Error.WriteLine(reason);
            if (!isTold && Failed > MostReasonsShown) Console.Error.WriteLine($"… and {Failed - MostReasonsShown} more: see the column reason");
            string taken = kept > 0 ? $", {kept} of them before" : "";
            if (target is not null) to.WriteLine($"{Done - Failed} of {cases} cases measured{taken}; written to {target}");
        }
    }
}
