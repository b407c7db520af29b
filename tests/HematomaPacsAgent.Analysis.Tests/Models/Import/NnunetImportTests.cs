using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

public sealed class NnunetImportTests : IDisposable
{
    private readonly TemporaryFolder source = new(), models = new();

    [Fact]
    public void A_results_folder_becomes_a_package_that_runs_as_its_plans_say()
    {
        Sources.Nnunet(source.Path);
        ModelPackage package = Import(new ImportOptions { Orientation = "LAS", Mirror = "x", License = "CC-BY-4.0",
            Map = new Dictionary<string, string> { ["edema"] = "PHE" } });
        ModelManifest m = package.Manifest;
        Assert.Equal("nnunet-Dataset042_ICH-3d_fullres", package.Id);
        Assert.Equal(["fold_0.onnx", "fold_1.onnx"], m.Files.Select(file => file.Path));
        Assert.Equal(EnsembleRule.MeanLogits, m.Ensemble);
        Assert.Equal(InputLayout.Volume, m.Input.Layout);
        Assert.Equal(("LAS", "zyx", GridAlignment.Edges), (m.Geometry.Orientation, m.Geometry.Axes, m.Geometry.Alignment));
        Assert.Equal([5, 0.449, 0.449], m.Geometry.SpacingMm);
        Assert.Equal((3, 0, 3.0, 1), (m.Geometry.ImageOrder, m.Geometry.OrderZ, m.Geometry.SeparateZRatio, m.Geometry.OutputOrder));
        Assert.Equal(NormalizationScheme.MeanSd, m.Normalization.Scheme);
        Assert.Equal([12, 93], m.Normalization.ClipHu);
        Assert.Equal((58.42, 15.71), (m.Normalization.Mean, m.Normalization.Sd));
        Assert.Equal([4, 8, 8], m.Inferer.Patch);
        Assert.Equal((0.5, TilingRule.NnUnet, BlendRule.Gaussian, 0.125, 0.0, "x"),
            (m.Inferer.Overlap, m.Inferer.Tiling, m.Inferer.Blend, m.Inferer.SigmaScale, m.Inferer.PadValue, m.Inferer.MirrorAxes));
        Assert.Equal((Activation.Softmax, 4), (m.Output.Activation, m.Output.Channels));
        Assert.Equal([(1, "hematoma"), (2, "ivh"), (3, "edema")], m.Output.Classes.Select(one => (one.Index, one.Key)));
        Assert.Equal(("research", "CC-BY-4.0"), (m.IntendedUse, m.License));
        Assert.Contains("310 cases", m.TrainingData, StringComparison.Ordinal);
        Assert.DoesNotContain("golden", m.Provenance.Keys);
        Assert.Empty(PackageCheck.Problems(package.Folder, Inference.Cpu));
        Assert.Contains("Not validated here", File.ReadAllText(Path.Combine(package.Folder, "MODEL_CARD.md")), StringComparison.Ordinal);
        Assert.Equal([package.Folder], Directory.GetFileSystemEntries(models.Path)); // nothing half-made is left
    }

    [Fact]
    public void A_2d_configuration_runs_slice_by_slice_and_a_golden_pair_made_here_is_owned_up_to()
    {
        Sources.Nnunet(source.Path, networks: "plane.onnx");
        ModelPackage package = Import(new ImportOptions { Configuration = "2d", Id = "plane" });
        ModelManifest m = package.Manifest;
        Assert.Equal(InputLayout.Slices, m.Input.Layout);
        Assert.Equal([null, 0.449, 0.449], m.Geometry.SpacingMm);
        Assert.Null(m.Geometry.SeparateZRatio);
        Assert.Equal([16, 16], m.Inferer.Patch);
        Assert.Contains("self-made", m.Provenance["golden"], StringComparison.Ordinal);
        Assert.Empty(PackageCheck.Problems(package.Folder, Inference.Cpu));
    }

    [Fact]
    public void Transposed_axes_and_an_inherited_configuration_keep_their_order()
    {
        Sources.Nnunet(source.Path, Sources.Plans.With("\"transpose_forward\": [0, 1, 2], \"transpose_backward\": [0, 1, 2]", 
            "\"transpose_forward\": [2, 0, 1], \"transpose_backward\": [1, 2, 0]"));
        ModelManifest m = NnunetImport.Read(source.Path, new ImportOptions { Configuration = "3d_lowres" }).Manifest;
        Assert.Equal("xzy", m.Geometry.Axes);
        Assert.Equal([5, 0.8, 0.7], m.Geometry.SpacingMm);
    }

