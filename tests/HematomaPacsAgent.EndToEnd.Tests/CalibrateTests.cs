using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>models calibrate</c> as a site runs it, on small phantoms and on copies of the bundled packages.</summary>
public sealed class CalibrateTests : IDisposable
{
    private const string New = "9.0.1-test";
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_sign_package_is_fitted_and_written_only_when_asked()
    {
        string package = Copy("sign-effb0-phantom");
        byte[] before = File.ReadAllBytes(Path.Combine(package, "model.json"));
        string[] small = ["calibrate", package, "--phantoms", "700000", "--matrix", "128"];
        (int code, string told) = await RunAsync([.. small, "--count", "1", "--regime", "A", "--regime", "B"]);
        Assert.True(code == 0, told);
        Assert.Contains("seeds 700000 to 700000 of regime A, seeds 700001 to 700001 of regime B, 128 pixels", told, StringComparison.Ordinal);
        Assert.Contains("nothing was written", told, StringComparison.Ordinal);
        Assert.Contains("2 of 2  phantom-700001: ", told, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(package, "model.json")));

        (code, told) = await RunAsync([.. small, "--count", "30", "--write", "--package-version", New]);
        Assert.True(code == 0, told);
        JsonNode now = JsonNode.Parse(File.ReadAllText(Path.Combine(package, "model.json")))!, was = JsonNode.Parse(before)!;
        Assert.Equal(New, now["version"]!.GetValue<string>());
        JsonArray signs = now["output"]!["classes"]!.AsArray(), earlier = was["output"]!["classes"]!.AsArray();
        int fitted = 0;
        for (int i = 0; i < signs.Count; i++)
        {
            if (signs[i]!["calibration"] is not { } fit)
            {
                Assert.True(JsonNode.DeepEquals(earlier[i], signs[i]), $"{signs[i]} was not fitted, and has changed");
                continue;
            }

            fitted++;
            Assert.InRange(fit["slope"]!.GetValue<double>(), 0.001, 100);
            Assert.StartsWith("phantoms, seeds 700000 to 700029 of regime A, 128 pixels; masks of ", fit["fittedOn"]!.GetValue<string>(),
                StringComparison.Ordinal);
            Assert.InRange(signs[i]!["threshold"]!.GetValue<double>(), signs[i]!["indeterminateBand"]![0]!.GetValue<double>(),
                signs[i]!["indeterminateBand"]![1]!.GetValue<double>());
        }

        Assert.InRange(fitted, 1, signs.Count); // with so few cases not every sign has enough of each kind
        (was["version"], was["output"]!["classes"]) = (New, signs.DeepClone());
        Assert.True(JsonNode.DeepEquals(was, now));
        (code, told) = await RunAsync("verify", package);
        Assert.True(code == 0, told);
    }

    [Fact]
    public async Task A_segmentation_package_is_fitted_and_its_findings_say_on_what()
    {
        string package = Copy("hematoma-seg-phantom");
        (int code, string told) = await RunAsync("calibrate", package, "--phantoms", "700000", "--count", "15", "--matrix", "128", "--write",
            "--package-version", New);
        Assert.True(code == 0, told);
        (code, told) = await RunAsync("verify", package);
        Assert.True(code == 0, told);

        string settings = folder["settings.json"];
        File.WriteAllText(settings, new JsonObject { ["Models"] = new JsonObject { ["Segmentation"] = package } }.ToJsonString());
        using PhantomStudy study = new();
        (code, told) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "analyze", study.Folder, "--out", folder["out"], "--config", settings],
            TestContext.Current.CancellationToken);
        Assert.True(code == 0, told);
        JsonElement segmentation = JsonDocument.Parse(File.ReadAllText(folder["out/findings.json"])).RootElement.GetProperty("segmentation");
        Assert.Equal("phantoms, seeds 700000 to 700014 of regime A, 128 pixels", segmentation.GetProperty("calibratedOn").GetString());
        Assert.InRange(segmentation.GetProperty("componentList")[0].GetProperty("confidence").GetDouble(), 0.5, 1);
    }

    [Fact]
    public async Task What_cannot_be_done_is_said_before_any_work()
    {
        string package = Copy("sign-effb0-phantom");
        await RefusedAsync("which cases? --phantoms SEED", "calibrate", package);
        await RefusedAsync("--write and --package-version go together", "calibrate", package, "--phantoms", "1", "--write");
        string version = JsonNode.Parse(File.ReadAllText(Path.Combine(package, "model.json")))!["version"]!.GetValue<string>();
        await RefusedAsync($"is version {version} already", "calibrate", package, "--phantoms", "1", "--write", "--package-version", version);
        await RefusedAsync("--count 0", "calibrate", package, "--phantoms", "1", "--count", "0");
        (int code, string told) = await RunAsync("calibrate", "no-such-model", "--phantoms", "1");
        Assert.Equal(1, code);
        Assert.Contains("no-such-model", told, StringComparison.Ordinal);

        byte[] before = File.ReadAllBytes(Path.Combine(package, "model.json"));
        (code, told) = await RunAsync("calibrate", package, "--phantoms", "700000", "--count", "1", "--matrix", "128", "--write", "--package-version", New);
        Assert.Equal(1, code);
        Assert.Contains("no class was fitted", told, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(package, "model.json")));

        async Task RefusedAsync(string why, params string[] arguments)
        {
            (int exitCode, string output) = await RunAsync(arguments);
            Assert.Equal(2, exitCode);
            Assert.Contains(why, output, StringComparison.Ordinal);
        }
    }

    public void Dispose() => folder.Dispose();

    private string Copy(string id)
    {
        string copy = folder[id];
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.GetFiles(Path.Combine(SharedFiles.Repository, "models", id)))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, "models", .. arguments], TestContext.Current.CancellationToken);
}
