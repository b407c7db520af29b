namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// A model trained with nnU-Net v2 (Isensee 2021): <c>plans.json</c> and <c>dataset.json</c> of its results folder, and one exported ONNX file for each fold.
/// Everything that nnU-Net's predictor does beyond the network is taken from there; what these files do not hold, the options say.
/// </summary>
public static class NnunetImport
{
    /// <param name="folder">Holds plans.json, dataset.json, *.onnx and perhaps golden pairs; see <see cref="NetworkFiles.Find"/>.</param>
    /// <param name="options">What the files do not say.</param>
    /// <exception cref="ModelImportException">A file is missing or broken, or asks for what the agent does not do.</exception>
    public static PackageDraft Read(string folder, ImportOptions options)
    {
        if (options.Ignore.Count > 0) throw new ModelImportException("--ignore is for MONAI bundles: nnU-Net's files have no transforms to leave out");
        SourceValue dataset = SourceValue.Read(Path.Combine(folder, "dataset.json"));
        NnunetPlans plans = NnunetPlans.Of(SourceValue.Read(Path.Combine(folder, "plans.json")), options.Configuration);
        List<string> notes = [];
        CheckChannel(dataset);
        ModelOutput output = Labels(dataset, options, notes);
        string orientation = Orientation(plans, options, notes);
        notes.Add(options.Mirror.Length > 0 ? $"runs over mirrored input along {options.Mirror} too, as --mirror says"
            : "runs without mirroring; nnU-Net mirrors by default (its checkpoint holds along which axes), which takes 4 to 8 times as long: --mirror has it");
        IReadOnlyList<PackageNetwork> networks = NetworkFiles.Find(folder, plans.Patch, output.Channels, $"plans.json ({plans.Configuration})", notes);
        ModelManifest manifest = new()
        {
            Schema = ModelPackage.Schema,
            Id = options.Id ?? $"nnunet-{plans.DatasetName}-{plans.Configuration}",
            Version = options.Version,
            Kind = ModelKind.Segmentation,
            IntendedUse = options.IntendedUse,
            License = options.License ?? dataset.Find("licence")?.Text ?? dataset.Find("license")?.Text ?? "not stated",
            TrainingData = options.TrainingData ?? TrainingData(dataset, plans),
            Provenance = new Dictionary<string, string>
            {
                ["framework"] = "nnU-Net v2",
                ["dataset"] = plans.DatasetName,
                ["configuration"] = plans.Configuration,
                ["labels"] = string.Join(", ", dataset["labels"].Entries.Select(label => $"{label.Name}={label.Value.Shown}")),
            },
            Files = [],
            Ensemble = EnsembleRule.MeanLogits,
            Input = new ModelInput(plans.Is2D ? InputLayout.Slices : InputLayout.Volume, [new ModelChannel()]),
            Geometry = new ModelGeometry
            {
                Orientation = orientation,
                Axes = plans.Axes,
                SpacingMm = plans.SpacingMm,
                Alignment = GridAlignment.Edges,
                ImageOrder = plans.ImageOrder,
                OrderZ = plans.OrderZ,
                SeparateZRatio = plans.Is2D ? null : plans.SeparateZRatio,
                OutputOrder = plans.OutputOrder,
                // Its cropping to values other than 0 leaves a CT whole; a gantry tilt it does not know.
                Crop = CropRule.None,
                Tilt = TiltRule.Ignore,
            },
            Normalization = new ModelNormalization { Scheme = NormalizationScheme.MeanSd, ClipHu = plans.ClipHu, Mean = plans.Mean, Sd = plans.Sd },
            Inferer = new ModelInferer
            {
                Patch = plans.Patch,
                Overlap = 0.5,
                Tiling = TilingRule.NnUnet,
                Blend = BlendRule.Gaussian,
                SigmaScale = 0.125,
                PadValue = 0,
                Batch = 1,
                MirrorAxes = options.Mirror,
            },
            Output = output,
        };
        string members = networks.Count == 1 ? "one network" : $"{networks.Count} networks (mean of their logits)";
        string title = $"nnU-Net v2, {plans.DatasetName}, {plans.Configuration}, {members}.";
        return new PackageDraft(manifest, networks, title, notes);
    }

