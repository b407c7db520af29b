using System.CommandLine;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;

namespace HematomaPacsAgent.Commands;

/// <summary><c>models import</c>: a framework's folder becomes a model package.</summary>
internal static class ModelsImportCommand
{
    public static Command Build() => new("import", """
        makes a model package of what a framework left, so that the agent runs it as training did. What cannot be kept to is refused by name,
        and nothing is written
        """)
    {
        new Importer("nnunet", """
            nnU-Net v2: FOLDER holds plans.json and dataset.json of the results folder, and the exported network of each fold (fold_0.onnx, …; any *.onnx).
            Exported how, and with which golden pair: docs/model-packages.md. Examples:
              hematoma-agent models import nnunet ich/ --map hematoma=ICH,ivh=IVH,edema=PHE --orientation LAS
              hematoma-agent models import nnunet ich/ --configuration 2d --id ich-2d --license CC-BY-4.0 --training-data "our 310 scans of 2019"
            """, NnunetImport.Read) { IsDescribed = true, Configuration = true }.Build(),
        new Importer("monai", """
            a MONAI bundle: FOLDER holds configs/metadata.json, configs/inference.json (or .yaml) and models/*.onnx. Plain references (@key) are
            followed; what only Python can work out ($…) is named, and its value must be written there. Example:
              hematoma-agent models import monai ich_bundle/ --map hematoma=hemorrhage --ignore CropForegroundd
            """, MonaiImport.Read) { IsDescribed = true, Ignore = true }.Build(),
        new Importer("blast-ct", """
            BLAST-CT's published weights (docs/blast-ct.md says where they are): FOLDER holds model_1.pt, model_2.pt, …, one network of an ensemble each, and
            perhaps golden.npz, which each is held against. No Python is needed, and no code in the weights is run. Example:
              hematoma-agent models import blast-ct saved_models/
            """, BlastCtImport.Read).Build(),
    };

    /// <summary>In order and at once, where Progress would post to a pool.</summary>
    private sealed class Lines : IProgress<string>
    {
        public void Report(string value) => Console.WriteLine($"        {value}");
    }

    /// <summary>One kind of source: its verb, its options, and what reads it.</summary>
    private sealed class Importer(string kind, string description, Func<string, ImportOptions, PackageDraft> read)
    {
        private readonly Argument<DirectoryInfo> source = new("FOLDER") { Description = "where the framework's files lie; only read" };
        private readonly Option<string?> id = new("--id")
        {
            Description = "name of the package and its folder; without it one is made of the source's own name",
        };
        private readonly Option<string> version = new("--package-version") { Description = "version of the package", DefaultValueFactory = _ => "1.0.0" };
        private readonly Option<string> use = new("--intended-use")
        {
            Description = "research, demonstration, or what the site has validated the model for; the first two mark every result",
            DefaultValueFactory = _ => "research",
        };
        private readonly Option<string?> license = new("--license")
        {
            Description = "licence of the weights; without it what the source says, else 'not stated'",
        };
        private readonly Option<string?> data = new("--training-data")
        {
            Description = "what the weights were trained on; without it what the source says, else 'not stated'",
        };
        private readonly Option<string?> map = new("--map")
        {
            Description = "classes of the agent for labels of the source: KEY=LABEL,… with KEY hematoma, ivh, edema, extra-axial or another lower-case name. " +
                "Labels not named get a key guessed from their name, and the guess is told",
        };
        private readonly Option<string?> orientation = new("--orientation")
        {
            Description = "to which sides of the patient the training arrays' x, y and z grew: LPS (DICOM's own; what nnunet assumes), LAS (NIfTI of " +
                "dcm2niix), RAS (NIfTI turned to canonical). No file of nnU-Net tells it, and a wrong one shows the network a mirrored head",
        };
        private readonly Option<string?> configuration = new("--configuration")
        {
            Description = "of plans.json: 3d_fullres (the default where it is there), 2d, 3d_lowres",
        };
        private readonly Option<string> mirror = new("--mirror")
        {
            Description = "averages runs over mirrored input too, along these axes, e.g. x, xy or xyz; each doubles the time",
            DefaultValueFactory = _ => "",
        };
        private readonly Option<string[]> ignore = new("--ignore")
        {
            Description = "a transform of the bundle that the agent does not have, left out knowingly; may be given again",
            DefaultValueFactory = _ => [],
        };
        private readonly Option<DirectoryInfo?> folder = ModelsCommand.FolderOption(
            "where the package goes; without it Models:Folder of the configuration. A folder outside the program's own outlives an upgrade");
        private readonly Option<bool> force = new("--force") { Description = "takes the place of a package of the same id" };
        private readonly Option<FileInfo?> config = CommandRun.ConfigOption();

