using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>A model that was judged, so that nobody takes its figures for another's.</summary>
/// <param name="Kind"><c>segmentation</c> or <c>signs</c>.</param>
/// <param name="Sha256">Digest of the ONNX file (of an ensemble over its members' digests).</param>
/// <param name="ManifestSha256">Digest of model.json: thresholds change figures as weights do.</param>
/// <param name="Device">What ran it.</param>
public sealed record EvaluatedModel(string Kind, string Id, string Version, string Sha256, string ManifestSha256, string IntendedUse, string Device)
{
    public static EvaluatedModel Of(ModelPackage package, InferenceRun? device) => new(package.Manifest.Kind.ToString().ToLowerInvariant(), package.Id,
        package.Version, package.Sha256, package.ManifestSha256, package.IntendedUse, device?.ToString() ?? "");
}

/// <summary>The contract of <c>evaluation.json</c>, schema <c>hematoma-evaluation/1</c> (docs/evaluation.md).</summary>
public sealed record EvaluationReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public string Schema { get; init; } = "hematoma-evaluation/1";

    /// <summary><c>segmentation</c> or <c>signs</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The command line, folders by their last name alone.</summary>
    public required string Command { get; init; }

    /// <summary>Version of the agent.</summary>
    public string Program { get; } = typeof(EvaluationReport).Assembly.GetName().Version?.ToString(3) ?? "0";

    public required IReadOnlyList<EvaluatedModel> Models { get; init; }
    public required DetectionLimits Limits { get; init; }

    /// <summary>Cases read, the refused ones among them.</summary>
    public required int Cases { get; init; }

    /// <summary>Cases refused by the pipeline or the model: in no figure.</summary>
    public required int NotAnalysed { get; init; }

    /// <summary>What a reader must know of these figures, in plain words.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Segmentation: a class each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ClassSummary>? Classes { get; init; }

    /// <summary>Segmentation: case by case.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SegmentationRow>? SegmentationRows { get; init; }

    /// <summary>Signs: <c>model</c> or <c>truth</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SignMasks? Masks { get; init; }

    /// <summary>Signs: hematomas that the segmentation missed, of those analysed; each sign of theirs counts as probability 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Proportion? Missed { get; init; }

    /// <summary>Signs: a sign each.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SignSummary>? Signs { get; init; }

    /// <summary>Signs: case by case.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<SignRow>? SignRows { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Writes <c>evaluation.json</c> and <c>evaluation.html</c>.</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="worst">Pictures of what went wrong, worst first.</param>
    /// <param name="typical">Pictures of how it mostly went.</param>
    public void Write(string folder, IReadOnlyList<CasePicture> worst, IReadOnlyList<CasePicture> typical)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "evaluation.json"), ToJson());
        File.WriteAllText(Path.Combine(folder, "evaluation.html"), EvaluationPage.Of(this, worst, typical));
    }
}
