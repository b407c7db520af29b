using System.CommandLine;
using System.Globalization;
using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Commands;

/// <summary><c>models calibrate</c>: labelled cases make a package's numbers probabilities, and choose thresholds (docs/calibration.md).</summary>
internal sealed class ModelsCalibrateCommand
{
    private readonly Argument<string> id = new("ID") { Description = "the package: a name in the folder of packages, or a path" };
    private readonly Option<int?> phantoms = new("--phantoms")
    {
        Description = "labelled cases are computer-made heads, from this seed on: take seeds that training did not see",
    };
    private readonly Option<DirectoryInfo?> folderOfCases = new("--cases")
    {
        Description = "labelled cases are folders in this one, each with image.nii.gz, mask.nii.gz and, for signs, case.json (docs/evaluation.md)",
    };
    private readonly Option<int> count = new("--count") { Description = "how many phantoms of each regime", DefaultValueFactory = _ => 100 };
    private readonly Option<ScannerRegime[]> regimes = new("--regime")
    {
        Description = "scanner of the phantoms, A, B or C; may be given again, each regime with seeds of its own. Without it A",
        DefaultValueFactory = _ => [ScannerRegime.A],
    };
    private readonly Option<int> matrix = new("--matrix") { Description = "pixels in a row and column of a phantom", DefaultValueFactory = _ => 512 };
    private readonly Option<string?> segmentation = new("--segmentation")
    {
        Description = "for a package of signs: the segmentation whose masks it is shown; without it Models:Segmentation of the configuration",
    };
    private readonly Option<bool> write = new("--write") { Description = "puts the fit into model.json; without it nothing is changed" };
    private readonly Option<string?> version = new("--package-version") { Description = "with --write: the package's new version" };
    private readonly Option<DirectoryInfo?> folder = ModelsCommand.FolderOption("folder of packages; without it Models:Folder of the configuration");
    private readonly Option<FileInfo?> config = CommandRun.ConfigOption();

    public static Command Build() => new ModelsCalibrateCommand().Command();

    private Command Command()
    {
        Command command = new("calibrate", """
            fits slope and intercept of each class's probability on labelled cases (Platt), and for signs chooses the threshold and the band in which they are
            indeterminate. Prints Brier score and expected calibration error before and after (docs/calibration.md). Examples:
              hematoma-agent models calibrate sign-effb0-phantom --phantoms 700000 --count 150 --regime A --regime B
              hematoma-agent models calibrate hematoma-seg-phantom --phantoms 700000 --count 60 --write --package-version 0.3.0
            """) { id, phantoms, folderOfCases, count, regimes, matrix, segmentation, write, version, folder, config };
        command.Runs((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancellation)
    {
        bool writes = parsed.GetValue(write);
        if (writes != parsed.GetValue(version) is not null)
            throw new UsageException("--write and --package-version go together: a package with another calibration is another version");
        (IEnumerable<LabelledCase> cases, int expected, string told) = Cases(parsed, cancellation);
        IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
        string packages = ModelsCommand.Folder(settings, parsed.GetValue(folder)), place = Path.Combine(packages, parsed.GetRequiredValue(id));
        ModelPackage package = ModelPackage.Load(place);
        if (parsed.GetValue(version) == package.Version)
            throw new UsageException($"{package.Id} is version {package.Version} already: give it another --package-version");
        using Inference inference = InferenceProcess.Begin(settings);
        Lines lines = new(expected);
        CalibrationReport report;
        if (package.Manifest.Kind == ModelKind.Signs)
        {
            string masks = parsed.GetValue(segmentation) is { } named ? Path.Combine(packages, named)
                : Path.Combine(ModelsCommand.Folder(settings, null), AgentHost.Validated<ModelOptions>(settings, "Models").Segmentation);
            using HematomaSegmenter segmenter = HematomaSegmenter.Load(masks, inference);
            using SignClassifier classifier = SignClassifier.Load(place, inference);
            string fittedOn = $"{told}; masks of {segmenter.Package.Id} {segmenter.Package.Version}";
            report = SignCalibration.Fit(segmenter, classifier, cases, fittedOn, lines, cancellation);
        }
        else
        {
            if (parsed.GetValue(segmentation) is not null) throw new UsageException("--segmentation is for a package of signs");
            using HematomaSegmenter segmenter = HematomaSegmenter.Load(place, inference);
            report = SegmentationCalibration.Fit(segmenter, cases, told, lines, cancellation);
        }

        Console.WriteLine($"{package.Id} {package.Version} on {told}");
        CalibrationTable.Print(report, package.Manifest);
        if (!writes)
        {
            Console.WriteLine("nothing was written; --write with --package-version puts this into model.json");
            return CommandRun.Done;
        }

        if (report.Classes.All(one => one.Calibration is null))
        {
            Console.Error.WriteLine($"no class was fitted: {package.PathOf(ModelPackage.ManifestName)} is as it was. Remedy: more cases");
            return CommandRun.Failed;
        }

        cancellation.ThrowIfCancellationRequested();
        ModelPackage now = CalibratedManifest.Write(package, report.Classes, parsed.GetValue(version)!);
        Console.WriteLine($"wrote {now.PathOf(ModelPackage.ManifestName)}: version {now.Version}. Say so in its MODEL_CARD.md, too");
        return CommandRun.Done;
    }

    /// <summary>The labelled cases that the command line names, how many there are, and what model.json says of them.</summary>
    private (IEnumerable<LabelledCase> Cases, int Count, string Told) Cases(ParseResult parsed, CancellationToken cancellation)
    {
        if (parsed.GetValue(phantoms) is null == parsed.GetValue(folderOfCases) is null) throw new UsageException("which cases? --phantoms SEED, or --cases DIR");
        if (parsed.GetValue(folderOfCases) is { } given)
        {
            IReadOnlyList<string> found = CaseFolder.In(given.FullName);
            return (found.Select(one => CaseFolder.Read(one, cancellation)), found.Count, $"{found.Count} cases of {given.Name}");
        }

        int seed = parsed.GetValue(phantoms)!.Value;
        int each = parsed.GetValue(count), pixels = parsed.GetValue(matrix);
        ScannerRegime[] scanners = [.. parsed.GetRequiredValue(regimes).Distinct()];
        if (each is < 1 or > 100_000) throw new UsageException($"--count {each}: 1 to 100000");
        if (pixels is < 64 or > 1024) throw new UsageException($"--matrix {pixels}: 64 to 1024");
        if (seed < 0 || seed > int.MaxValue - each * scanners.Length)
            throw new UsageException($"--phantoms {seed}: a seed is 0 or above, and the last one fits an int");
        return (scanners.SelectMany((regime, i) => LabelledCase.Phantoms(seed + i * each, each, regime, pixels)), each * scanners.Length,
            string.Create(CultureInfo.InvariantCulture, $"phantoms, {string.Join(", ", scanners.Select((regime, i) =>
                string.Create(CultureInfo.InvariantCulture, $"seeds {seed + i * each} to {seed + (i + 1) * each - 1} of regime {regime}")))}")
            + (pixels == 512 ? "" : string.Create(CultureInfo.InvariantCulture, $", {pixels} pixels")));
    }

    /// <summary>On standard error, so that the table can go to a file.</summary>
    private sealed class Lines(int expected) : IProgress<string>
    {
        private int done;

        public void Report(string value) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{++done} of {expected}  {value}"));
    }
}
