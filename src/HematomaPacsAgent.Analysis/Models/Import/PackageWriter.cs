using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// Writes a model package: networks, golden arrays, digests, <c>model.json</c> and a model card. It is there in whole or not at all: made in a folder beside
/// its place, loaded and run as the agent would, then moved.
/// </summary>
public static class PackageWriter
{
    /// <param name="draft">What to write.</param>
    /// <param name="modelsFolder">Folder of packages; made where it is not there. The package becomes the folder <c>ID</c> in it.</param>
    /// <param name="overwrite">Takes the place of a package of the same id.</param>
    /// <param name="progress">A line for each step.</param>
    /// <param name="cancellation">Stops between two steps and leaves nothing behind.</param>
    /// <returns>The package, loaded from its place and checked.</returns>
    /// <exception cref="ModelImportException">The manifest breaks a rule, or a package of this id is there and is not to be overwritten.</exception>
    /// <exception cref="ModelPackageException">The package was written but does not load or run here; nothing is left of it.</exception>
    public static ModelPackage Write(PackageDraft draft, string modelsFolder, bool overwrite, IProgress<string>? progress, CancellationToken cancellation)
    {
        string id = draft.Manifest.Id;
        ModelManifest manifest = draft.Manifest with { SchemaLocation = null, Files = [.. draft.Networks.Select(Placeholder)] };
        string[] problems = [.. ManifestRules.Problems(manifest)];
        if (problems.Length > 0) throw new ModelImportException($"the package '{id}' cannot be made: {string.Join("; ", problems)}");
        string place = Path.Combine(Path.GetFullPath(modelsFolder), id);
        CheckFree(place, overwrite);
        Directory.CreateDirectory(modelsFolder);
        // Beside its place: a move within one file system is atomic. The dot keeps it out of lists; the process number, out of another import's way.
        string making = Path.Combine(Path.GetFullPath(modelsFolder), string.Create(CultureInfo.InvariantCulture, $".{id}.{Environment.ProcessId}.importing"));
        try
        {
            if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
            Directory.CreateDirectory(making);
            List<ModelFile> files = [];
            foreach (PackageNetwork network in draft.Networks)
            {
                cancellation.ThrowIfCancellationRequested();
                progress?.Report($"writing {network.Name}");
                network.Write(Path.Combine(making, network.Name));
                progress?.Report(network.Golden is null ? $"running {network.Name} on a sample, to make its golden output" : $"holding {network.Name} "
                    + "against its golden output");
                files.Add(Complete(making, network, manifest, cancellation));
            }

            WriteTexts(making, manifest with { Files = files }, draft);
            ModelPackage.Load(making);
            cancellation.ThrowIfCancellationRequested();
            Move(making, place, overwrite);
        }
        finally
        {
            if (Directory.Exists(making)) Directory.Delete(making, recursive: true);
        }

        return ModelPackage.Load(place);
    }

    private static void CheckFree(string place, bool overwrite)
    {
        if (File.Exists(place)) throw new ModelImportException($"{place} is a file where the package's folder would be. Remedy: choose another --id");
        if (!Directory.Exists(place)) return;
        if (!overwrite)
            throw new ModelImportException($"{place} is there already. Remedy: choose another --id, or --force to take its place");
        // --force must not wipe a folder that is something else.
        if (!File.Exists(Path.Combine(place, ModelPackage.ManifestName)))
            throw new ModelImportException($"{place} is a folder without {ModelPackage.ManifestName}: no model package, so it is not replaced. Remedy: "
                + "choose another --id");
    }

    private static ModelFile Placeholder(PackageNetwork network) =>
        new(network.Name, new string('0', 64), Golden(network, "in"), Golden(network, "out"), network.GoldenTolerance);

    private static string Golden(PackageNetwork network, string side) => $"{Path.GetFileNameWithoutExtension(network.Name)}.golden.{side}.npy";

