using System.Globalization;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// A MONAI bundle (MONAI Bundle Specification): <c>configs/metadata.json</c>, <c>configs/inference.json</c> (or .yaml) and <c>models/*.onnx</c>. Arrays of
/// MONAI run x, y, z, with the orientation that <c>Orientationd</c> gives them.
/// </summary>
public static class MonaiImport
{
    private static readonly string[] Spellings = ["inference.json", "inference.yaml", "inference.yml"];

    /// <param name="folder">The bundle; golden pairs lie beside the networks, see <see cref="NetworkFiles.Find"/>.</param>
    /// <param name="options">What the files do not say.</param>
    /// <exception cref="ModelImportException">A file is missing or broken, needs Python, or asks for what the agent does not do.</exception>
    public static PackageDraft Read(string folder, ImportOptions options)
    {
        if (options.Configuration is not null) throw new ModelImportException("--configuration is for nnU-Net: a MONAI bundle has one");
        string configs = Path.Combine(folder, "configs");
        SourceValue metadata = SourceValue.Read(Path.Combine(configs, "metadata.json"));
        string written = Spellings.Select(name => Path.Combine(configs, name)).FirstOrDefault(File.Exists) ?? Path.Combine(configs, Spellings[0]);
        MonaiConfig config = new(SourceValue.Read(written));
        List<string> notes = [];
        MonaiTransforms transforms = new(config, options, notes);
        ModelNormalization normalization = transforms.Normalization
            ?? throw new ModelImportException($"{config.File}: preprocessing has no ScaleIntensityRanged, and a CT's values reach the network by no other "
            + "way that the agent has. "
                + "Remedy: write model.json by hand (docs/model-packages.md)");
        (string axes, string orientation) = Orientation(config, transforms, options);
        CheckInput(metadata);
        ModelInferer inferer = Inferer(config) with { MirrorAxes = options.Mirror };
        ModelOutput output = Output(metadata, config, transforms, options, notes);
        IReadOnlyList<PackageNetwork> networks = NetworkFiles.Find(Path.Combine(folder, "models"), inferer.Patch, output.Channels, config.File, notes);
        string name = metadata.Find("name")?.Text ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        ModelManifest manifest = new()
        {
            Schema = ModelPackage.Schema,
            Id = options.Id ?? $"monai-{name.ToLowerInvariant().Replace(' ', '-')}",
            Version = options.Version,
            Kind = ModelKind.Segmentation,
            IntendedUse = options.IntendedUse,
            Contraindications = metadata.Find("intended_use") is { IsText: true } use ? [$"The bundle's own words on its use: {use.Text}"] : [],
            License = options.License ?? metadata.Find("license")?.Text ?? "not stated",
            TrainingData = options.TrainingData ?? metadata.Find("data_source")?.Text ?? "not stated",
            Provenance = new Dictionary<string, string>
            {
                ["framework"] = $"MONAI {metadata.Find("monai_version")?.Text ?? ""}".TrimEnd(),
                ["bundle"] = name,
                ["bundleVersion"] = metadata.Find("version")?.Text ?? "not stated",
            },
            Files = [],
            Input = new ModelInput(InputLayout.Volume, [new ModelChannel()]),
            Geometry = new ModelGeometry
            {
                Orientation = orientation,
                Axes = axes,
                SpacingMm = transforms.SpacingMm,
                Alignment = transforms.Alignment,
                ImageOrder = transforms.ImageOrder,
                OutputOrder = transforms.OutputOrder ?? 1,
                Tilt = TiltRule.Ignore,
            },
            Normalization = normalization,
            Inferer = inferer,
            Output = output,
            Postprocessing = transforms.KeepLargest is { } kept
                ? [.. output.Classes.Where(one => kept.Count == 0 || kept.Contains(one.Index))
                    .Select(one => new PostprocessingStep(PostprocessingOp.KeepLargest, one.Key))]
                : [],
        };
        if (networks.Count > 1) notes.Add($"{networks.Count} networks: the mean of their probabilities is taken");
        return new PackageDraft(manifest, networks,
            $"MONAI bundle {name}: {metadata.Find("description")?.Text ?? metadata.Find("task")?.Text ?? "not described"}", notes);
    }