    private static void CheckChannel(SourceValue dataset)
    {
        SourceValue channels = dataset["channel_names"];
        string[] names = [.. channels.Entries.Select(channel => channel.Value.Text)];
        if (names is not [var only] || !only.Equals("CT", StringComparison.OrdinalIgnoreCase))
            throw new ModelImportException($"{dataset.File}: channel_names is {string.Join(", ", names)}, where the agent has one CT channel. "
                + "Remedy: only single-channel CT models can be imported");
    }

    /// <summary>Labels are channels of a softmax, 0 the background; regions (labels made of several values) are channels of their own with a sigmoid.</summary>
    private static ModelOutput Labels(SourceValue dataset, ImportOptions options, List<string> notes)
    {
        (string Name, int[] Values)[] labels = [.. dataset["labels"].Entries
            .Where(label => label.Name != "ignore")
            .Select(label => (label.Name, label.Value.IsList ? label.Value.Ints : [label.Value.Int]))];
        if (dataset["labels"].Find("ignore") is not null) notes.Add("the label 'ignore' steered training alone and has no channel");
        (string Name, int[] Values)[] shown = [.. labels.Where(label => label.Values.Any(value => value != 0))];
        bool hasRegions = labels.Any(label => label.Values.Length > 1);
        if (!hasRegions)
        {
            shown = [.. shown.OrderBy(label => label.Values[0])];
            if (!shown.Select(label => label.Values[0]).SequenceEqual(Enumerable.Range(1, shown.Length)))
                throw new ModelImportException($"{dataset.File}: labels are {dataset["labels"].Shown}, where 0 (background), 1, 2, … without a gap are "
                    + "expected");
        }
        else if (dataset.Find("regions_class_order") is not { } order || order.Ints.Length != shown.Length)
            throw new ModelImportException($"{dataset.File}: labels has regions, but regions_class_order does not have one value for each of the "
                + $"{shown.Length}. "
                + "Remedy: take dataset.json as nnU-Net was trained with");
        IReadOnlyList<string> keys = ClassKeys.Of(dataset.File, [.. shown.Select(label => label.Name)], options.Map, notes);
        if (hasRegions)
            foreach (((string name, int[] values), int i) in shown.Select((label, i) => (label, i)))
                if (values.Length > 1)
                    notes.Add($"class '{keys[i]}' is the region '{name}': all voxels of the labels {string.Join(", ", values)} together. It overlaps with "
                        + "other classes, and its volume counts them in");
        return new ModelOutput
        {
            Activation = hasRegions ? Activation.Sigmoid : Activation.Softmax,
            Channels = hasRegions ? shown.Length : shown.Length + 1,
            Classes = [.. keys.Select((key, i) => new ModelClass(hasRegions ? i : i + 1, key, hasRegions ? 0.5 : null))],
        };
    }

    private static string Orientation(NnunetPlans plans, ImportOptions options, List<string> notes)
    {
        if (plans.Orientation is { } settled)
            return options.Orientation is null || options.Orientation == settled ? settled
                : throw new ModelImportException($"--orientation {options.Orientation}: training read its images with a reader that turns them to "
                + $"{settled}. Remedy: leave the option out");
        if (options.Orientation is null)
            notes.Add("orientation LPS is assumed (arrays as DICOM has them); plans.json does not tell. NIfTI files of dcm2niix run LAS, others RAS: a "
                + "wrong one mirrors "
                + "the head for the network. Compare with a prediction of nnU-Net, and give --orientation where it differs");
        return options.Orientation ?? "LPS";
    }

    private static string TrainingData(SourceValue dataset, NnunetPlans plans) =>
        dataset.Find("numTraining") is { } cases ? $"{plans.DatasetName}, {cases.Int} cases; nothing more is stated" : "not stated";
}
