using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A model package is missing, altered, or does not run here. The message names the file, the cause and the remedy.</summary>
public sealed class ModelPackageException : Exception
{
    public ModelPackageException(string message) : base(message) { }

    public ModelPackageException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// The contract that travels with the weights: <c>model.json</c>. Unknown keys are errors, so that nothing a trainer wrote is silently not done.
/// </summary>
public sealed record ModelManifest
{
    public required string Schema { get; init; }
    public required string Id { get; init; }
    public required string Version { get; init; }

    /// <summary><c>segmentation</c> or <c>signs</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>demonstration</c> or what a site has validated the model for.</summary>
    public required string IntendedUse { get; init; }

    public required string License { get; init; }
    public required string TrainingData { get; init; }
    public required ModelFile File { get; init; }
    public required ModelInput Input { get; init; }
    public required IReadOnlyList<ModelOutput> Outputs { get; init; }

    /// <summary>Regions smaller than this are left out of a segmentation.</summary>
    public double MinimumComponentMl { get; init; }
}

/// <param name="Path">ONNX file in the package.</param>
/// <param name="Sha256">Its digest, lower-case hex.</param>
/// <param name="GoldenInput">An input (.npy, float32) and ...</param>
/// <param name="GoldenOutput">... the output that training gave for it.</param>
/// <param name="GoldenTolerance">Largest absolute difference allowed.</param>
public sealed record ModelFile(string Path, string Sha256, string GoldenInput, string GoldenOutput, double GoldenTolerance);

/// <param name="SpacingMm">Pixel size of the model's grid.</param>
/// <param name="Size">Pixels in a row and column of the model's grid.</param>
/// <param name="Channels"><c>slices</c>: below, middle, above; <c>sign-views</c>: largest slice, lowest value, shadow.</param>
/// <param name="SliceOffsetMm">Distance of the neighbouring slices.</param>
/// <param name="ClipHu">HU range mapped to 0..1.</param>
public sealed record ModelInput(double SpacingMm, int Size, string Channels, double SliceOffsetMm, IReadOnlyList<double> ClipHu);

/// <param name="Code">Class or sign.</param>
/// <param name="Threshold">Probability from which it counts as there.</param>
/// <param name="Indeterminate">Half width of the band around the threshold in which a sign is indeterminate.</param>
public sealed record ModelOutput(string Code, double Threshold, double Indeterminate = 0);

/// <summary>A folder with <c>model.json</c>, the ONNX file, its golden input and output, and a model card.</summary>
public sealed class ModelPackage
{
    private const string Schema = "hematoma-model/1";

    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private ModelPackage(string folder, ModelManifest manifest) => (Folder, Manifest) = (folder, manifest);

    public string Folder { get; }
    public ModelManifest Manifest { get; }
    public string Id => Manifest.Id;
    public string Version => Manifest.Version;
    public string Sha256 => Manifest.File.Sha256;
    public string IntendedUse => Manifest.IntendedUse;
    public string OnnxPath => Path.Combine(Folder, Manifest.File.Path);

    /// <summary>Reads a package and checks its digest and the kind asked for.</summary>
    /// <exception cref="ModelPackageException">Missing, altered, of another kind, or with a key that this version does not know.</exception>
    public static ModelPackage Load(string folder, string kind)
    {
        string path = Path.Combine(folder, "model.json");
        if (!File.Exists(path))
            throw new ModelPackageException(
                $"{path} is not there. Remedy: name an installed package in the configuration (Models), or install this one");
        ModelManifest manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<ModelManifest>(File.ReadAllBytes(path), Strict) ?? throw new JsonException("the file holds null");
        }
        catch (JsonException wrong)
        {
            throw new ModelPackageException(
                $"{path}: {wrong.Message} Remedy: write the key as this version knows it, or install a package made for it", wrong);
        }

        if (manifest.Schema != Schema)
            throw new ModelPackageException(
                $"{path}: schema is '{manifest.Schema}', this version reads '{Schema}'");
        if (manifest.Kind != kind)
            throw new ModelPackageException(
                $"{path}: kind is '{manifest.Kind}' where a '{kind}' model is needed. Remedy: exchange the packages in the configuration");
        if (manifest.Input.ClipHu is not [var low, var high] || low >= high || manifest.Input.SpacingMm is not (> 0.1 and < 10)
            || manifest.Input.Size is < 16 or > 2048 || manifest.Outputs.Count == 0)
            throw new ModelPackageException(
                $"{path}: input or outputs are out of range (clipHu [low, high], spacingMm 0.1 to 10, size 16 to 2048, at least one output)");
        foreach (string name in (string[])[manifest.File.Path, manifest.File.GoldenInput, manifest.File.GoldenOutput])
            if (name.Length == 0 || Path.GetFileName(name) != name)
                throw new ModelPackageException($"{path}: '{name}' is not the name of a file in the package");
        if (manifest.Outputs.Any(output => output.Threshold is not (> 0 and < 1) || output.Indeterminate is not (>= 0 and < 1)))
            throw new ModelPackageException(
                $"{path}: thresholds lie between 0 and 1, both excluded; indeterminate bands from 0 to below 1");
        ModelPackage package = new(folder, manifest);
        if (!File.Exists(package.OnnxPath))
            throw new ModelPackageException(
                $"{package.OnnxPath} is not there. Remedy: install the package anew");
        using FileStream stream = File.OpenRead(package.OnnxPath);
        string digest = Convert.ToHexStringLower(SHA256.HashData(stream));
        return digest == manifest.File.Sha256
            ? package
            : throw new ModelPackageException(
                $"{package.OnnxPath}: digest {digest} is not the {manifest.File.Sha256} that model.json states: the file was altered. "
                + "Remedy: install the package anew");
    }
}
