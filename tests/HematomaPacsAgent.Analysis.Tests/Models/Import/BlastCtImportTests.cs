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
        using TemporaryFolder folder = new();
        PackageDraft draft = BlastCtImport.Read(SharedFiles.Data("blast-ct-v1"), new ImportOptions());
        Assert.Equal(["model_1.onnx", "model_2.onnx", "model_3.onnx", "model_4.onnx"], draft.Networks.Select(network => network.Name));
        // Written only where each network gives its golden output to this.
        Assert.All(draft.Networks, network => Assert.Equal(1e-4, network.ImportTolerance));
        Assert.Equal([true, true, false, false], draft.Networks.Select(network => network.Golden is not null));
        ModelPackage package = PackageWriter.Write(draft, folder.Path, overwrite: false, null, CancellationToken.None);
        Assert.Equal("model_1.onnx, model_2.onnx", package.Manifest.Provenance["goldenOutputsOfThePublisher"]);
        Assert.Equal("model_3.onnx, model_4.onnx", package.Manifest.Provenance["goldenOutputsMadeAtImport"]);
        Assert.Equal(("blast-ct", "research"), (package.Id, package.IntendedUse));
        Assert.Equal(["hematoma", "extra-axial", "edema", "ivh"], package.Manifest.Output.Classes.Select(known => known.Key));
        Assert.All(Directory.EnumerateFiles(package.Folder, "*.onnx"), file => Assert.InRange(new FileInfo(file).Length, 2_000_000, 4_171_361));
    }

    [Fact]
    public void A_block_that_has_by_chance_as_many_inputs_as_outputs_left_adds_nothing_to_its_output()
    {
        double[][][] weight = [.. Enumerable.Range(0, 3).Select(_ => new[] { new double[27], new double[27] })];
        DeepMedicBlock block = new([1, 1], [0, 0], 0.25, weight, 3, Residual: false);
        Assert.False(block.Keep([0, 1], [0, 2]).Residual);
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
    public void Weights_whose_golden_output_differs_leave_the_package_that_was_there()
    {
        using TemporaryFolder folder = new();
        CopyWeights(folder, "model_2.pt", "golden.npz");
        Import(folder);
        Dictionary<string, byte[]> before = Contents(folder["models/blast-ct"]);
        File.Copy(SharedFiles.Data("blast-ct-v1/model_1.pt"), folder["model_2.pt"], overwrite: true);
        Assert.Contains("another output than its golden one", Refused(folder), StringComparison.Ordinal);
        Assert.All(before, file => Assert.Equal(file.Value, Contents(folder["models/blast-ct"])[file.Key]));
        Assert.Equal(folder["models/blast-ct"], Assert.Single(Directory.EnumerateDirectories(folder["models"])));
    }

    [Fact]
    public void Without_golden_npz_the_package_holds_outputs_made_at_import_and_a_second_import_is_equal()
    {
        using TemporaryFolder folder = new();
        CopyWeights(folder, "model_3.pt");
        ModelPackage package = Import(folder);
        Assert.Equal("none", package.Manifest.Provenance["goldenOutputsOfThePublisher"]);
        (int[] shape, float[] logits) = NpyFile.Read(package.PathOf(package.Manifest.Files[0].GoldenOutput));
        Assert.Equal([1, 5, 15, 15, 15], shape);
        Assert.True(logits.Max() - logits.Min() > 1);
        Dictionary<string, byte[]> first = Contents(package.Folder);
        Assert.All(Contents(Import(folder).Folder), file => Assert.Equal(first[file.Key], file.Value));
    }

    [Fact]
    public void Another_network_is_refused_by_what_it_lacks()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["model_1.pt"], TorchFiles.Legacy([1, 2], [2]));
        Assert.Contains("path(5, 5, 5)0.path.1.bn.weight is missing", Refused(folder), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder["models"]));
    }

    [Fact]
    public void A_folder_without_weights_is_refused()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("holds no model_1.pt", Refused(folder), StringComparison.Ordinal);
    }

    private static ModelPackage Import(TemporaryFolder folder) =>
        PackageWriter.Write(BlastCtImport.Read(folder.Path, new ImportOptions()), folder["models"], overwrite: true, null, CancellationToken.None);

    private static string Refused(TemporaryFolder folder) => Assert.Throws<ModelImportException>(() => Import(folder)).Message;

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
