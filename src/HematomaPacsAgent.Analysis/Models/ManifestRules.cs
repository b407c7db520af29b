namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What a <see cref="ModelManifest"/> must keep to beyond its types. All that is wrong is said in one go.</summary>
internal static class ManifestRules
{
    private const int LargestSide = 2048, MostFiles = 64, MostChannels = 512;

    public static IEnumerable<string> Problems(ModelManifest m)
    {
        if (m.Files.Contains(null!) || m.Input.Channels.Contains(null!) || m.Output.Classes.Contains(null!) || m.Postprocessing.Contains(null!) || m.Metrics.Contains(null!))
        {
            yield return "a list has null where an entry is expected";
            yield break;
        }

        if (m.Id.Length == 0 || m.Id.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')) || m.Id[0] == '.')
            yield return $"id '{m.Id}' must be a plain name of letters, digits, '-', '.' and '_'";
        if (m.Version.Length == 0) yield return "version is empty";
        if (m.IntendedUse.Length == 0) yield return "intendedUse is empty: say demonstration, research, or what the model was validated for";
        foreach (string mark in (string[])["demonstration", "research"])
            if (m.IntendedUse != mark && m.IntendedUse.Trim().StartsWith(mark, StringComparison.OrdinalIgnoreCase))
                yield return $"intendedUse '{m.IntendedUse}' would not be marked: write '{mark}' alone, and the rest under contraindications";
        foreach (string problem in Signs(m)) yield return problem;
        foreach (string problem in Files(m).Concat(Input(m)).Concat(Geometry(m)).Concat(Values(m)).Concat(Output(m))) yield return problem;
    }

    /// <summary>The sign views are made one way; a manifest that asks for another would not be followed.</summary>
    private static IEnumerable<string> Signs(ModelManifest m)
    {
        if (m.Kind != ModelKind.Signs) yield break;
        if (m.Geometry is not { Orientation: "LPS", Axes: "zyx", Size: null, Crop: CropRule.None } || m.Geometry.SpacingMm is not [null, { } down, { } across] || down != across)
            yield return "a signs model has the orientation LPS, axes zyx, spacingMm [null, s, s] and neither size nor crop";
        if (m.Inferer.Patch is not [var rows, var columns] || rows != columns || m.Inferer.Context != 0 || m.Inferer.MirrorAxes.Length > 0)
            yield return "a signs model has a square patch, no context and no mirrorAxes";
        if (m.Normalization is not { Scheme: NormalizationScheme.Range, OutRange: [0, 1] } || m.Input.Channels.Any(channel => channel.WindowHu is not null))
            yield return "a signs model's values are a range of HU brought to 0..1, without windows of their own";
        if (m.Output.Activation != Activation.Sigmoid) yield return "a signs model's activation is sigmoid";
        if (m.Postprocessing.Count > 0 || m.Abstain != new ModelAbstention()) yield return "a signs model has neither postprocessing nor abstain";
    }

    private static IEnumerable<string> Files(ModelManifest m)
    {
        if (m.Files.Count is < 1 or > MostFiles) yield return $"files has {m.Files.Count} entries, 1 to {MostFiles} are possible";
        foreach (ModelFile file in m.Files)
        {
            foreach (string name in (string[])[file.Path, file.GoldenInput, file.GoldenOutput])
                if (name.Length == 0 || Path.GetFileName(name) != name || name is "." or "..") yield return $"'{name}' is not the name of a file in the package";
            if (file.Sha256.Length != 64 || file.Sha256.Any(c => !char.IsAsciiHexDigitLower(c)))
                yield return $"sha256 of {file.Path} is not 64 lower-case hexadecimal digits";
            if (file.GoldenTolerance is not (> 0 and < 1)) yield return $"goldenTolerance of {file.Path} lies between 0 and 1, both excluded";
        }

        if (m.Files.Select(file => file.Path).Distinct(StringComparer.Ordinal).Count() != m.Files.Count) yield return "files names one file twice";
        if (m.Kind == ModelKind.Signs && m.Files.Count > 1) yield return "a signs model has one file";
    }

    private static IEnumerable<string> Input(ModelManifest m)
    {
        bool views = m.Input.Layout == InputLayout.SignViews;
        if (views != (m.Kind == ModelKind.Signs)) yield return "a signs model, and no other, has the input layout sign-views";
        if (m.Input.Channels.Count is < 1 or > MostChannels) yield return $"input.channels has {m.Input.Channels.Count} entries";
        if (views && m.Input.Channels.Count != 3) yield return "sign-views has three channels";
        foreach (ModelChannel channel in m.Input.Channels)
        {
            if (!double.IsFinite(channel.OffsetMm) || Math.Abs(channel.OffsetMm) > 100) yield return "an input channel's offsetMm is beyond 100 mm";
            if (channel.OffsetMm != 0 && m.Input.Layout != InputLayout.Slices) yield return "offsetMm is for the layout slices";
            if (channel.WindowHu is not (null or [_, > 0]) || channel.WindowHu?.All(double.IsFinite) == false) yield return "an input channel's windowHu is [level, width], width above 0";
        }
    }

    private static IEnumerable<string> Geometry(ModelManifest m)
    {
        ModelGeometry g = m.Geometry;
        if (g.Orientation is not [('L' or 'R'), ('P' or 'A'), ('S' or 'I')])
            yield return $"geometry.orientation '{g.Orientation}' is no triple of L or R, P or A, S or I (the sides to which x, y and z grow)";
        if (g.Axes.Length != 3 || !g.Axes.Order().SequenceEqual("xyz")) yield return $"geometry.axes '{g.Axes}' is no order of x, y and z";
        if (g.SpacingMm.Count != 3 || g.SpacingMm.Any(mm => mm is not (null or (> 0.1 and < 20))))
            yield return "geometry.spacingMm has three values of 0.1 to 20 mm, or null for 'as acquired'";
        if (g.ImageOrder is not (0 or 1 or 3) || g.OrderZ is not (0 or 1 or 3) || g.OutputOrder is not (0 or 1))
            yield return "geometry: imageOrder and orderZ are 0, 1 or 3, outputOrder is 0 or 1";
        if (g.SeparateZRatio is <= 1) yield return "geometry.separateZRatio is above 1";
        if (g.CropMarginMm is not (>= 0 and <= 200)) yield return "geometry.cropMarginMm lies between 0 and 200";
        if (g.Size is { } size && (size.Count != 3 || size.Any(n => n is < 16 or > LargestSide)))
            yield return $"geometry.size has three values of 16 to {LargestSide}, or null";
        if (g.Size is not null && g.Alignment != GridAlignment.Centre) yield return "geometry.size needs the alignment centre";
    }

    private static IEnumerable<string> Values(ModelManifest m)
    {
        if (m.Normalization.ClipHu is not [var low, var high] || !(low < high) || !double.IsFinite(high - low))
            yield return "normalization.clipHu is [low, high]";
        if (m.Normalization.OutRange is not [var from, var to] || !(from < to) || !double.IsFinite(to - from)) yield return "normalization.outRange is [low, high]";
        if (!double.IsFinite(m.Normalization.Mean) || !(m.Normalization.Sd > 0) || !double.IsFinite(m.Normalization.Sd)) yield return "normalization.mean is a number, sd above 0";
        ModelInferer i = m.Inferer;
        int sides = m.Input.Layout == InputLayout.Volume ? 3 : 2;
        if (i.Patch.Count != sides || i.Patch.Any(n => n is < 1 or > LargestSide)) yield return $"inferer.patch has {sides} values of 1 to {LargestSide}";
        if (i.Context is < 0 or > 512) yield return "inferer.context lies between 0 and 512";
        if (i.Overlap is not (>= 0 and < 1)) yield return "inferer.overlap lies between 0 and below 1";
        if (i.SigmaScale is not (> 0 and <= 1)) yield return "inferer.sigmaScale lies between above 0 and 1";
        if (i.Batch is < 1 or > 256) yield return "inferer.batch lies between 1 and 256";
        if (!double.IsFinite(i.PadValue)) yield return "inferer.padValue is a number";
        if (i.MirrorAxes.Distinct().Count() != i.MirrorAxes.Length || i.MirrorAxes.Any(axis => axis is not ('x' or 'y' or 'z')))
            yield return $"inferer.mirrorAxes '{i.MirrorAxes}' is no set of x, y and z";
        if (m.Input.Layout != InputLayout.Volume && i.MirrorAxes.Contains('z')) yield return "inferer.mirrorAxes: z is for the layout volume";
        if (m.Postprocessing.Any(step => !double.IsFinite(step.Value) || step.Value < 0)) yield return "postprocessing: a value is a number of at least 0";
        foreach (PostprocessingStep step in m.Postprocessing)
            if (step.Class is { } name && m.Output.Classes.All(known => known.Key != name)) yield return $"postprocessing names the class '{name}', which output does not have";
    }

    private static IEnumerable<string> Output(ModelManifest m)
    {
        ModelOutput o = m.Output;
        if (o.Channels is < 1 or > MostChannels) yield return $"output.channels lies between 1 and {MostChannels}";
        if (o.Classes.Count == 0) yield return "output.classes is empty";
        if (o.Classes.Any(c => c.Key.Length == 0 || c.Key.Any(letter => !char.IsAsciiLetterLower(letter) && !char.IsAsciiDigit(letter) && letter != '-')))
            yield return "output: a class's key is a lower-case name with dashes";
        if (o.Classes.Select(c => c.Key).Distinct().Count() != o.Classes.Count || o.Classes.Select(c => c.Index).Distinct().Count() != o.Classes.Count)
            yield return "output names a class or an index twice";
        if (m.Kind == ModelKind.Segmentation && o.Classes.All(c => c.Key != "hematoma")) yield return "output has no class 'hematoma'";
        int first = o.Activation == Activation.Softmax ? 1 : 0;
        if (o.Classes.Any(c => c.Index < first || c.Index >= o.Channels))
            yield return $"output: a class's index lies between {first} and {o.Channels - 1}{(first == 1 ? " (0 is the background)" : "")}";
        if (o.Classes.Any(c => c.Threshold is not (null or (> 0 and < 1)) || c.Indeterminate is not (>= 0 and < 1)))
            yield return "output: thresholds lie between 0 and 1, both excluded; indeterminate bands from 0 to below 1";
        if (o.Activation == Activation.Sigmoid && o.Classes.Any(c => c.Threshold is null)) yield return "output: with sigmoid each class has a threshold";
        if (o.Classes.Any(c => c.ColorRgb is { } rgb && (rgb.Count != 3 || rgb.Any(v => v is < 0 or > 255)))) yield return "output: colorRgb has three values of 0 to 255";
        foreach (string problem in Calibration(m)) yield return problem;
        if (m.Abstain is { MinSlices: < 1 } or { MaxSliceSpacingMm: <= 0 } or { MaxEnsembleSd: <= 0 }) yield return "abstain: limits are above 0";
    }

    private static IEnumerable<string> Calibration(ModelManifest m)
    {
        foreach (ModelClass c in m.Output.Classes)
        {
            if (c.Calibration is { } fit)
            {
                if (m.Output.Activation != Activation.Sigmoid)
                    yield return $"output: the calibration of '{c.Key}' needs the activation sigmoid: with softmax one class's would be every class's";
                // No comparison holds for NaN: it is refused, too.
                if (fit is not { Slope: > 0 and <= 100, Intercept: >= -100 and <= 100 })
                    yield return $"output: the calibration of '{c.Key}' has a slope above 0 and up to 100 and an intercept of -100 to 100";
                if (fit.FittedOn.Length == 0 || fit.N < 1)
                    yield return $"output: the calibration of '{c.Key}' says what it was fitted on (fittedOn), and on how many cases (n)";
            }

            if (c.IndeterminateBand is not { } band) continue;
            if (m.Kind != ModelKind.Signs || c.Indeterminate != 0)
                yield return $"output: indeterminateBand of '{c.Key}' is for signs, in place of indeterminate";
            if (band is not [>= 0 and var low, <= 1 and var high] || !(low <= c.Threshold && c.Threshold <= high))
                yield return $"output: indeterminateBand of '{c.Key}' is [low, high] from 0 to 1, with the threshold in it";
        }
    }
}
