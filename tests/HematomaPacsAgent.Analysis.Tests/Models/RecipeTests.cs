using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>The training recipe from phantoms to a package that the agent loads. Minutes long, so it runs only when asked for: <c>-explicit only</c>.</summary>
public sealed class RecipeTests
{
    [Theory(Explicit = true)]
    [InlineData("segmentation", "train_segmentation.py")]
    [InlineData("signs", "train_signs.py")]
    public async Task The_recipe_runs_from_phantoms_to_a_package(string kind, string training)
    {
        string python = Programs.Find("/usr/bin/python3", "python3-torch"), work = Path.Combine(AppContext.BaseDirectory, "recipe-" + kind);
        if (Directory.Exists(work)) Directory.Delete(work, recursive: true);
        for (int seed = 1; seed <= 12; seed++)
            PhantomArchive.Write(HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 192, 1.2)), Path.Combine(work, "data", $"phantom-{seed:D6}"));
        string recipe = Path.Combine(SharedFiles.Repository, "models", "training"), data = Path.Combine(work, "data"), run = Path.Combine(work, "run");
        await Python(training, "--smoke", "--data", data, "--test", data, "--out", run);
        await Python("export.py", kind, "--run", run, "--test", data, "--out", Path.Combine(work, "package"));
        string package = Path.Combine(work, "package");
        if (kind == "signs") Analysis.Models.SignClassifier.Load(package, Analysis.Models.InferenceDevice.Cpu).Dispose();
        else Analysis.Models.HematomaSegmenter.Load(package, Analysis.Models.InferenceDevice.Cpu).Dispose();

        async Task Python(string script, params string[] arguments)
        {
            (int exit, string output) = await Programs.RunAsync(python, [Path.Combine(recipe, script), .. arguments], TestContext.Current.CancellationToken);
            if (output.Contains("No module named", StringComparison.Ordinal)) Assert.Skip("apt-get install python3-torch python3-onnx python3-pil");
            Assert.True(exit == 0, output);
        }
    }
}
