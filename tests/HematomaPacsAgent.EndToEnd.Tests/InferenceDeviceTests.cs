using System.Diagnostics;
using System.Text.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary><c>analyze</c> where the device is not to be had, and where the process that runs the models dies.</summary>
public sealed class InferenceDeviceTests(PhantomStudy study) : IClassFixture<PhantomStudy>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Cuda_that_is_not_there_stops_with_one_line_that_says_what_to_do()
    {
        if (File.Exists("/proc/driver/nvidia/version")) Assert.Skip("this machine has an NVIDIA driver");
        var (exitCode, output) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "analyze", study.Folder, "--out", folder["out"]],
            TestContext.Current.CancellationToken, new Dictionary<string, string> { ["HEMATOMA_Inference__Device"] = "cuda" });
        Assert.Equal(1, exitCode);
        Assert.Single(output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        foreach (string part in (string[])["CUDA does not load", "found: no NVIDIA driver", "Remedy:", "-p:OnnxRuntimeGpu=true", "Inference:Device to cpu"])
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["out"]));
    }

    [Fact]
    public async Task The_process_of_the_models_killed_half_way_costs_time_and_nothing_else()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("processes are found in /proc");
        using Process analysis = Process.Start(Programs.WithoutOurs(new ProcessStartInfo("dotnet", [AgentProcess.Program, "analyze", study.Folder, "--out", folder["out"]])
            { RedirectStandardOutput = true, RedirectStandardError = true }))!;
        Task<string> output = analysis.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = analysis.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        // Some output of the stages: models are loaded, slices are being segmented or about to be.
        int worker = await Eventually.FindAsync<int>("the process that runs the models", TimeSpan.FromSeconds(60),
            () => Task.FromResult(WorkerOf(analysis.Id)), () => "");
        await Task.Delay(1000, TestContext.Current.CancellationToken);
        using (Process victim = Process.GetProcessById(worker)) victim.Kill();
        await analysis.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(analysis.ExitCode == 0, await output + await errors);
        Assert.Contains("inference: ", await errors, StringComparison.Ordinal);
        using JsonDocument findings = JsonDocument.Parse(File.ReadAllText(folder["out/findings.json"]));
        JsonElement segmentation = findings.RootElement.GetProperty("segmentation");
        Assert.Equal(study.HematomaMl, segmentation.GetProperty("volumesMl").GetProperty("hematoma").GetDouble(), study.HematomaMl * 0.25);
        JsonElement ran = segmentation.GetProperty("inference");
        Assert.Equal("cpu", ran.GetProperty("provider").GetString());
        Assert.False(string.IsNullOrWhiteSpace(ran.GetProperty("device").GetString()));
        Assert.StartsWith("ONNX Runtime", ran.GetProperty("runtime").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, ran.GetProperty("fallback").ValueKind);
    }

    [Fact]
    public async Task When_the_agent_is_killed_the_process_of_the_models_ends_too()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("processes are found in /proc");
        using Process analysis = Process.Start(Programs.WithoutOurs(new ProcessStartInfo("dotnet", [AgentProcess.Program, "analyze", study.Folder, "--out", folder["out"]])
            { RedirectStandardOutput = true, RedirectStandardError = true }))!;
        int worker = await Eventually.FindAsync<int>("the process that runs the models", TimeSpan.FromSeconds(60),
            () => Task.FromResult(WorkerOf(analysis.Id)), () => "");
        analysis.Kill();
        await Eventually.SeeAsync("it is gone", TimeSpan.FromSeconds(20), () => Task.FromResult(
            !File.Exists($"/proc/{worker}/stat") || File.ReadAllText($"/proc/{worker}/stat").Contains(") Z ", StringComparison.Ordinal)), () => "");
    }

    private static int? WorkerOf(int parent)
    {
        foreach (string process in Directory.EnumerateDirectories("/proc"))
            try
            {
                if (int.TryParse(Path.GetFileName(process), out int id) && File.ReadAllText(process + "/cmdline").Contains("infer-worker", StringComparison.Ordinal)
                    && File.ReadAllText(process + "/stat").Split(") ")[^1].Split(' ')[1] == $"{parent}") return id;
            }
            catch (IOException)
            {
                // It ended while we looked.
            }

        return null;
    }
}
