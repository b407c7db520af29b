namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>One configuration of nnU-Net v2's <c>plans.json</c>: how its preprocessor and predictor treat an image. Axes are those of the network.</summary>
/// <param name="Configuration">E.g. <c>3d_fullres</c>.</param>
/// <param name="DatasetName">E.g. <c>Dataset042_ICH</c>.</param>
/// <param name="Axes">Order of the network's axes: that of SimpleITK's arrays (z, y, x), transposed by <c>transpose_forward</c>.</param>
/// <param name="Patch">Voxels, three sides or two.</param>
/// <param name="SpacingMm">Three, the first null where the configuration is 2D.</param>
/// <param name="Orientation">Where the reader settles it, else null.</param>
internal sealed record NnunetPlans(string Configuration, string DatasetName, string Axes, IReadOnlyList<int> Patch, IReadOnlyList<double?> SpacingMm,
    int ImageOrder, int OrderZ, double? SeparateZRatio, int OutputOrder, IReadOnlyList<double> ClipHu, double Mean, double Sd, string? Orientation)
{
    /// <summary>nnU-Net's ANISO_THRESHOLD.</summary>
    private const double AnisotropyThreshold = 3;

    public bool Is2D => Patch.Count == 2;

    /// <param name="plans">plans.json.</param>
    /// <param name="wanted">The configuration asked for; null takes <c>3d_fullres</c>, else <c>2d</c>.</param>
    /// <exception cref="ModelImportException">A key is missing, or asks for what the agent does not do.</exception>
    public static NnunetPlans Of(SourceValue plans, string? wanted)
    {
        if (plans.Find("configurations") is not { } all)
            throw new ModelImportException($"{plans.File} has no configurations: these are no plans of nnU-Net v2. Remedy: bring the plans.json of a "
                + "model trained with nnU-Net 2");
        string known = string.Join(", ", all.Entries.Select(entry => entry.Name));
        string name = wanted ?? (all.Find("3d_fullres") is null ? "2d" : "3d_fullres");
        if (all.Find(name) is null) throw new ModelImportException($"{plans.File} has no configuration '{name}', it has {known}. Remedy: --configuration NAME");
        Inherited configuration = new(all, name);
        if (configuration.Find("previous_stage") is { } stage)
            throw new ModelImportException($"{plans.File}: '{name}' is the second stage of a cascade (after '{stage.Text}'), which the agent does not run. "
                + "Remedy: export 3d_fullres or 3d_lowres and name it with --configuration");
        CheckNormalisation(configuration);
        int[] patch = configuration["patch_size"].Ints;
        double[] spacing = configuration["spacing"].Numbers;
        if (patch.Length is not (2 or 3) || spacing.Length != patch.Length)
            throw new ModelImportException($"{plans.File}: patch_size and spacing of '{name}' have {patch.Length} and {spacing.Length} values, where 3 or "
                + "2 of each are expected");
        string axes = Transposed(plans);
        if (patch.Length == 2 && axes[0] != 'z')
            throw new ModelImportException($"{plans.File}: transpose_forward makes '{name}' run over slices across {axes[0]}; the agent runs 2D networks "
                + "on axial slices. "
                + "Remedy: export 3d_fullres");
        SourceValue image = Resampling(configuration, "data"), output = Resampling(configuration, "probabilities");
        SourceValue intensities = plans["foreground_intensity_properties_per_channel"]["0"];
        return new NnunetPlans(name, plans.Find("dataset_name")?.Text ?? "not stated", axes, patch,
            patch.Length == 2 ? [null, .. spacing.Select(mm => (double?)mm)] : [.. spacing.Select(mm => (double?)mm)],
            image.Find("order")?.Int ?? 3, image.Find("order_z")?.Int ?? 0, SeparateZ(image), output.Find("order")?.Int ?? 1,
            [intensities["percentile_00_5"].Number, intensities["percentile_99_5"].Number], intensities["mean"].Number, intensities["std"].Number,
                ReaderOrientation(plans));
    }

    private static void CheckNormalisation(Inherited configuration)
    {
        SourceValue schemes = configuration["normalization_schemes"];
        string[] names = [.. schemes.List.Select(scheme => scheme.Text)];
        if (names is not ["CTNormalization"])
            throw new ModelImportException($"{schemes.File}: {schemes.Key} is {string.Join(", ", names)}, where the agent does CTNormalization of one CT "
                + "channel. "
                + "Remedy: only single-channel CT models can be imported");
    }

    private static string Transposed(SourceValue plans)
    {
        int[] forward = plans["transpose_forward"].Ints, backward = plans["transpose_backward"].Ints;
        if (forward.Length != 3 || !forward.Order().SequenceEqual([0, 1, 2])) throw plans["transpose_forward"].Bad("an order of 0, 1 and 2");
        if (backward.Length != 3 || Enumerable.Range(0, 3).Any(i => backward[i] is < 0 or > 2 || forward[backward[i]] != i))
            throw plans["transpose_backward"].Bad("the inverse of transpose_forward");
        return string.Concat(forward.Select(axis => "zyx"[axis]));
    }

    private static SourceValue Resampling(Inherited configuration, string of)
    {
        SourceValue function = configuration[$"resampling_fn_{of}"];
        if (function.Text != "resample_data_or_seg_to_shape")
            throw new ModelImportException($"{function.File}: {function.Key} is '{function.Text}', where the agent has nnU-Net's "
                + "resample_data_or_seg_to_shape. "
                + "Remedy: train with the default planner, or write model.json by hand (docs/model-packages.md)");
        return configuration[$"resampling_fn_{of}_kwargs"];
    }

    /// <summary><c>force_separate_z</c>: null where the spacing asks for it, false never; true has no counterpart in a manifest.</summary>
    private static double? SeparateZ(SourceValue image) => image.Find("force_separate_z") switch
    {
        null => image.Find("separate_z_anisotropy_threshold")?.Number ?? AnisotropyThreshold,
        { Bool: false } => null,
        { } forced => throw new ModelImportException($"{forced.File}: {forced.Key} is true, and the agent separates z by the spacing alone. "
            + "Remedy: where all scans of training were anisotropic beyond 3, null means the same: write that"),
    };

    private static string? ReaderOrientation(SourceValue plans)
    {
        SourceValue? reader = plans.Find("image_reader_writer");
        return reader?.Text switch
        {
            null or "SimpleITKIO" or "NibabelIO" => null,
            "NibabelIOWithReorient" or "SimpleITKIOWithReorient" => "RAS",
            _ => throw new ModelImportException($"{plans.File}: image_reader_writer '{reader.Text}' does not read CT volumes that the agent knows. "
                + "Remedy: models trained with SimpleITKIO or NibabelIO can be imported"),
        };
    }

    /// <summary>A configuration with what it takes over by <c>inherits_from</c>.</summary>
    private sealed class Inherited
    {
        private readonly List<SourceValue> chain = [];

        public Inherited(SourceValue all, string name)
        {
            for (string? next = name; next is not null; next = chain[^1].Find("inherits_from")?.Text)
            {
                if (chain.Count > 8) throw all.Bad("configurations that inherit from each other without a circle");
                chain.Add(all[next]);
            }
        }

        public SourceValue this[string key] => Find(key) ?? chain[0][key];

        public SourceValue? Find(string key) => chain.Select(part => part.Find(key)).FirstOrDefault(found => found is not null);
    }
}
