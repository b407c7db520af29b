using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;
using HematomaPacsAgent.TestKit;
using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

public sealed class BlastCtImportTests
{
    [Fact]
    public void Networks_of_the_published_weights_give_the_published_logits()
    {
        string data = SharedFiles.Data("blast-ct-v1");
        using TemporaryFolder folder = new();
        BlastCtPackage package = BlastCtImport.Run(data, folder["blast-ct"], null, CancellationToken.None);
        Assert.Equal(["model_1.onnx", "model_2.onnx", "model_3.onnx", "model_4.onnx"], package.Members.Select(member => member.OnnxFile));
        Assert.All(package.Members.Take(2), member => Assert.InRange(member.PublisherDifference ?? double.NaN, 0, 1e-4));
        Assert.All(package.Members.Skip(2), member => Assert.Null(member.PublisherDifference));
        ModelManifest manifest = ModelPackage.Load(package.Folder, ModelKind.Segmentation).Manifest;
        Assert.Equal("model_1.onnx, model_2.onnx", manifest.Provenance["goldenOutputsOfThePublisher"]);
        Assert.Equal("model_3.onnx, model_4.onnx", manifest.Provenance["goldenOutputsMadeAtImport"]);
        Assert.Equal("research", manifest.IntendedUse);
        Assert.Equal(["hematoma", "extra-axial", "edema", "ivh"], manifest.Output.Classes.Select(known => known.Key));
        Assert.All(Directory.EnumerateFiles(package.Folder, "*.onnx"), file => Assert.InRange(new FileInfo(file).Length, 2_000_000, 4_171_361));
    }

    [Fact]
    public void A_block_of_unequal_sides_gives_what_the_blocks_it_is_made_of_give()
    {
        byte[] network = DeepMedicGraph.Build(TorchCheckpoint.Read(SharedFiles.Data("blast-ct-v1/model_2.pt")), 5);
        (int[] _, float[] hu) = NpyFile.ReadZip(SharedFiles.Data("blast-ct-v1/golden.npz"))["hu"];
        using InferenceSession session = new(network);
        // The golden scan is 95 voxels wide, enough for one block of 15: mirrored at its faces it is enough for 15 x 30 x 45.
        float[] whole = Part(0, 0, 0, 95, 110, 125), logits = Logits(session, whole, 95, 110, 125);
        foreach ((int y, int x) in ((int, int)[])[(0, 0), (15, 15), (0, 30), (15, 0)])
        {
            float[] block = Logits(session, Part(0, y, x, 95, 95, 95), 95, 95, 95);
            for (int c = 0; c < 5; c++)
                for (int k = 0; k < 15; k++)
                    for (int j = 0; j < 15; j++)
                        for (int i = 0; i < 15; i++)
                            Assert.Equal(block[((c * 15 + k) * 15 + j) * 15 + i], logits[((c * 15 + k) * 30 + y + j) * 45 + x + i], 1e-4);
        }

        float[] Part(int z, int y, int x, int depth, int rows, int columns)
        {
            float[] values = new float[depth * rows * columns];
            for (int k = 0, at = 0; k < depth; k++)
                for (int j = 0; j < rows; j++)
                    for (int i = 0; i < columns; i++, at++)
                        values[at] = (2 * Math.Clamp(hu[(Mirror(z + k) * 95 + Mirror(y + j)) * 95 + Mirror(x + i)], -15, 100) - 85) / 115;
            return values;
        }

        static int Mirror(int at) => at < 95 ? at : 188 - at;
    }

    [Fact]
    public void A_second_import_replaces_the_first_and_is_equal_to_it()
    {
        using TemporaryFolder folder = new();
        CopyWeights(folder, "model_2.pt", "golden.npz", "LICENSE.txt");
        BlastCtImport.Run(folder.Path, folder["package"], null, CancellationToken.None);
        Dictionary<string, byte[]> first = Contents(folder["package"]);
        File.WriteAllText(Path.Combine(folder["package"], "left-over.txt"), "of an older version");
        BlastCtImport.Run(folder.Path, folder["package"] + Path.DirectorySeparatorChar, null, CancellationToken.None);
        Dictionary<string, byte[]> second = Contents(folder["package"]);
        Assert.Equal(first.Keys.Order(), second.Keys.Order());
        Assert.All(first, file => Assert.Equal(file.Value, second[file.Key]));
        Assert.Equal(folder["package"], Assert.Single(Directory.EnumerateDirectories(folder.Path)));
    }