    [Fact]
    public void Regions_become_sigmoid_channels_in_the_order_of_the_labels()
    {
        Sources.Nnunet(source.Path, dataset: Sources.Dataset.With("\"ICH\": 1, \"IVH\": 2, \"PHE\": 3}",
            "\"lesion\": [1, 2, 3], \"ICH\": [1], \"IVH\": 2, \"PHE\": 3, \"ignore\": 4}, \"regions_class_order\": [3, 1, 2, 3]"));
        PackageDraft draft = NnunetImport.Read(source.Path, new ImportOptions());
        Assert.Equal((Activation.Sigmoid, 4), (draft.Manifest.Output.Activation, draft.Manifest.Output.Channels));
        Assert.Equal([(0, "lesion", 0.5), (1, "hematoma", 0.5), (2, "ivh", 0.5), (3, "edema", 0.5)],
            draft.Manifest.Output.Classes.Select(one => (one.Index, one.Key, one.Threshold!.Value)));
        Assert.Contains(draft.Notes, note => note.Contains("overlaps", StringComparison.Ordinal));
    }

    [Fact]
    public void A_reader_that_turns_images_settles_the_orientation()
    {
        Sources.Nnunet(source.Path, Sources.Plans.With("\"SimpleITKIO\"", "\"NibabelIOWithReorient\""));
        Assert.Equal("RAS", NnunetImport.Read(source.Path, new ImportOptions()).Manifest.Geometry.Orientation);
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions { Orientation = "LPS" }), "turns them to RAS");
    }

    [Theory]
    [InlineData("\"percentile_00_5\": 12.0", "\"percentile_00_5\": 1e999", "percentile_00_5", "a finite number")]
    [InlineData("\"spacing\": [5.0, 0.449, 0.449]", "\"spacing\": [5.0, 0.449]", "patch_size and spacing")]
    [InlineData("\"patch_size\": [4, 8, 8]", "\"patch_size\": [4.5, 8, 8]", "patch_size[0]", "a whole number")]
    [InlineData("\"patch_size\": [4, 8, 8]", "\"patch_size\": [4, 8, 16]", "fold_0.onnx takes [?, 1, 4, 8, 8]", "[N, 1, 4, 8, 16]")]
    [InlineData("\"transpose_backward\": [0, 1, 2]", "\"transpose_backward\": [0, 2, 1]", "the inverse")]
    [InlineData("\"SimpleITKIO\"", "\"NaturalImage2DIO\"", "NaturalImage2DIO", "Remedy")]
    [InlineData("\"configurations\"", "\"plans_per_stage\"", "no plans of nnU-Net v2")]
    [InlineData("\"mean\": 58.42", "\"mean\": NaN", "plans.json cannot be read")]
    [InlineData("\"inherits_from\": \"3d_fullres\", \"spacing\"", "\"inherits_from\": \"3d_lowres\", \"spacing\"", "circle")]
    public void Plans_that_cannot_be_kept_to_are_refused_with_the_remedy(string from, string to, params string[] told)
    {
        Sources.Nnunet(source.Path, Sources.Plans.With(from, to));
        Refused(() => NnunetImport.Read(source.Path,
            new ImportOptions { Configuration = to.Contains("3d_lowres", StringComparison.Ordinal) ? "3d_lowres" : null }), told);
    }

    [Theory]
    [InlineData("CTNormalization", "ZScoreNormalization", "ZScoreNormalization", "single-channel CT")]
    [InlineData("\"force_separate_z\": null", "\"force_separate_z\": true", "force_separate_z is true")]
    [InlineData("resample_data_or_seg_to_shape", "resample_torch_fornnunet", "resample_torch_fornnunet")]
    public void Preprocessing_that_the_agent_does_not_have_is_refused_by_name(string from, string to, params string[] told)
    {
        Sources.Nnunet(source.Path, Sources.Plans.With(from, to));
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), told);
    }

    [Theory]
    [InlineData("{\"0\": \"CT\"}", "{\"0\": \"T1\", \"1\": \"FLAIR\"}", "T1, FLAIR", "one CT channel")]
    [InlineData("\"PHE\": 3", "\"PHE\": 4", "without a gap")]
    [InlineData("\"PHE\": 3", "\"IPH\": 3", "ICH and IPH", "--map")]
    [InlineData("\"ICH\": 1", "\"tumour\": 1", "no label is known as the hematoma", "--map hematoma=LABEL")]
    [InlineData(", \"PHE\": 3", "", "fold_0.onnx gives [?, 4, 4, 8, 8]", "3 channels")]
    [InlineData("\"PHE\": 3", "\"PHE\": [2, 3]", "regions_class_order")]
    [InlineData("\"PHE\": 3", "\"../..\": 3", "no plain name")]
    public void Labels_that_do_not_fit_are_refused(string from, string to, params string[] told)
    {
        Sources.Nnunet(source.Path, dataset: Sources.Dataset.With(from, to));
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), told);
    }

    [Fact]
    public void Hostile_and_missing_files_are_refused_plainly()
    {
        Sources.Nnunet(source.Path, new string('[', 100_000));
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "plans.json cannot be read");
        Sources.Nnunet(source.Path);
        File.Delete(source["dataset.json"]);
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "dataset.json is not there");
        Sources.Nnunet(source.Path);
        File.Delete(source["fold_1.golden.out.npy"]);
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "fold_1.golden.out.npy is not there", "other half");
        Sources.Nnunet(source.Path, networks: "deep-supervision.onnx");
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "5 outputs", "deep_supervision = False");
        Sources.Nnunet(source.Path, networks: "plane.onnx");
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "plane.onnx takes [?, 1, 16, 16]", "name the configuration");
        File.Delete(source["plane.onnx"]);
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "holds 0 files *.onnx", "torch.onnx.export");
        File.WriteAllText(source["fold_0.onnx"], "no network");
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions()), "fold_0.onnx does not load");
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions { Configuration = "3d_cascade_fullres" }), "second stage of a cascade");
        Refused(() => NnunetImport.Read(source.Path, new ImportOptions { Configuration = "4d" }), "has no configuration '4d'", "3d_fullres");
    }

    [Fact]
    public void A_network_that_gives_another_output_than_its_golden_one_leaves_nothing_behind()
    {
        Sources.Nnunet(source.Path);
        File.Copy(source["fold_0.golden.out.npy"], source["fold_1.golden.out.npy"], overwrite: true);
        Refused(() => Import(new ImportOptions()), "fold_1.onnx gives another output than its golden one", "0.5");
        Assert.Empty(Directory.GetFileSystemEntries(models.Path));
    }

    [Fact]
    public void A_package_that_is_there_is_replaced_only_by_force_and_a_folder_that_is_none_never()
    {
        Sources.Nnunet(source.Path);
        Import(new ImportOptions { Id = "ich" });
        Refused(() => Import(new ImportOptions { Id = "ich", Version = "2" }), "is there already", "--force");
        Assert.Equal("2", Import(new ImportOptions { Id = "ich", Version = "2" }, overwrite: true).Version);
        Assert.Single(Directory.GetFileSystemEntries(models.Path));
        Directory.CreateDirectory(models["papers"]);
        Refused(() => Import(new ImportOptions { Id = "papers" }, overwrite: true), "no model package");
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/tmp/evil")]
    [InlineData("..")]
    [InlineData("")]
    public void An_id_that_is_no_plain_name_is_refused(string id)
    {
        Sources.Nnunet(source.Path);
        Refused(() => Import(new ImportOptions { Id = id }), "must be a plain name");
        Assert.Empty(Directory.GetFileSystemEntries(models.Path));
    }

    [Fact]
    public void A_check_tells_of_every_altered_file_in_one_go()
    {
        Sources.Nnunet(source.Path);
        string folder = Import(new ImportOptions()).Folder;
        foreach (string name in (string[])["fold_0.onnx", "fold_1.onnx"]) File.AppendAllText(Path.Combine(folder, name), "x");
        string told = Assert.Single(PackageCheck.Problems(folder, Inference.Cpu));
        Assert.Contains("fold_0.onnx: digest", told, StringComparison.Ordinal);
        Assert.Contains("fold_1.onnx: digest", told, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        source.Dispose();
        models.Dispose();
    }

    private ModelPackage Import(ImportOptions options, bool overwrite = false) =>
        PackageWriter.Write(NnunetImport.Read(source.Path, options), models.Path, overwrite, null, TestContext.Current.CancellationToken);

    private static void Refused(Func<object> import, params string[] told)
    {
        string message = Assert.Throws<ModelImportException>(import).Message;
        foreach (string part in told) Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
