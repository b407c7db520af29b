using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>evaluate</c> as a site runs it: bundled models, phantoms and folders of labelled cases.</summary>
public sealed partial class EvaluateTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_segmentation_model_is_judged_on_phantoms_and_on_the_folders_that_phantom_writes()
    {
        var (code, told) = await RunAsync(
            "evaluate", "segmentation", "--phantoms", "20", "--count", "3", "--regime", "A", "--matrix", "128", "--out", folder["fly"]);
        Assert.True(code == 0, told);
        Assert.Contains("3 of 3: phantom-000022: ", told, StringComparison.Ordinal);
        JsonElement made = Json("fly");
        Assert.Equal("hematoma-evaluation/1", made.GetProperty("schema").GetString());
        Assert.Equal("evaluate segmentation --phantoms 20 --count 3 --regime A --matrix 128 --model hematoma-seg-phantom",
            made.GetProperty("command").GetString());
        Assert.Matches("^[0-9a-f]{64}$", made.GetProperty("models")[0].GetProperty("sha256").GetString()!);
        JsonElement hematoma = made.GetProperty("classes").EnumerateArray().Single(known => known.GetProperty("class").GetString() == "hematoma");
        Assert.Equal(["<5 ml", "5-30 ml", ">30 ml"],
            hematoma.GetProperty("byVolume").EnumerateArray().Select(stratum => stratum.GetProperty("group").GetString()));
        Assert.Equal(3, made.GetProperty("segmentationRows").GetArrayLength());
        Assert.Contains("say nothing of patients", made.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        // Sums are those of the rows, counted here anew.
        JsonElement[] there = [.. made.GetProperty("segmentationRows").EnumerateArray()
            .SelectMany(row => row.GetProperty("classes").EnumerateArray())
                .Where(score => score.GetProperty("class").GetString() == "hematoma" && score.GetProperty("truthMl").GetDouble() > 0)];
        Assert.NotEmpty(there);
        Assert.Equal(there.Length, hematoma.GetProperty("overall").GetProperty("n").GetInt32());
        Assert.Equal(there.Count(score => score.GetProperty("overlap").GetProperty("iou").GetDouble() > 0.8),
            hematoma.GetProperty("overall").GetProperty("iouAbove08").GetProperty("count").GetInt32());

        string page = File.ReadAllText(folder["fly/evaluation.html"]);
        Assert.True(Picture().Count(page) >= there.Length, "each case with a hematoma is among the worst shown");
        Assert.Equal(2, Regex.Count(page, "<svg ") / made.GetProperty("classes").GetArrayLength());
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"http", page);

        (code, told) = await RunAsync("phantom", "--seed", "20", "--count", "3", "--matrix", "128", "--format", "nifti", "--out", folder["cases"]);
        Assert.True(code == 0, told);
        (code, told) = await RunAsync("evaluate", "segmentation", "--cases", folder["cases"], "--out", folder["read"]);
        Assert.True(code == 0, told);
        JsonElement read = Json("read");
        Assert.Equal("evaluate segmentation --cases cases --model hematoma-seg-phantom", read.GetProperty("command").GetString());
        foreach (var (fly, file) in made.GetProperty("segmentationRows").EnumerateArray().Zip(read.GetProperty("segmentationRows").EnumerateArray()))
            foreach (var (one, other) in fly.GetProperty("classes").EnumerateArray().Zip(file.GetProperty("classes").EnumerateArray()))
                Assert.Equal(one.GetProperty("foundMl").GetDouble(), other.GetProperty("foundMl").GetDouble(), 0.05);
    }

    [Fact]
    public async Task Signs_are_judged_on_the_model_s_hematoma_and_on_the_true_one()
    {
        foreach (string masks in (string[])["model", "truth"])
        {
            var (code, told) = await RunAsync(
                "evaluate", "signs", "--phantoms", "20", "--count", "3", "--regime", "A", "--matrix", "128", "--masks", masks, "--out", folder[masks]);
            Assert.True(code == 0, told);
            JsonElement made = Json(masks);
            Assert.Equal(masks, made.GetProperty("masks").GetString());
            Assert.Equal(masks == "model" ? ["segmentation", "signs"] : ["signs"],
                made.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("kind").GetString()));
            JsonElement[] signs = [.. made.GetProperty("signs").EnumerateArray()];
            Assert.Equal(9, signs.Length);
            // Three heads never have every sign both ways: then there is no AUC, and the reason is there.
            Assert.All(signs, sign => Assert.True(sign.GetProperty("roc").GetProperty("auc").ValueKind == JsonValueKind.Number
                == (sign.GetProperty("positive").GetInt32() > 0 && sign.GetProperty("negative").GetInt32() > 0)));
            Assert.Contains(signs, sign => sign.GetProperty("roc").GetProperty("ci95").ValueKind == JsonValueKind.Null
                && sign.GetProperty("roc").GetProperty("explanation").GetString()!.Length > 0);
            Assert.All(signs, sign => Assert.Equal(10, sign.GetProperty("calibration").GetProperty("bins").GetArrayLength()));
            string page = File.ReadAllText(folder[$"{masks}/evaluation.html"]);
            Assert.Matches(Picture(), page);
            Assert.Contains("<svg ", page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2, "give --phantoms SEED", "segmentation")]
    [InlineData(2, "give --phantoms SEED", "segmentation", "--phantoms", "1", "--cases", "x")]
    [InlineData(2, "--matrix must be 64 to 1024", "segmentation", "--phantoms", "1", "--matrix", "4000")]
    [InlineData(2, "--count must be at least 1", "signs", "--phantoms", "1", "--count", "0")]
    [InlineData(2, "--matrix is for --phantoms", "signs", "--cases", "x", "--matrix", "128")]
    [InlineData(2, "--model is not used", "signs", "--phantoms", "1", "--masks", "truth", "--model", "y")]
    [InlineData(1, "gone is not there", "segmentation", "--cases", "gone")]
    [InlineData(1, "model.json is not there", "segmentation", "--phantoms", "1", "--model", "absent")]
    public async Task What_cannot_be_is_refused_with_what_to_write(int expected, string message, params string[] arguments)
    {
        var (code, told) = await RunAsync(["evaluate", .. arguments, "--out", folder["out"]]);
        Assert.Equal((expected, true), (code, told.Contains(message, StringComparison.Ordinal)));
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task What_is_no_head_is_told_and_counted_and_ends_with_three()
    {
        var (code, told) = await RunAsync("phantom", "--seed", "20", "--matrix", "128", "--format", "nifti", "--out", folder["cases"]);
        Assert.True(code == 0, told);
        File.Copy(folder["cases/phantom-000020/mask.nii.gz"], folder["cases/phantom-000020/image.nii.gz"], overwrite: true);
        (code, told) = await RunAsync("evaluate", "segmentation", "--cases", folder["cases"], "--out", folder["out"]);
        Assert.Equal(3, code);
        Assert.Contains("1 cases, 1 not analysed", told, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(Json("out").GetProperty("segmentationRows")[0].GetProperty("notAnalysed").GetString()));
    }

    [Fact]
    public async Task A_stop_ends_the_run_between_two_cases_and_leaves_nothing_half_written()
    {
        using Process process = Process.Start(Programs.WithoutOurs(new ProcessStartInfo("dotnet",
            [AgentProcess.Program, "evaluate", "segmentation", "--phantoms", "1", "--count", "10000", "--matrix", "64", "--out", folder["out"]])
                { RedirectStandardError = true }))!;
        try
        {
            string? line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("1 of 10000: ", line, StringComparison.Ordinal);
            await Programs.RunAsync("/bin/kill", ["-TERM", process.Id.ToString()], TestContext.Current.CancellationToken);
            string rest = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.EndsWith("stopped\n", rest, StringComparison.Ordinal);
            Assert.Equal(1, process.ExitCode);
            Assert.False(Directory.Exists(folder["out"]));
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => folder.Dispose();

    private JsonElement Json(string run) => JsonDocument.Parse(File.ReadAllText(folder[$"{run}/evaluation.json"])).RootElement;

    private static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments) =>
        Programs.RunAsync("dotnet", [AgentProcess.Program, .. arguments], TestContext.Current.CancellationToken);

    [GeneratedRegex("<img [^>]*src=\"data:image/png;base64,iVBOR")]
    private static partial Regex Picture();
}