    [Fact]
    public void Weights_whose_golden_output_differs_leave_the_package_that_was_there()
    {
        using TemporaryFolder folder = new();
        CopyWeights(folder, "model_2.pt", "golden.npz");
        BlastCtImport.Run(folder.Path, folder["package"], null, CancellationToken.None);
        Dictionary<string, byte[]> before = Contents(folder["package"]);
        File.Copy(SharedFiles.Data("blast-ct-v1/model_1.pt"), folder["model_2.pt"], overwrite: true);
        string message = Refused(folder, "package");
        Assert.Contains("not of one release", message, StringComparison.Ordinal);
        Assert.All(before, file => Assert.Equal(file.Value, Contents(folder["package"])[file.Key]));
        Assert.Equal(folder["package"], Assert.Single(Directory.EnumerateDirectories(folder.Path)));
    }

    [Fact]
    public void Without_golden_npz_the_package_holds_outputs_made_at_import()
    {
        using TemporaryFolder folder = new();
        CopyWeights(folder, "model_3.pt");
        BlastCtPackage package = BlastCtImport.Run(folder.Path, folder["package"], null, CancellationToken.None);
        Assert.Null(Assert.Single(package.Members).PublisherDifference);
        ModelPackage loaded = ModelPackage.Load(package.Folder, ModelKind.Segmentation);
        Assert.Equal("none", loaded.Manifest.Provenance["goldenOutputsOfThePublisher"]);
        (int[] shape, float[] logits) = NpyFile.Read(loaded.PathOf(loaded.Manifest.Files[0].GoldenOutput));
        Assert.Equal([1, 5, 15, 15, 15], shape);
        Assert.True(logits.Max() - logits.Min() > 1);
    }

    [Fact]
    public void Another_network_is_refused_by_what_it_lacks()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["model_1.pt"], TorchFiles.Legacy([1, 2], [2]));
        string message = Refused(folder, "package");
        Assert.Contains("path(5, 5, 5)0.path.1.bn.weight is missing", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["package"]));
    }

    [Fact]
    public void A_folder_without_weights_and_a_target_that_is_no_package_are_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("holds no model_1.pt", Refused(folder, "package"), StringComparison.Ordinal);
        File.WriteAllBytes(folder["model_1.pt"], TorchFiles.Legacy([1, 2], [2]));
        Directory.CreateDirectory(folder["mine"]);
        File.WriteAllText(Path.Combine(folder["mine"], "letter.txt"), "keep me");
        Assert.Contains("is no model package", Refused(folder, "mine"), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder["mine"], "letter.txt")));
    }

    [Fact]
    public void A_cancelled_import_leaves_nothing()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["model_1.pt"], TorchFiles.Legacy([1, 2], [2]));
        Assert.Throws<OperationCanceledException>(() => BlastCtImport.Run(folder.Path, folder["package"], null, new CancellationToken(canceled: true)));
        Assert.Empty(Directory.EnumerateDirectories(folder.Path));
    }

    private static string Refused(TemporaryFolder folder, string target) =>
        Assert.Throws<ModelPackageException>(() => BlastCtImport.Run(folder.Path, folder[target], null, CancellationToken.None)).Message;

    private static float[] Logits(InferenceSession session, float[] values, params int[] sides)
    {
        using RunOptions options = new();
        using OrtValue tensor = OrtValue.CreateTensorValueFromMemory(values, [1, 1, .. sides.Select(n => (long)n)]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, session.InputNames, [tensor], session.OutputNames);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    private static void CopyWeights(TemporaryFolder folder, params string[] names)
    {
        foreach (string name in names) File.WriteAllBytes(folder[name], File.ReadAllBytes(SharedFiles.Data($"blast-ct-v1/{name}")));
    }

    private static Dictionary<string, byte[]> Contents(string folder) =>
        Directory.EnumerateFiles(folder).ToDictionary(path => Path.GetFileName(path), File.ReadAllBytes);
}
