using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A model package is missing, altered, or does not run here. The message names the file, the cause and the remedy.</summary>
public sealed class ModelPackageException : Exception
{
    public ModelPackageException(string message) : base(message) { }

    public ModelPackageException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>A folder with <c>model.json</c>, the ONNX files, their golden inputs and outputs, and a model card.</summary>
public sealed class ModelPackage
{
    public const string ManifestName = "model.json", Schema = "hematoma-model/2";

    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    private ModelPackage(string folder, ModelManifest manifest)
    {
        (Folder, Manifest) = (folder, manifest);
        Sha256 = manifest.Files.Count == 1 ? manifest.Files[0].Sha256
            : Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(manifest.Files.Select(file => file.Sha256)))));
        ManifestSha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, ManifestName))));
    }

    public string Folder { get; }
    public ModelManifest Manifest { get; }
    public string Id => Manifest.Id;
    public string Version => Manifest.Version;

    /// <summary>Digest of the ONNX file; of an ensemble the digest over its members' digests.</summary>
    public string Sha256 { get; }

    /// <summary>Digest of model.json: thresholds and geometry change results as weights do.</summary>
    public string ManifestSha256 { get; }

    public string IntendedUse => Manifest.IntendedUse;

    public string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Reads a package, checks all that its manifest says, the kind asked for and every digest.</summary>
    /// <exception cref="ModelPackageException">Missing, altered, of another kind, with a key that this version does not know or a value out of
    /// range.</exception>
    public static ModelPackage Load(string folder, ModelKind kind)
    {
        ModelPackage package = Load(folder);
        return package.Manifest.Kind == kind ? package : throw new ModelPackageException(
            $"{package.PathOf(ManifestName)}: kind is '{Name(package.Manifest.Kind)}' where a '{Name(kind)}' model is needed. "
            + "Remedy: exchange the packages in the configuration");
    }

    /// <inheritdoc cref="Load(string, ModelKind)"/>
    public static ModelPackage Load(string folder)
    {
        string path = Path.Combine(folder, ManifestName);
        if (!File.Exists(path))
            throw new ModelPackageException(
                $"{path} is not there. Remedy: name an installed package in the configuration (Models), or install this one");
        ModelPackage package = new(folder, Read(path));
        string[] wrong = [.. package.Manifest.Files.Select(package.DigestProblem).OfType<string>()];
        return wrong.Length == 0 ? package : throw new ModelPackageException($"{string.Join("; ", wrong)}. Remedy: install the package anew");
    }

    /// <summary>Whether a file would do as a package's manifest.</summary>
    /// <exception cref="ModelPackageException">It would not.</exception>
    internal static void CheckManifest(string path) => Read(path);

    private static ModelManifest Read(string path)
    {
        ModelManifest manifest;
        try
        {
            byte[] text = File.ReadAllBytes(path);
            CheckSchema(path, text);
            manifest = JsonSerializer.Deserialize<ModelManifest>(text, Json) ?? throw new JsonException("the file holds null");
        }
        catch (JsonException wrong)
        {
            throw new ModelPackageException(
                $"{path}: {wrong.Message} Remedy: write the key as docs/model.schema.json has it, or install a package made for this version", wrong);
        }

        string[] problems = [.. ManifestRules.Problems(manifest)];
        return problems.Length == 0 ? manifest : throw new ModelPackageException($"{path}: {string.Join("; ", problems)}");
    }

    /// <summary>Said first: of another schema most keys would be unknown, and that is not what is wrong.</summary>
    private static void CheckSchema(string path, byte[] text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        string? schema = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("schema", out JsonElement value)
            && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (schema != Schema)
            throw new ModelPackageException($"{path}: schema is '{schema}', this version reads '{Schema}'. Remedy: export or import the model anew");
    }

    private string? DigestProblem(ModelFile file)
    {
        string path = PathOf(file.Path);
        if (!File.Exists(path)) return $"{path} is not there";
        using FileStream stream = File.OpenRead(path);
        string digest = Convert.ToHexStringLower(SHA256.HashData(stream));
        return digest == file.Sha256 ? null : $"{path}: digest {digest} is not the {file.Sha256} that model.json states: the file was altered";
    }

    private static string Name(ModelKind kind) => JsonNamingPolicy.KebabCaseLower.ConvertName(kind.ToString());
}
