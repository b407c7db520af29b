namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>What a MONAI bundle does before and after its network, as far as a manifest can say it. What it cannot is refused by name.</summary>
internal sealed class MonaiTransforms
{
    /// <summary>They read, move or mark values and change none, or write files.</summary>
    private static readonly string[] Neutral =
        ["LoadImage", "EnsureChannelFirst", "AddChannel", "EnsureType", "ToTensor", "ToDevice", "CastToType", "SaveImage", "CopyItems", "DeleteItems",
            "SelectItems"];

    private readonly MonaiConfig config;
    private readonly ImportOptions options;
    private readonly List<string> notes;
    private bool isSpaced;

    public MonaiTransforms(MonaiConfig config, ImportOptions options, List<string> notes)
    {
        (this.config, this.options, this.notes) = (config, options, notes);
        foreach ((string name, SourceValue settings) in config.Transforms("preprocessing")) Before(name, settings);
        foreach ((string name, SourceValue settings) in config.Transforms("postprocessing")) After(name, settings);
    }

    /// <summary>Three letters, in the order of the array's axes (nibabel's axcodes); null where the bundle keeps files as they are.</summary>
    public string? AxisCodes { get; private set; }

    public IReadOnlyList<double?> SpacingMm { get; private set; } = [null, null, null];
    public int ImageOrder { get; private set; } = 1;
    public int? OutputOrder { get; private set; }
    public GridAlignment Alignment { get; private set; } = GridAlignment.Origin;
    public ModelNormalization? Normalization { get; private set; }
    public Activation? Activation { get; private set; }

    /// <summary>With a sigmoid.</summary>
    public double Threshold { get; private set; } = 0.5;

    /// <summary>Channels whose largest region alone is kept; empty of numbers for all, null for none.</summary>
    public IReadOnlyList<int>? KeepLargest { get; private set; }

    private void Before(string name, SourceValue settings)
    {
        switch (name)
        {
            case "Orientation":
                AxisCodes = (config.Find(settings, "axcodes") ?? settings["axcodes"]).Text;
                // Before it, pixdim is in the order of the file's axes, which are x, y, z in an axial scan.
                if (isSpaced && AxisCodes is not ['L' or 'R', 'P' or 'A', 'S' or 'I'])
                    throw settings.Bad("Orientationd before Spacingd, where the axes change places,");
                break;
            case "Spacing":
                Spacing(settings);
                isSpaced = true;
                break;
            case "ScaleIntensityRange":
                Normalization = Range(settings);
                break;
            default:
                Other(name, settings);
                break;
        }
    }

    private void After(string name, SourceValue settings)
    {
        switch (name)
        {
            case "Activations":
                if (Flag(settings, "softmax")) Activation = Models.Activation.Softmax;
                else if (Flag(settings, "sigmoid")) Activation = Models.Activation.Sigmoid;
                else throw settings.Bad("softmax or sigmoid that is true");
                break;
            case "AsDiscrete" when Flag(settings, "argmax"):
                Activation ??= Models.Activation.Softmax;
                if (Activation == Models.Activation.Sigmoid) throw settings.Bad("a threshold, after a sigmoid,");
                break;
            case "AsDiscrete":
                if (config.Find(settings, "threshold") is not { } threshold || Activation != Models.Activation.Sigmoid)
                    throw settings.Bad("argmax, or a threshold after Activationsd with sigmoid,");
                Threshold = threshold.Number;
                break;
            case "Invert":
                // MONAI's default is the nearest voxel; otherwise what Spacingd had.
                OutputOrder = config.Find(settings, "nearest_interp") is { Bool: false } ? Math.Min(ImageOrder, 1) : 0;
                break;
            case "KeepLargestConnectedComponent":
                if (config.Find(settings, "num_components") is { Int: not 1 } several) throw several.Bad("1");
                KeepLargest = config.Find(settings, "applied_labels") switch { null => [], { IsList: true } some => some.Ints, { } one => [one.Int] };
                break;
            default:
                Other(name, settings);
                break;
        }
    }

    private void Spacing(SourceValue settings)
    {
        SourceValue pixdim = config.Find(settings, "pixdim") ?? settings["pixdim"];
        // One value alone means another thing in each version of MONAI.
        double[] mm = pixdim.IsList ? config.Numbers(pixdim) : throw pixdim.Bad("three values");
        if (mm.Length != 3) throw pixdim.Bad("three values");
        SpacingMm = [.. mm.Select(value => value > 0 ? value : (double?)null)];
        foreach (string unknown in (string[])["min_pixdim", "max_pixdim"])
            if (config.Find(settings, unknown) is { } limit) throw limit.Bad("nothing (the agent resamples to one spacing)");
        if (Flag(settings, "diagonal")) throw settings.Bad("diagonal that is false");
        if (Flag(settings, "scale_extent")) Alignment = GridAlignment.Edges;
        SourceValue? mode = config.Find(settings, "mode");
        if (mode is { IsList: true }) mode = config.List(mode)[0]; // the image's comes first, a label's second
        ImageOrder = mode switch
        {
            null or { IsText: true, Text: "bilinear" } => 1,
            { IsText: true, Text: "nearest" } => 0,
            { IsText: false, Int: 0 or 1 or 3 } => mode.Int,
            _ => throw mode.Bad("bilinear, nearest, 0, 1 or 3"),
        };
    }

    private ModelNormalization Range(SourceValue settings)
    {
        double Value(string key) => (config.Find(settings, key) ?? settings[key]).Number;
        if (!Flag(settings, "clip"))
            throw settings.Bad("clip that is true (the agent always clips to the range)");
        return new ModelNormalization { Scheme = NormalizationScheme.Range, ClipHu = [Value("a_min"), Value("a_max")],
            OutRange = [Value("b_min"), Value("b_max")] };
    }

    private void Other(string name, SourceValue settings)
    {
        if (Neutral.Contains(name)) return;
        string written = config.Find(settings, "_target_")!.Text.Split('.')[^1];
        if (options.Ignore.Contains(written))
        {
            notes.Add($"{written} ({settings.Key}) is left out, as --ignore says: results are not those of the bundle");
            return;
        }

        throw new ModelImportException($"{config.File}: the transform {written} ({settings.Key}) is none that the agent has. "
            + $"Remedy: --ignore {written}, where the model does as well without it (CropForegroundd only saves time on a CT; anything that changes "
            + "values does not)");
    }

    private bool Flag(SourceValue settings, string key) => config.Find(settings, key) is { Bool: true };
}
