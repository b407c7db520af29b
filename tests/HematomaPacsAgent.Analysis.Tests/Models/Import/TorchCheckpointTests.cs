using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

public sealed class TorchCheckpointTests
{
    private static readonly float[] Six = [1, -2.5f, 3, 0, float.MaxValue, 1e-40f];

    [Fact]
    public void Tensors_of_both_formats_are_read_in_shape_and_value()
    {
        foreach (byte[] file in (byte[][])[TorchFiles.Legacy(Six, [2, 3]), TorchFiles.Zip(Six, [2, 3])])
        {
            TorchTensor tensor = Assert.Single(TorchCheckpoint.Read(file)).Value;
            Assert.Equal([2, 3], tensor.Shape);
            Assert.Equal(Six, tensor.Values);
        }
    }

    [Fact]
    public void The_published_weights_are_read()
    {
        IReadOnlyDictionary<string, TorchTensor> weights = TorchCheckpoint.Read(SharedFiles.Data("blast-ct-v1/model_1.pt"));
        Assert.Equal(189, weights.Count);
        Assert.Equal([50, 40, 3, 3, 3], weights["path(5, 5, 5)0.path.7.conv.weight"].Shape);
        Assert.Equal(1_032_986, weights.Values.Sum(tensor => tensor.Values.Length));
    }

    [Fact]
    public void A_pickle_that_would_run_a_command_is_refused_by_the_name_it_calls()
    {
        byte[] attack = [0x80, 2, .. TorchFiles.Global("os", "system"), .. TorchFiles.Text("true"), 0x85, (byte)'R', (byte)'.'];
        string message = Refused(TorchFiles.LegacyWith(attack));
        Assert.Contains("'os.system', which would run code", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("posix", "system")]
    [InlineData("builtins", "eval")]
    [InlineData("torch", "load")]
    [InlineData("torch._utils", "_rebuild_parameter")]
    public void Only_the_names_of_plain_tensors_are_looked_up(string module, string name)
    {
        byte[] pickle = [0x80, 2, .. TorchFiles.Global(module, name), (byte)'.'];
        Assert.Contains($"'{module}.{name}'", Refused(TorchFiles.LegacyWith(pickle)), StringComparison.Ordinal);
    }

    [Fact]
    public void An_instruction_that_builds_objects_is_refused() =>
        Assert.Contains("0x81", Refused(TorchFiles.LegacyWith([0x80, 2, (byte)')', (byte)')', 0x81, (byte)'.'])), StringComparison.Ordinal);

    [Fact]
    public void What_is_no_checkpoint_is_refused_with_file_cause_and_remedy()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["model_1.pt"], "not a checkpoint");
        string message = Assert.Throws<ModelPackageException>(() => TorchCheckpoint.Read(folder["model_1.pt"])).Message;
        Assert.Contains("model_1.pt", message, StringComparison.Ordinal);
        Assert.Contains("does not begin as torch.save writes", message, StringComparison.Ordinal);
        Assert.Contains("Remedy", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = TorchFiles.Legacy(Six, [6]), zip = TorchFiles.Zip(Six, [6]);
        for (int length = 0; length < whole.Length; length++) Refused(whole[..length]);
        for (int length = 0; length < zip.Length; length += 7) Refused(zip[..length]);
    }

    [Fact]
    public void A_tensor_larger_than_its_storage_is_refused()
    {
        Refused(TorchFiles.Legacy(Six, [7]));
        Refused(TorchFiles.Legacy(Six, [int.MaxValue, int.MaxValue, int.MaxValue]));
        Refused(TorchFiles.Legacy(Six, [6], storageCount: long.MaxValue));
        Refused(TorchFiles.Legacy(Six, [-1]));
    }

    [Fact]
    public void A_compressed_zip_is_refused_for_it_could_unpack_to_anything() =>
        Assert.Contains("compressed", Refused(TorchFiles.Zip(new float[10_000], [10_000], compressed: true)), StringComparison.Ordinal);

    [Fact]
    public void Damaged_files_end_in_a_clear_refusal()
    {
        // Of a published file the pickles, where all the structure is, and the first storages.
        byte[] real = File.ReadAllBytes(SharedFiles.Data("blast-ct-v1/model_1.pt"));
        Fuzz.Run([TorchFiles.Legacy(Six, [2, 3]), TorchFiles.Zip(Six, [2, 3]), real[..60_000]], bytes => TorchCheckpoint.Read(bytes),
            wrong => wrong is InvalidDataException, count: 3000);
    }

    private static string Refused(byte[] file) => Assert.Throws<InvalidDataException>(() => TorchCheckpoint.Read(file)).Message;
}
