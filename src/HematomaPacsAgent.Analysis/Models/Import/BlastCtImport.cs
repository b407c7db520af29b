using System.Globalization;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// The published BLAST-CT weights (github.com/biomedia-mira/blast-ct, version 1, Apache-2.0) as a package: an ensemble of as many <c>model_N.pt</c> as a folder
/// holds. See docs/blast-ct.md. No Python is needed and no code in the weights is run.
/// </summary>
public static class BlastCtImport
{
    /// <summary>Largest difference from the publisher's logits with which a package is made.</summary>
    public const double Tolerance = 1e-4;

    // Another processor or a GPU rounds differently: what is checked to 1e-4 at import may differ by more there.
    private const double RunningTolerance = 1e-3;
    private const int Classes = 5, GoldenSide = DeepMedicGraph.Step + 2 * DeepMedicGraph.Context;
    private const double LowHu = -15, HighHu = 100;
    private static readonly int[] GoldenShape = [1, 1, GoldenSide, GoldenSide, GoldenSide];

    /// <param name="folder">Holds <c>model_1.pt</c>, <c>model_2.pt</c> …, and <c>golden.npz</c> where there is one: <c>hu</c> (95 × 95 × 95) and
    /// <c>logits_model_N</c> (5 × 15 × 15 × 15), what the publisher's code gives for it.</param>
    /// <param name="options">Id, version and intended use; the rest is known.</param>
    /// <exception cref="ModelPackageException">A file is missing or damaged, would run code, or is not this network; networks are built when the draft is written.</exception>
    public static PackageDraft Read(string folder, ImportOptions options)
    {
        string[] weights = WeightFiles(folder);
        IReadOnlyDictionary<string, (int[] Shape, float[] Values)> published = Published(folder);
        List<PackageNetwork> networks = [];
        foreach (string path in weights)
        {
            string name = Path.GetFileNameWithoutExtension(path);
            GoldenPair? golden = published.TryGetValue($"logits_{name}", out (int[] Shape, float[] Values) logits)
                ? new GoldenPair(GoldenShape, Normalised(published["hu"].Values), [1, .. logits.Shape], logits.Values) : null;
            networks.Add(new PackageNetwork($"{name}.onnx", target => File.WriteAllBytes(target, Network(path)), golden, GoldenShape, RunningTolerance)
            {
                ImportTolerance = Tolerance,
            });
        }

        return new PackageDraft(BlastCtManifest.Of(options, networks, weights), networks,
            $"BLAST-CT version 1 (DeepMedic), {networks.Count} of its published networks: intraparenchymal, extra-axial and intraventricular hemorrhage and oedema.",
            [$"golden outputs of the publisher: {BlastCtManifest.Names(networks.Where(network => network.Golden is not null))}"]);
    }

    private static string[] WeightFiles(string folder)
    {
        if (!Directory.Exists(folder)) throw new ModelImportException($"{folder} is not there. Remedy: name the folder with the weight files");
        (int Number, string Path)[] found = [.. Directory.EnumerateFiles(folder, "model_*.pt")
            .Select(path => (int.TryParse(Path.GetFileNameWithoutExtension(path)["model_".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : -1, path))
            .Where(file => file.Item1 >= 0).OrderBy(file => file.Item1)];
        return found.Length > 0 ? [.. found.Select(file => file.Path)] : throw new ModelImportException(
            $"{folder} holds no model_1.pt, model_2.pt …. Remedy: name the folder of the published weights (saved_models; docs/blast-ct.md)");
    }

    private static byte[] Network(string path)
    {
        IReadOnlyDictionary<string, TorchTensor> tensors = TorchCheckpoint.Read(path);
        try
        {
            return DeepMedicGraph.Build(tensors, Classes);
        }
        catch (InvalidDataException other)
        {
            throw new ModelImportException($"{path} does not hold the weights of BLAST-CT version 1: {other.Message}. "
                + "Remedy: fetch the weights that docs/blast-ct.md names", other);
        }
    }

    private static IReadOnlyDictionary<string, (int[] Shape, float[] Values)> Published(string folder)
    {
        string path = Path.Combine(folder, "golden.npz");
        if (!File.Exists(path)) return new Dictionary<string, (int[], float[])>();
        IReadOnlyDictionary<string, (int[] Shape, float[] Values)> arrays = NpyFile.ReadZip(path);
        return arrays.TryGetValue("hu", out (int[] Shape, float[] Values) hu) && hu.Values.Length == GoldenSide * GoldenSide * GoldenSide ? arrays
            : throw new ModelImportException($"{path} has no 'hu' of {GoldenSide} x {GoldenSide} x {GoldenSide} voxels. Remedy: fetch it anew, or leave it out");
    }

    private static float[] Normalised(float[] hu) =>
        [.. hu.Select(value => (float)((2 * Math.Clamp(value, LowHu, HighHu) - (LowHu + HighHu)) / (HighHu - LowHu)))];
}
