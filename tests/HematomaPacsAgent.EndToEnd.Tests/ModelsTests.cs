using System.Text.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>models</c> as a site runs it: a MONAI bundle becomes a package, is listed, verified, spoiled and refused.</summary>
public sealed class ModelsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_bundle_is_imported_listed_and_verified_and_refused_once_it_is_altered()
    {
        string bundle = folder["bundle"], models = folder["models"], networks = Path.Combine(SharedFiles.Repository, "tests", "golden", "inference", "import");
        foreach (string part in (string[])["configs", "models"]) Directory.CreateDirectory(Path.Combine(bundle, part));
        foreach (string name in (string[])["fold_0.onnx", "fold_0.golden.in.npy", "fold_0.golden.out.npy"])
            File.Copy(Path.Combine(networks, name), Path.Combine(bundle, "models", name));
        File.WriteAllText(Path.Combine(bundle, "configs", "metadata.json"), """
            {"version": "0.1.0", "monai_version": "1.3.0", "name": "ICH", "network_data_format": {
              "inputs": {"image": {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1}},
              "outputs": {"pred": {"num_channels": 4, "channel_def": {"0": "background", "1": "bleed", "2": "IVH", "3": "edema"}}}}}
            """);
        File.WriteAllText(Path.Combine(bundle, "configs", "inference.json"), """
            {"preprocessing": {"_target_": "Compose", "transforms": [
               {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
               {"_target_": "ScaleIntensityRanged", "keys": "image", "a_min": 0, "a_max": 100, "b_min": 0, "b_max": 1, "clip": true}]},
             "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [4, 8, 8], "overlap": 0.5},
             "postprocessing": {"_target_": "Compose", "transforms": [{"_target_": "Activationsd", "keys": "pred", "softmax": true}]}}
            """);

        (int code, string told) = await RunAsync("import", "monai", bundle, "--models-folder", models);
        Assert.Equal(1, code);
        Assert.Contains("--map hematoma=LABEL", told, StringComparison.Ordinal);
        Assert.False(Directory.Exists(models));

        (code, told) = await RunAsync("import", "monai", bundle, "--models-folder", models, "--id", "site", "--map", "hematoma=bleed",
            "--license", "CC-BY-4.0");
        Assert.True(code == 0, told);
        Assert.Contains($"Models:Segmentation to \"{Path.Combine(models, "site")}\"", told, StringComparison.Ordinal);
        Assert.Contains("label 'IVH' is taken as the class 'ivh'", told, StringComparison.Ordinal);

        (code, told) = await RunAsync("list", "--models-folder", models, "--json");
        Assert.True(code == 0, told);
        JsonElement row = Assert.Single(JsonDocument.Parse(told).RootElement.EnumerateArray());
        Assert.Equal(("site", "research", "CC-BY-4.0", "ok"), (Text("id"), Text("intendedUse"), Text("license"), Text("state")));

        (code, told) = await RunAsync("verify", "--models-folder", models);
        Assert.True(code == 0, told);
        Assert.Contains("ok      site", told, StringComparison.Ordinal);

        File.AppendAllText(Path.Combine(models, "site", "fold_0.onnx"), "x");
        (code, told) = await RunAsync("verify", "site", "absent", "--models-folder", models);
        Assert.Equal(1, code);
        Assert.Contains("FAILED  site: ", told, StringComparison.Ordinal);
        Assert.Contains("the file was altered", told, StringComparison.Ordinal);
        Assert.Contains("FAILED  absent: ", told, StringComparison.Ordinal);

        string Text(string key) => row.GetProperty(key).GetString()!;
    }

    [Fact]
    public async Task The_packages_of_the_program_are_listed_as_configured()
    {
        (int code, string told) = await RunAsync("list", "--json");
        Assert.True(code == 0, told);
        Assert.Equal(["Models:Segmentation", "Models:Signs"], JsonDocument.Parse(told).RootElement.EnumerateArray()
            .Select(row => row.GetProperty("configured").GetString()!).Where(setting => setting.Length > 0).Order());
    }

    public void Dispose() => folder.Dispose();

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "models", .. arguments], TestContext.Current.CancellationToken);
}
