using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Dashboard;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

internal static class ModelsCommand
{
    public static Command Build()
    {
        Option<DirectoryInfo?> folder = FolderOption("folder of packages; without it Models:Folder of the configuration");
        Option<bool> json = new("--json") { Description = "as JSON, for scripts" };
        Option<FileInfo?> config = CommandRun.ConfigOption();
        Command list = new("list", "the packages that are there, which of them are configured, and whether their files are as they were made")
            { folder, json, config };
        list.Runs((parsed, _) =>
        {
            IReadOnlyList<PackageRow> rows = Rows(AgentSettings.Load(parsed.GetValue(config)?.FullName), parsed.GetValue(folder));
            if (parsed.GetValue(json)) Console.WriteLine(JsonSerializer.Serialize(rows, DashboardApi.IndentedJson));
            else Print(rows);
            return Task.FromResult(CommandRun.Done);
        });

        Argument<string[]> ids = new("ID")
        {
            Description = "packages to check; without one all that are there and all that are configured",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Command verify = new("verify", """
            holds packages against their manifest: every key, every digest, and every network's golden output on the device of Inference:Device.
            All that is wrong in one go; exit code 1 where anything is. serve and analyze refuse such a package too
            """) { ids, folder, config };
        verify.Runs((parsed, cancellation) => Task.FromResult(
            Verify(AgentSettings.Load(parsed.GetValue(config)?.FullName), parsed.GetValue(folder), parsed.GetValue(ids) ?? [], cancellation)));

        return new Command("models", """
            model packages: a folder with model.json, the ONNX networks, golden inputs and outputs, and a model card (docs/model-packages.md)
            """) { list, verify, ModelsImportCommand.Build(), ModelsCalibrateCommand.Build() };
    }

    public static Option<DirectoryInfo?> FolderOption(string description) => new("--models-folder") { Description = description };

    public static string Folder(IConfiguration settings, DirectoryInfo? given) =>
        given?.FullName ?? AgentSettings.BesideProgram(AgentHost.Validated<ModelOptions>(settings, "Models").Folder);

    private static int Verify(IConfiguration settings, DirectoryInfo? given, string[] ids, CancellationToken cancellation)
    {
        using Inference inference = InferenceProcess.Begin(settings);
        string folder = Folder(settings, given);
        string[] paths = ids.Length > 0 ? [.. ids.Select(id => Path.Combine(folder, id))] : [.. Rows(settings, given).Select(row => row.Folder)];
        int failed = 0;
        foreach (string path in paths)
        {
            cancellation.ThrowIfCancellationRequested();
            IReadOnlyList<string> problems = PackageCheck.Problems(path, inference);
            string name = Path.GetFileName(path);
            if (problems.Count == 0)
                Console.WriteLine($"ok      {name}: files unaltered, golden output given on {inference.Device}");
            foreach (string problem in problems) Console.WriteLine($"FAILED  {name}: {problem}");
            if (problems.Count > 0) failed++;
        }

        if (paths.Length == 0) Console.WriteLine($"{folder} holds no package. hematoma-agent models import --help shows how to make one");
        else Console.WriteLine(failed == 0 ? "all is well" : $"{failed} of {paths.Length} packages failed");
        return failed == 0 && paths.Length > 0 ? CommandRun.Done : CommandRun.Failed;
    }

    /// <summary>What is in the folder, then what is configured and lies elsewhere or nowhere.</summary>
    private static List<PackageRow> Rows(IConfiguration settings, DirectoryInfo? given)
    {
        ModelOptions options = AgentHost.Validated<ModelOptions>(settings, "Models");
        string home = AgentSettings.BesideProgram(options.Folder), folder = Folder(settings, given);
        string segmentation = Path.GetFullPath(options.Segmentation, home), signs = Path.GetFullPath(options.Signs, home);
        IEnumerable<string> there = Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Where(path => File.Exists(Path.Combine(path, ModelPackage.ManifestName))
                && !Path.GetFileName(path).StartsWith('.')) : [];
        // Another folder is looked at for itself.
        IEnumerable<string> configured = given is null ? [segmentation, signs] : [];
        return [.. there.Order(StringComparer.Ordinal).Concat(configured).Distinct().Select(path =>
            PackageRow.Of(path, path == segmentation ? "Models:Segmentation" : path == signs ? "Models:Signs" : ""))];
    }

    private static void Print(IReadOnlyList<PackageRow> rows)
    {
        if (rows.Count == 0)
        {
            Console.WriteLine("no package is there. hematoma-agent models import --help shows how to make one");
            return;
        }

        Table table = new Table().Border(TableBorder.Rounded)
            .AddColumn("Package", column => column.NoWrap()).AddColumn("Version", column => column.NoWrap()).AddColumn("Kind", column => column.NoWrap())
            .AddColumns("Use, licence", "Networks", "State");
        foreach (PackageRow row in rows)
            table.AddRow([.. new[] { row.Id, row.Version, row.Kind, $"{row.IntendedUse}\n{row.License}",
                string.Create(CultureInfo.InvariantCulture, $"{row.Files}, {row.Bytes / 1e6:F1} MB"), $"{row.State}\n{row.Configured}" }
                .Select(text => Markup.Escape(text.Trim()))]);
        AnsiConsole.Write(table);
    }

    /// <summary>A package as the list shows it.</summary>
    /// <param name="Bytes">Of its networks.</param>
    /// <param name="Configured">The setting that names it, else empty.</param>
    /// <param name="State"><c>ok</c>, or what is wrong with it.</param>
    private sealed record PackageRow(string Id, string Version, string Kind, string IntendedUse, string License, int Files, long Bytes, string Configured,
        string State, string Folder)
    {
        public static PackageRow Of(string folder, string configured)
        {
            try
            {
                ModelPackage package = ModelPackage.Load(folder);
                ModelManifest manifest = package.Manifest;
                long bytes = manifest.Files.Sum(file => new FileInfo(package.PathOf(file.Path)).Length);
                return new PackageRow(Path.GetFileName(folder), manifest.Version, JsonNamingPolicy.KebabCaseLower.ConvertName(manifest.Kind.ToString()),
                    manifest.IntendedUse, manifest.License, manifest.Files.Count, bytes, configured, "ok", folder);
            }
            catch (Exception wrong) when (wrong is ModelPackageException or IOException or UnauthorizedAccessException)
            {
                return new PackageRow(Path.GetFileName(folder), "", "", "", "", 0, 0, configured, wrong.Message, folder);
            }
        }
    }
}
