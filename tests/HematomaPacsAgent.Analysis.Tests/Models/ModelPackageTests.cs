using System.Text;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class ModelPackageTests
{
    [Fact]
    public void The_packages_of_the_repository_load_and_give_their_golden_outputs()
    {
        using HematomaSegmenter segmenter = HematomaSegmenter.Load(Packages.Segmentation, Inference.Cpu);
        using SignClassifier classifier = SignClassifier.Load(Packages.Signs, Inference.Cpu);
        Assert.Equal("demonstration", segmenter.Package.IntendedUse);
        Assert.Equal("demonstration", classifier.Package.IntendedUse);
        Assert.Equal("Apache-2.0", classifier.Package.Manifest.License);
        foreach (string folder in (string[])[Packages.Segmentation, Packages.Signs])
            Assert.Contains("phantom", File.ReadAllText(Path.Combine(folder, "MODEL_CARD.md")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_sign_package_answers_for_exactly_the_signs_that_phantoms_have()
    {
        ModelPackage package = ModelPackage.Load(Packages.Signs, ModelKind.Signs);
        Assert.Equal(Analysis.Phantoms.PhantomSigns.Codes, package.Manifest.Output.Classes.Select(output => output.Key));
    }

    [Fact]
    public void An_altered_network_is_refused_by_its_digest() =>
        Refused(Packages.Copy(Packages.Segmentation, "altered", "model.onnx", bytes => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)]),
            "model.onnx", "altered", "install the package anew");

    [Fact]
    public void A_key_that_this_version_does_not_know_is_refused() =>
        Refused(Edited("unknown-key", "\"version\"", "\"mirrorAxes\": [2], \"version\""), "model.json", "mirrorAxes", "Remedy");

    [Fact]
    public void A_missing_key_is_refused() =>
        Refused(Edited("missing-key", "\"license\": \"Apache-2.0\",", ""), "model.json", "license", "Remedy");

    [Fact]
    public void Another_schema_is_refused() =>
        Refused(Edited("schema", "hematoma-model/2", "hematoma-model/9"), "hematoma-model/9", "reads");

    [Fact]
    public void A_path_out_of_the_package_is_refused() =>
        Refused(Edited("path", "\"golden.in.npy\"", "\"../golden.in.npy\""), "not the name of a file in the package");

    [Theory]
    [InlineData("\"threshold\": 0.5", "\"threshold\": 1.5", "thresholds lie between")]
    [InlineData("\"batch\": 2", "\"batch\": 100000", "inferer.batch")]
    [InlineData("\"orientation\": \"LPS\"", "\"orientation\": \"LPX\"", "geometry.orientation")]
    [InlineData("\"index\": 0", "\"index\": 1", "index lies between")]
    public void A_value_out_of_range_is_refused(string from, string to, string told) =>
        Refused(Edited("range", from, to), "model.json", told);

    [Fact]
    public void A_sign_model_is_refused_where_a_segmentation_is_needed() => Refused(Packages.Signs, "kind is 'signs'", "exchange");

    [Fact]
    public void A_folder_without_a_package_is_named() =>
        Refused(Path.Combine(AppContext.BaseDirectory, "no-such-model"), "no-such-model", "is not there", "Remedy");

    [Fact]
    public void A_network_that_gives_another_output_than_in_training_is_refused() =>
        Refused(Packages.Copy(Packages.Segmentation, "golden", "golden.out.npy", bytes => [.. bytes[..^2], 0x20, 0x41]),
            "another output", "must not be used");

    [Fact]
    public void A_golden_output_of_no_numbers_proves_nothing() =>
        Refused(Packages.Copy(Packages.Segmentation, "nan", "golden.out.npy", bytes =>
        {
            for (int at = bytes.Length - 400; at < bytes.Length; at += 4) BitConverter.TryWriteBytes(bytes.AsSpan(at), float.NaN);
            return bytes;
        }), "another output", "must not be used");

    [Theory]
    [InlineData("\"version\"", "\"version\": \"1\", \"version\"", "version")] // the last one would win
    [InlineData("\"intendedUse\": \"demonstration\"", "\"intendedUse\": \"Demonstration only\"", "would not be marked")]
    [InlineData("\"postprocessing\": [", "\"postprocessing\": [ null,", "null")]
    public void What_would_be_passed_over_is_refused(string from, string to, string told) => Refused(Edited("passed-over", from, to), "model.json", told);

    [Theory]
    [InlineData("\"orientation\": \"LPS\"", "\"orientation\": \"RAS\"", "a signs model has the orientation LPS")]
    [InlineData("\"activation\": \"sigmoid\"", "\"activation\": \"softmax\"", "a signs model's activation is sigmoid")]
    public void A_sign_model_that_asks_for_other_views_than_are_made_is_refused(string from, string to, string told)
    {
        string folder = Packages.Copy(Packages.Signs, "other-views", "model.json",
            bytes => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(told, Assert.Throws<ModelPackageException>(() => SignClassifier.Load(folder, Inference.Cpu)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, "holds")]
    [InlineData(-100, "holds")]
    public void A_damaged_golden_file_is_refused(int more, string told) =>
        Refused(Packages.Copy(Packages.Segmentation, "damaged", "golden.in.npy",
            bytes => more > 0 ? [.. bytes, .. new byte[more]] : bytes[..^-more]), "golden.in.npy", told);

    [Fact]
    public void A_golden_file_of_another_shape_than_the_network_takes_is_refused() =>
        Refused(Packages.Copy(Packages.Segmentation, "shape", "golden.in.npy",
            _ => File.ReadAllBytes(Path.Combine(Packages.Signs, "golden.out.npy"))), "has the shape");

    [Fact]
    public void Cuda_that_is_not_there_stops_and_says_what_is_missing()
    {
        ModelPackageException refused = Assert.Throws<ModelPackageException>(
            () => HematomaSegmenter.Load(Packages.Segmentation, new Inference(new InferenceOptions { Device = InferenceDevice.Cuda })).Dispose());
        Assert.Contains("CUDA does not load", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Inference:Device to cpu", refused.Message, StringComparison.Ordinal);
    }

    private static string Edited(string name, string from, string to) => Packages.Copy(Packages.Segmentation, name, "model.json", bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        Assert.Contains(from, text, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(text.Replace(from, to, StringComparison.Ordinal));
    });

    private static void Refused(string folder, params string[] told)
    {
        ModelPackageException refused = Assert.Throws<ModelPackageException>(
            () => HematomaSegmenter.Load(folder, Inference.Cpu).Dispose());
        foreach (string part in told) Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }
}