    /// <summary>Axis codes name the arrays' axes in their order; a manifest says the order and the sides apart.</summary>
    private static (string Axes, string Orientation) Orientation(MonaiConfig config, MonaiTransforms transforms, ImportOptions options)
    {
        if (transforms.AxisCodes is not { } codes)
            return ("xyz", options.Orientation ?? throw new ModelImportException($"{config.File}: preprocessing has no Orientationd, so arrays ran as "
                + "training's files did. "
                + "Remedy: say how with --orientation (RAS, or LAS for dcm2niix; LPS as DICOM)"));
        if (options.Orientation is not null && options.Orientation != codes)
            throw new ModelImportException($"--orientation {options.Orientation}: the bundle turns its images to {codes}. Remedy: leave the option out");
        string axes = string.Concat(codes.Select(letter => letter switch { 'L' or 'R' => 'x', 'P' or 'A' => 'y', 'S' or 'I' => 'z', _ => '?' }));
        if (!axes.Order().SequenceEqual("xyz"))
            throw new ModelImportException($"{config.File}: axcodes '{codes}' is no triple of L or R, P or A, S or I");
        return (axes, string.Concat("xyz".Select(axis => codes[axes.IndexOf(axis)])));
    }

    private static void CheckInput(SourceValue metadata)
    {
        SourceValue inputs = metadata["network_data_format"]["inputs"];
        if (inputs.Entries is not [var (_, image)]) throw inputs.Bad("one input");
        if (image["num_channels"].Int != 1) throw image["num_channels"].Bad("1 (only single-channel CT models can be imported)");
        if (image.Find("modality") is { } modality && !modality.Text.Equals("CT", StringComparison.OrdinalIgnoreCase)) throw modality.Bad("CT");
        if (image.Find("format") is { } format && format.Text is not ("hounsfield" or "image")) throw format.Bad("hounsfield");
    }

    private static ModelInferer Inferer(MonaiConfig config)
    {
        SourceValue settings = config.Find("inferer") ?? throw new ModelImportException($"{config.File} has no inferer. Remedy: take the file as the "
            + "bundle has it");
        if (config.Name(settings) is not "SlidingWindowInferer" and var other)
            throw new ModelImportException($"{config.File}: the inferer is {other}, where the agent has SlidingWindowInferer in 3D. "
                + "Remedy: write model.json by hand (docs/model-packages.md)");
        SourceValue roi = config.Find(settings, "roi_size") ?? settings["roi_size"];
        int[] patch = roi.IsList ? [.. config.List(roi).Select(side => side.Int)] : [roi.Int, roi.Int, roi.Int];
        if (patch.Length != 3 || patch.Any(side => side < 1)) throw roi.Bad("three sides of at least 1");
        SourceValue? overlap = config.Find(settings, "overlap"), blend = config.Find(settings, "mode"), padding = config.Find(settings, "padding_mode");
        if (overlap is { IsList: true } several && config.Numbers(several).Distinct().Count() != 1) throw overlap.Bad("one value for all axes");
        if (padding is not null && padding.Text != "constant") throw padding.Bad("constant");
        return new ModelInferer
        {
            Patch = patch,
            Overlap = overlap is { IsList: true } ? config.Numbers(overlap)[0] : overlap?.Number ?? 0.25,
            Tiling = TilingRule.Monai,
            Blend = blend?.Text switch { null or "constant" => BlendRule.Constant, "gaussian" => BlendRule.Gaussian,
                _ => throw blend.Bad("constant or gaussian") },
            SigmaScale = config.Find(settings, "sigma_scale")?.Number ?? 0.125,
            PadValue = config.Find(settings, "cval")?.Number ?? 0,
            // sw_batch_size changes no result, and an export may have a fixed batch of 1.
            Batch = 1,
        };
    }

    private static ModelOutput Output(SourceValue metadata, MonaiConfig config, MonaiTransforms transforms, ImportOptions options, List<string> notes)
    {
        SourceValue outputs = metadata["network_data_format"]["outputs"];
        if (outputs.Entries is not [var (_, prediction)]) throw outputs.Bad("one output");
        Activation activation = transforms.Activation
            ?? throw new ModelImportException($"{config.File}: postprocessing has neither Activationsd nor AsDiscreted with argmax, so nobody knows what "
            + "the network's values mean. "
                + "Remedy: add the one that training's evaluation used");
        int channels = prediction["num_channels"].Int;
        List<(int Index, string Label)> labels = [];
        foreach ((string index, SourceValue label) in prediction["channel_def"].Entries)
        {
            if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || number >= channels)
                throw prediction["channel_def"].Bad($"names for the channels 0 to {channels - 1}");
            bool isBackground = label.Text.Equals("background", StringComparison.OrdinalIgnoreCase);
            if (activation == Activation.Softmax && isBackground != (number == 0)) throw prediction["channel_def"].Bad("the background as channel 0, and "
                + "no other,");
            if (!isBackground) labels.Add((number, label.Text));
        }

        IReadOnlyList<string> keys = ClassKeys.Of(metadata.File, [.. labels.Select(label => label.Label)], options.Map, notes);
        return new ModelOutput
        {
            Activation = activation,
            Channels = channels,
            Classes = [.. labels.Select((label, i) => new ModelClass(label.Index, keys[i], activation == Activation.Sigmoid ? transforms.Threshold : null))],
        };
    }
}
