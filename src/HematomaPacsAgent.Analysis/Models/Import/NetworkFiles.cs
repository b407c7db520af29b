namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>The exported networks of a source's folder, held against what the framework's files say of them.</summary>
internal static class NetworkFiles
{
    private const int MostFiles = 64;

    /// <summary>
    /// All <c>*.onnx</c> of a folder in the order of their names. Their golden pairs lie beside them: <c>NAME.golden.in.npy</c> and
    /// <c>NAME.golden.out.npy</c>, or <c>golden.in.npy</c> and <c>golden.out.npy</c> where there is one network.
    /// </summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="patch">Voxels of the spatial axes, in the network's order.</param>
    /// <param name="channels">Channels of the output.</param>
    /// <param name="source">What asks for these, for messages, e.g. <c>plans.json (3d_fullres)</c>.</param>
    /// <param name="notes">Told which networks have no golden pair.</param>
    /// <exception cref="ModelImportException">None, too many, or one of another shape.</exception>
    public static IReadOnlyList<PackageNetwork> Find(string folder, IReadOnlyList<int> patch, int channels, string source, ICollection<string> notes)
    {
        string[] paths = Directory.Exists(folder) ? [.. Directory.GetFiles(folder, "*.onnx").Order(StringComparer.Ordinal)] : [];
        if (paths.Length is 0 or > MostFiles)
            throw new ModelImportException($"{folder} holds {paths.Length} files *.onnx, where 1 to {MostFiles} are expected. "
                + "Remedy: export the network with torch.onnx.export (docs/model-packages.md shows how) and put the file there, one for each fold");
        List<PackageNetwork> networks = [];
        foreach (string path in paths)
        {
            string name = Path.GetFileName(path);
            using (NetworkProbe probe = NetworkProbe.Open(path, name)) Check(probe, name, patch, channels, source);
            GoldenPair? golden = Golden(folder, Path.GetFileNameWithoutExtension(name), paths.Length == 1);
            if (golden is null) notes.Add($"{name} came without a golden pair from training: one was made here, which proves only that a machine computes "
                + "as this one did");
            networks.Add(new PackageNetwork(name, target => File.Copy(path, target), golden, [1, 1, .. patch]));
        }

        return networks;
    }

    private static GoldenPair? Golden(string folder, string name, bool isOnly)
    {
        foreach (string stem in (string[])(isOnly ? [$"{name}.golden", "golden"] : [$"{name}.golden"]))
        {
            string input = Path.Combine(folder, $"{stem}.in.npy"), output = Path.Combine(folder, $"{stem}.out.npy");
            if (File.Exists(input) != File.Exists(output))
                throw new ModelImportException($"{(File.Exists(input) ? output : input)} is not there, while its other half is. Remedy: give both, or neither");
            if (!File.Exists(input)) continue;
            try
            {
                ((int[] inputShape, float[] given), (int[] outputShape, float[] expected)) = (NpyFile.Read(input), NpyFile.Read(output));
                return new GoldenPair(inputShape, given, outputShape, expected);
            }
            catch (ModelPackageException broken)
            {
                throw new ModelImportException($"{broken.Message} Remedy: save it with numpy.save, float32, C order", broken);
            }
        }

        return null;
    }

    private static void Check(NetworkProbe probe, string name, IReadOnlyList<int> patch, int channels, string source)
    {
        string taken = Shown(probe.InputShape), wanted = $"[N, 1, {string.Join(", ", patch)}]";
        if (probe.InputShape.Count != patch.Count + 2)
            throw new ModelImportException($"{name} takes {taken}, where {source} has {wanted}. Remedy: name the configuration that was exported, or "
                + "export this one");
        if (probe.InputShape[0] is not (-1 or 1))
            throw new ModelImportException($"{name} takes {taken}: a batch of {probe.InputShape[0]} only. Remedy: export with batch 1, or with a dynamic "
                + "batch");
        if (probe.InputShape[1] is not (-1 or 1))
            throw new ModelImportException($"{name} takes {taken}: {probe.InputShape[1]} channels, where a CT has one. Remedy: only single-channel CT "
                + "models can be imported");
        if (!Fits(probe.InputShape.Skip(2), patch))
            throw new ModelImportException($"{name} takes {taken}, where {source} has {wanted}. Remedy: export at that patch, its axes in the order of "
                + "the file");
        if (probe.OutputShape.Count == 0) return; // shapes unsaid: the run on the golden input will tell
        string given = Shown(probe.OutputShape), expected = $"[N, {channels}, {string.Join(", ", patch)}]";
        if (probe.OutputShape.Count != patch.Count + 2 || !Fits(probe.OutputShape.Skip(1).Take(1), [channels]))
            throw new ModelImportException($"{name} gives {given}, where {source} has {channels} channels, so {expected}. "
                + "Remedy: bring the network that belongs to these files, with its logits as output");
        if (!Fits(probe.OutputShape.Skip(2), patch))
            throw new ModelImportException($"{name} gives {given}, where {source} has {expected}. Remedy: export the full-resolution logits");
    }

    private static bool Fits(IEnumerable<int> sides, IReadOnlyList<int> wanted) => sides.Zip(wanted).All(pair => pair.First is -1 || pair.First == pair.Second);

    private static string Shown(IReadOnlyList<int> shape) => $"[{string.Join(", ", shape.Select(side => side < 0 ? "?" : $"{side}"))}]";
}