        /// <summary>Whether the person says what no file of the source does: classes, orientation, licence and so on.</summary>
        public bool IsDescribed { get; init; }

        public bool Configuration { get; init; }
        public bool Ignore { get; init; }

        public Command Build()
        {
            Command command = new(kind, description) { source, id };
            if (Configuration) command.Add(configuration);
            if (Ignore) command.Add(ignore);
            Option[] described = IsDescribed ? [map, orientation, mirror, version, use, license, data] : [];
            foreach (Option option in (Option[])[.. described, folder, force, config]) command.Add(option);
            command.Runs((parsed, cancellation) => Task.FromResult(Run(parsed, cancellation)));
            return command;
        }

        private int Run(ParseResult parsed, CancellationToken cancellation)
        {
            DirectoryInfo from = parsed.GetRequiredValue(source);
            if (!from.Exists) throw new UsageException($"the folder {from.FullName} is not there");
            IConfiguration settings = AgentSettings.Load(parsed.GetValue(config)?.FullName);
            string home = ModelsCommand.Folder(settings, null), target = ModelsCommand.Folder(settings, parsed.GetValue(folder));
            Console.WriteLine($"reading {from.FullName}");
            ImportOptions options = new() { Id = parsed.GetValue(id) };
            if (IsDescribed)
                options = options with
                {
                    Version = parsed.GetRequiredValue(version),
                    IntendedUse = parsed.GetRequiredValue(use),
                    License = parsed.GetValue(license),
                    TrainingData = parsed.GetValue(data),
                    Map = Pairs(parsed.GetValue(map)),
                    Orientation = parsed.GetValue(orientation),
                    Mirror = parsed.GetValue(mirror) ?? "",
                    Configuration = Configuration ? parsed.GetValue(configuration) : null,
                    Ignore = Ignore ? parsed.GetValue(ignore) ?? [] : [],
                };
            PackageDraft draft = read(from.FullName, options);
            foreach (string note in draft.Notes) Console.WriteLine($"note    {note}");
            ModelPackage package = PackageWriter.Write(draft, target, parsed.GetValue(force), new Lines(), cancellation);
            Tell(package, home);
            return CommandRun.Done;
        }

        private static Dictionary<string, string> Pairs(string? text)
        {
            Dictionary<string, string> pairs = [];
            foreach (string pair in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                if (pair.Split('=', 2) is not [var key, var label] || !pairs.TryAdd(key.Trim(), label.Trim()))
                    throw new UsageException($"--map '{pair}': write KEY=LABEL, each key once, with commas between, e.g. hematoma=ICH,ivh=IVH");
            return pairs;
        }

        private static void Tell(ModelPackage package, string home)
        {
            ModelManifest manifest = package.Manifest;
            bool isAtHome = Path.GetDirectoryName(package.Folder) == Path.TrimEndingDirectorySeparator(home);
            string classes = string.Join(", ", manifest.Output.Classes.Select(one => one.Key)), setting = isAtHome ? package.Id : package.Folder;
            Console.WriteLine($"""
                made    {package.Folder}: {manifest.Files.Count} network{(manifest.Files.Count == 1 ? "" : "s")}, classes {classes}
                next    complete MODEL_CARD.md there, and try the model: hematoma-agent analyze STUDY --out OUT after setting
                        Models:Segmentation to "{setting}" (config/appsettings.json, or the variable HEMATOMA_Models__Segmentation)
                """);
            if (package.Folder.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal))
                Console.WriteLine("note    it lies in the program's folder: an upgrade that replaces that folder takes the package with it. "
                    + "--models-folder puts it elsewhere");
        }
    }
}
