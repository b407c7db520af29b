using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Import;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

public sealed class MonaiImportTests : IDisposable
{
    private readonly TemporaryFolder bundle = new(), models = new();

    [Fact]
    public void A_bundle_becomes_a_package_that_runs_as_its_transforms_say()
    {
        Sources.Monai(bundle.Path);
        ModelPackage package = PackageWriter.Write(MonaiImport.Read(bundle.Path, new ImportOptions()), models.Path, false, null,
            TestContext.Current.CancellationToken);
        ModelManifest m = package.Manifest;
        Assert.Equal("monai-ich-ct-segmentation", package.Id);
        Assert.Equal(("RAS", "xyz", GridAlignment.Origin), (m.Geometry.Orientation, m.Geometry.Axes, m.Geometry.Alignment));
        Assert.Equal([0.5, 0.6, 5.0], m.Geometry.SpacingMm);
        Assert.Equal((1, 1, null), (m.Geometry.ImageOrder, m.Geometry.OutputOrder, m.Geometry.SeparateZRatio));
        Assert.Equal(NormalizationScheme.Range, m.Normalization.Scheme);
        Assert.Equal([-20, 120], m.Normalization.ClipHu); // by reference: @lowest, @window::top::0
        Assert.Equal([-1, 1], m.Normalization.OutRange);
        Assert.Equal([4, 8, 8], m.Inferer.Patch);
        Assert.Equal((0.625, TilingRule.Monai, BlendRule.Gaussian, 1), (m.Inferer.Overlap, m.Inferer.Tiling, m.Inferer.Blend, m.Inferer.Batch));
        Assert.Equal((Activation.Softmax, 4), (m.Output.Activation, m.Output.Channels));
        Assert.Equal([(1, "hematoma"), (2, "ivh"), (3, "edema")], m.Output.Classes.Select(one => (one.Index, one.Key)));
        Assert.Equal([new PostprocessingStep(PostprocessingOp.KeepLargest, "hematoma")], m.Postprocessing);
        Assert.Equal("310 scans of a site", m.TrainingData);
        Assert.Empty(PackageCheck.Problems(package.Folder, Inference.Cpu));
    }

    [Fact]
    public void Defaults_are_those_of_MONAI()
    {
        Sources.Monai(bundle.Path, Sources.Inference.With(", \"overlap\": 0.625, \"mode\": \"gaussian\"", "").With(", \"nearest_interp\": false", "")
            .With("\"axcodes\": \"RAS\"", "\"axcodes\": \"SPL\""));
        ModelManifest m = MonaiImport.Read(bundle.Path, new ImportOptions()).Manifest;
        Assert.Equal((0.25, BlendRule.Constant), (m.Inferer.Overlap, m.Inferer.Blend));
        Assert.Equal(0, m.Geometry.OutputOrder);
        Assert.Equal(("zyx", "LPS"), (m.Geometry.Axes, m.Geometry.Orientation));
    }

    [Fact]
    public void Yaml_reads_as_json_does()
    {
        Sources.Monai(bundle.Path, """
            image_key: image
            preprocessing:
              _target_: Compose
              transforms:
                - {_target_: LoadImaged, keys: '@image_key'}
                - {_target_: Orientationd, keys: '@image_key', axcodes: LPS}
                - {_target_: Spacingd, keys: '@image_key', pixdim: [1.0, 1.0, -1], mode: nearest}
                - {_target_: ScaleIntensityRanged, keys: '@image_key', a_min: 0, a_max: 100, b_min: 0.0, b_max: 1.0, clip: true}
            inferer: {_target_: SlidingWindowInferer, roi_size: [4, 8, 8]}
            postprocessing:
              _target_: Compose
              transforms:
                - {_target_: Activationsd, keys: pred, sigmoid: true}
                - {_target_: AsDiscreted, keys: pred, threshold: 0.4}
            """, Sources.Metadata.With("\"0\": \"background\"", "\"0\": \"SDH\""), "inference.yaml");
        ModelManifest m = MonaiImport.Read(bundle.Path, new ImportOptions()).Manifest;
        Assert.Equal([1, 1, null], m.Geometry.SpacingMm);
        Assert.Equal((0, "LPS", Activation.Sigmoid), (m.Geometry.ImageOrder, m.Geometry.Orientation, m.Output.Activation));
        Assert.Equal([(0, "sdh", 0.4), (1, "hematoma", 0.4), (2, "ivh", 0.4), (3, "edema", 0.4)],
            m.Output.Classes.Select(one => (one.Index, one.Key, one.Threshold!.Value)));
    }

