using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class ModelPackageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ModelPackageTests()
    {
        foreach (string file in Directory.GetFiles(Source)) File.Copy(file, folder[Path.GetFileName(file)]);
    }

    private static string Source => Path.Combine(SharedFiles.Repository, "models", "hematoma-seg-phantom");

    [Theory]
    [InlineData("hematoma-seg-phantom", "segmentation")]
    [InlineData("sign-effb0-phantom", "signs")]
    public void Each_package_that_ships_is_a_demonstration_with_a_card_and_gives_its_golden_output(string id, string kind)
    {
        string path = Path.Combine(SharedFiles.Repository, "models", id);
        ModelPackage package = ModelPackage.Load(path, kind);
        Assert.Equal((id, "demonstration"), (package.Id, package.IntendedUse));
        Assert.Contains("phantom", File.ReadAllText(Path.Combine(path, "MODEL_CARD.md")), StringComparison.OrdinalIgnoreCase);
        OnnxModel.Load(package, InferenceDevice.Cpu).Dispose();
    }

    [Fact]
    public void An_altered_model_is_refused_by_its_digest()
    {
        using (FileStream file = File.OpenWrite(folder["model.onnx"])) file.WriteByte(0);
        Assert.Contains("altered", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_this_version_does_not_know_is_refused_by_name()
    {
        string json = File.ReadAllText(folder["model.json"]);
        File.WriteAllText(folder["model.json"], json.Replace("\"version\"", "\"tta\": true, \"version\"", StringComparison.Ordinal));
        Assert.Contains("tta", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_kind_is_refused() =>
        Assert.Contains("'segmentation' where a 'signs' model is needed", Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder.Path, "signs")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_model_that_computes_something_else_here_is_refused()
    {
        byte[] golden = File.ReadAllBytes(folder["golden.out.npy"]);
        BitConverter.TryWriteBytes(golden.AsSpan(golden.Length - 4), 123f);
        File.WriteAllBytes(folder["golden.out.npy"], golden);
        ModelPackageException refusal = Assert.Throws<ModelPackageException>(() => HematomaSegmenter.Load(folder.Path, InferenceDevice.Cpu));
        Assert.Contains("another output here than in training", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cuda_that_is_not_there_stops_the_start_and_says_what_to_do()
    {
        ModelPackageException refusal = Assert.Throws<ModelPackageException>(() => HematomaSegmenter.Load(folder.Path, InferenceDevice.Cuda));
        Assert.Contains("set Inference:Device to cpu", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Refusal() => Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder.Path, "segmentation")).Message;
}
