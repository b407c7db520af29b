using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>The training recipe as its README tells it, in smoke form: a few steps on a few phantoms, to an exported package that the agent loads. Runs with --full.</summary>
public sealed class TrainingRecipeTests
{
    private const string Python = "/usr/bin/python3";

    [Theory(Explicit = true)]
    [InlineData("segmentation")]
    [InlineData("signs")]
    public async Task A_few_steps_of_training_end_in_a_package(string kind)
    {
        if ((await Programs.RunAsync(Python, ["-c", "import torch, onnx"], TestContext.Current.CancellationToken)).ExitCode != 0)
            Assert.Skip("python3-torch or python3-onnx not installed: apt-get install python3-torch python3-onnx");
        using TemporaryFolder folder = new();
        string recipe = Path.Combine(SharedFiles.Repository, "models", "training"), package = folder[$"smoke-{kind}"];
        await RunAsync("dotnet", [AgentProcess.Program, "phantom", "--format", "npy", "--matrix", "192", "--spacing", "1.2", "--seed", "1", "--count", "10", "--out", folder["data"]]);
        await RunAsync(Python, [Path.Combine(recipe, $"train_{kind}.py"), "--data", folder["data"], "--test", folder["data"], "--out", folder["run"], "--smoke"]);
        await RunAsync(Python, [Path.Combine(recipe, "export.py"), kind, "--run", folder["run"], "--test", folder["data"], "--out", package]);
        Assert.True(File.Exists(Path.Combine(package, "model.json")) && File.Exists(Path.Combine(package, "curves.png")));
    }

    private static async Task RunAsync(string program, string[] arguments)
    {
        var (exitCode, output) = await Programs.RunAsync(program, arguments, TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
    }
}