    [Theory]
    [InlineData("\"a_min\": \"@lowest\"", "\"a_min\": \"$-20 * 1\"", "a_min", "only Python can work out", "write its value there")]
    [InlineData("\"a_min\": \"@lowest\"", "\"a_min\": \"@absent\"", "@absent", "a reference to a key")]
    [InlineData("\"lowest\": -20", "\"lowest\": \"@lowest\"", "circle")]
    [InlineData("\"clip\": true", "\"clip\": false", "clip that is true")]
    [InlineData("\"EnsureTyped\"", "\"CropForegroundd\"", "CropForegroundd", "--ignore CropForegroundd")]
    [InlineData("\"EnsureTyped\"", "\"NormalizeIntensityd\"", "NormalizeIntensityd")]
    [InlineData("\"SlidingWindowInferer\"", "\"SimpleInferer\"", "SimpleInferer", "by hand")]
    [InlineData("\"roi_size\": [4, 8, 8]", "\"roi_size\": [4, 8]", "three sides")]
    [InlineData("\"roi_size\": [4, 8, 8]", "\"roi_size\": [4, 8, 9]", "fold_0.onnx takes")]
    [InlineData("\"mode\": \"bilinear\"", "\"mode\": \"lanczos\"", "lanczos")]
    [InlineData("\"pixdim\": [0.5, 0.6, 5.0]", "\"pixdim\": 0.5", "pixdim is 0.5", "three values")]
    [InlineData("\"axcodes\": \"RAS\"", "\"axcodes\": \"RAX\"", "axcodes 'RAX'")]
    [InlineData("\"monai.transforms.Orientationd\"", "\"EnsureTyped\"", "no Orientationd", "--orientation")]
    [InlineData("\"ScaleIntensityRanged\"", "\"EnsureTyped\"", "no ScaleIntensityRanged")]
    public void What_a_manifest_cannot_say_is_refused_by_name(string from, string to, params string[] told)
    {
        Sources.Monai(bundle.Path, Sources.Inference.With(from, to));
        Refused(new ImportOptions(), told);
    }

    [Theory]
    [InlineData("\"modality\": \"CT\", \"num_channels\": 1", "\"modality\": \"CT\", \"num_channels\": 4", "single-channel CT")]
    [InlineData("\"modality\": \"CT\"", "\"modality\": \"MR\"", "where CT is expected")]
    [InlineData("\"3\": \"edema\"", "\"4\": \"edema\"", "the channels 0 to 3")]
    [InlineData("\"format\": \"segmentation\", \"num_channels\": 4", "\"format\": \"segmentation\", \"num_channels\": 5", "5 channels")]
    public void Metadata_that_does_not_fit_is_refused(string from, string to, params string[] told)
    {
        Sources.Monai(bundle.Path, metadata: Sources.Metadata.With(from, to));
        Refused(new ImportOptions(), told);
    }

    [Fact]
    public void A_transform_left_out_knowingly_is_noted()
    {
        Sources.Monai(bundle.Path, Sources.Inference.With("\"EnsureTyped\"", "\"CropForegroundd\""));
        PackageDraft draft = MonaiImport.Read(bundle.Path, new ImportOptions { Ignore = ["CropForegroundd"] });
        Assert.Contains(draft.Notes, note => note.Contains("CropForegroundd", StringComparison.Ordinal) && note.Contains("left out", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a: &x [1]\nb: *x\n", "alias")]
    [InlineData("a: 'not ended\n", "inference.yaml cannot be read")]
    public void Hostile_yaml_is_refused(string yaml, string told)
    {
        Sources.Monai(bundle.Path, yaml, file: "inference.yaml");
        Refused(new ImportOptions(), told);
    }

    [Fact]
    public void Yaml_nested_without_end_is_refused()
    {
        Sources.Monai(bundle.Path, new string('[', 100_000), file: "inference.yaml");
        Refused(new ImportOptions(), "inference.yaml cannot be read");
    }

    public void Dispose()
    {
        bundle.Dispose();
        models.Dispose();
    }

    private void Refused(ImportOptions options, params string[] told)
    {
        string message = Assert.Throws<ModelImportException>(() => MonaiImport.Read(bundle.Path, options)).Message;
        foreach (string part in told) Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