    private static ModelFile Complete(string folder, PackageNetwork network, ModelManifest manifest, CancellationToken cancellation)
    {
        string onnx = Path.Combine(folder, network.Name);
        using NetworkProbe probe = NetworkProbe.Open(onnx, network.Name);
        GoldenPair golden = network.Golden ?? probe.Sample(network.SampleShape, cancellation);
        if (network.Golden is not null) probe.Check(golden, network.ImportTolerance ?? network.GoldenTolerance, cancellation);
        if (golden.OutputShape.Length < 2 || golden.OutputShape[1] != manifest.Output.Channels
            || manifest is { Kind: ModelKind.Segmentation, Inferer.Context: 0 } && !golden.OutputShape.Skip(2).SequenceEqual(golden.InputShape.Skip(2)))
            throw new ModelImportException($"{network.Name} gives the shape [{string.Join(", ", golden.OutputShape)}] for an input of "
                + $"[{string.Join(", ", golden.InputShape)}], "
                + $"where {manifest.Output.Channels} channels of the input's size are expected. Remedy: bring the network that belongs to these files");
        NpyFile.Write(Path.Combine(folder, Golden(network, "in")), golden.InputShape, golden.Input);
        NpyFile.Write(Path.Combine(folder, Golden(network, "out")), golden.OutputShape, golden.Output);
        using FileStream stream = File.OpenRead(onnx);
        return Placeholder(network) with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(stream)) };
    }

    private static void WriteTexts(string folder, ModelManifest manifest, PackageDraft draft)
    {
        if (draft.Networks.Any(network => network.Golden is null))
            manifest = manifest with
            {
                Provenance = new Dictionary<string, string>(manifest.Provenance)
                {
                    ["golden"] = "self-made at import by running the network on a seeded input: shows that a machine computes as the importing one did, "
                        + "not that the network does what training made",
                },
            };
        File.WriteAllText(Path.Combine(folder, ModelPackage.ManifestName), JsonSerializer.Serialize(manifest, ModelPackage.Json) + "\n");
        WriteCard(folder, manifest, draft.Title, draft.Notes);
    }

    /// <summary>A model card to complete: what is known of the model, and that nobody has validated it here.</summary>
    /// <param name="folder">The package.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="title">What the model is, in a sentence.</param>
    /// <param name="notes">What was guessed or left out at import.</param>
    public static void WriteCard(string folder, ModelManifest manifest, string title, IReadOnlyList<string> notes)
    {
        StringBuilder card = new();
        card.Append(CultureInfo.InvariantCulture, $"""
            # {manifest.Id} {manifest.Version}

            **Not validated here.** Intended use as given at import: {manifest.IntendedUse}. Complete this card before anyone relies on the model.

            - **What it is.** {title}
            - **Source.** {string.Join("; ", manifest.Provenance.Select(entry => $"{entry.Key}: {entry.Value}"))}
            - **Licence.** {manifest.License}
            - **Training data.** {manifest.TrainingData}
            - **Classes.** {string.Join(", ", manifest.Output.Classes.Select(output => output.Key))}
            - **Not for.** {(manifest.Contraindications.Count > 0 ? string.Join(" ", manifest.Contraindications) : "Not stated.")}
            - **Measured here.** Nothing yet.

            """);
        if (notes.Count > 0) card.Append("- **Noted at import.**\n").AppendJoin("", notes.Select(note => $"  - {note}\n"));
        File.WriteAllText(Path.Combine(folder, "MODEL_CARD.md"), card.ToString());
    }

    private static void Move(string making, string place, bool overwrite)
    {
        CheckFree(place, overwrite);
        if (!Directory.Exists(place))
        {
            Directory.Move(making, place);
            return;
        }

        string old = making + ".old";
        Directory.Move(place, old);
        try
        {
            Directory.Move(making, place);
        }
        catch
        {
            Directory.Move(old, place);
            throw;
        }

        Directory.Delete(old, recursive: true);
    }
}
