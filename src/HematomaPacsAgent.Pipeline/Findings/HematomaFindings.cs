using System.Text.Json;
using System.Text.Json.Serialization;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>How the analysis of a study ended: three different answers, and a fourth for a fault of ours. Never silence.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Outcome>))]
public enum Outcome
{
    [JsonStringEnumMemberName("hematoma")] Hematoma,
    [JsonStringEnumMemberName("no-hematoma")] NoHematoma,
    [JsonStringEnumMemberName("not-eligible")] NotEligible,
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>Everything one analysis found: the contract of <c>findings.json</c> (docs/findings.md) and the source of SEG and SR.</summary>
public sealed record HematomaFindings
{
    public string Schema { get; init; } = "hematoma-findings/1";
    public required Outcome Outcome { get; init; }

    /// <summary>The outcome in plain words; for not-eligible and failed: the cause and the remedy.</summary>
    public required string Reason { get; init; }

    public required string StudyInstanceUid { get; init; }
    public string? SeriesInstanceUid { get; init; }

    /// <summary>Every series of the study: the one that was read and why, and why each other was not.</summary>
    public IReadOnlyList<SeriesCandidate> Series { get; init; } = [];

    public SegmentationFindings? Segmentation { get; init; }
    public IReadOnlyList<SignFindings> Signs { get; init; } = [];
    public RadiomicsFindings? Radiomics { get; init; }
    public double? Radscore { get; init; }
    public NomogramFindings? Nomogram { get; init; }

    /// <summary>Published scores; none is computed yet.</summary>
    public IReadOnlyList<object> Scores { get; init; } = [];

    /// <summary>Wall time of each stage, milliseconds, in the order they ran.</summary>
    public IReadOnlyDictionary<string, double> TimingsMs { get; init; } = new Dictionary<string, double>();

    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What every output says: that a model behind it is a demonstration, or for research.</summary>
    public IReadOnlyList<string> Notices => Findings.Notices.Of(this);

    public string ToJson() => JsonSerializer.Serialize(this, JsonOptions);

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

/// <param name="Model">Model package id.</param>
/// <param name="Version">Model package version.</param>
/// <param name="Sha256">Digest of the ONNX file, lower-case hex.</param>
/// <param name="IntendedUse">From model.json; <c>demonstration</c> and <c>research</c> mark every output.</param>
/// <param name="Device">What really ran, short: <c>cpu</c>, or <c>cuda (NAME, driver VERSION)</c>.</param>
/// <param name="VolumesMl">Voxel-sum volume per class, millilitres.</param>
/// <param name="Components">Separate regions of the hematoma (26-connected).</param>
/// <param name="LargestSlice">Slice (from 0, inferior first) with the largest hematoma area; -1 without one.</param>
/// <param name="MeanHounsfield">Mean HU inside the mask; null without one.</param>
public sealed record SegmentationFindings(string Model, string Version, string Sha256, string IntendedUse, string Device,
    IReadOnlyDictionary<string, double> VolumesMl, int Components, int LargestSlice, double? MeanHounsfield)
{
    /// <summary>What ran the model, in full.</summary>
    public InferenceFindings? Inference { get; init; }

    /// <summary>Null without a hematoma.</summary>
    public VolumeIntervalFindings? VolumeIntervalMl { get; init; }

    /// <summary>What the hematoma's probabilities were calibrated on; null where they are the network's own, which nobody has held against cases.</summary>
    public string? CalibratedOn { get; init; }

    /// <summary>Null without a hematoma.</summary>
    public Abc2Findings? Abc2 { get; init; }

    /// <summary>The largest regions, largest first, at most 20.</summary>
    public IReadOnlyList<ComponentFindings> ComponentList { get; init; } = [];

    /// <summary>Null without a hematoma.</summary>
    public LocationFindings? Location { get; init; }

    /// <summary>Of every head that was analysed.</summary>
    public MidlineShiftFindings? MidlineShift { get; init; }
}

/// <param name="Provider"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Device">Name of the processor or the GPU.</param>
/// <param name="Driver">Version of the GPU's driver; null on a processor.</param>
/// <param name="Runtime">ONNX Runtime and its version.</param>
/// <param name="Fallback">Why the processor ran where CUDA was preferred; null otherwise.</param>
public sealed record InferenceFindings(string Provider, string Device, string? Driver, string Runtime, string? Fallback)
{
    public static InferenceFindings Of(InferenceRun run) => new(run.Provider, run.DeviceName, run.Driver, run.Runtime, run.FallbackReason);
}

/// <param name="Code">Stable code of the sign, e.g. <c>blend-sign</c>.</param>
/// <param name="Probability">0 to 1.</param>
/// <param name="State"><c>present</c>, <c>absent</c> or <c>indeterminate</c>.</param>
/// <param name="KeySlice">Slice (from 0, inferior first) that shows it best.</param>
/// <param name="Model">Classifier package id.</param>
/// <param name="Version">Classifier package version.</param>
/// <param name="Sha256">Digest of the classifier's ONNX file, lower-case hex.</param>
/// <param name="IntendedUse">From the classifier's model.json.</param>
public sealed record SignFindings(string Code, double Probability, string State, int KeySlice, string Model, string Version, string Sha256,
    string IntendedUse = "")
{
    /// <summary>What the published criteria say; null for a sign that has no rule.</summary>
    public RuleFindings? Rule { get; init; }

    /// <summary><c>agree</c>, <c>disagree</c> (one says present, the other absent) or <c>undecided</c>.</summary>
    public string Agreement { get; init; } = "undecided";
}

/// <param name="Profile"><c>pyradiomics</c> or <c>ibsi</c>.</param>
/// <param name="Sha256">Digest of the parameter file, lower-case hex.</param>
/// <param name="Values">Feature name to value; a feature that is undefined for this region is null.</param>
public sealed record RadiomicsFindings(string Profile, string Sha256, IReadOnlyDictionary<string, double?> Values);

/// <param name="Model">Nomogram id.</param>
/// <param name="Version">Nomogram version.</param>
/// <param name="Sha256">Digest of the nomogram file, lower-case hex.</param>
/// <param name="IntendedUse">From nomogram.json; <c>demonstration</c> marks every output.</param>
/// <param name="LinearPredictor">Logit of the probability.</param>
/// <param name="Points">Total points on the nomogram's 0-100 scale per strongest term.</param>
/// <param name="Probability">Probability of early hematoma expansion, 0 to 1.</param>
/// <param name="ProbabilityRange">Lowest and highest probability over what is not known; equal to the probability when nothing is missing.</param>
/// <param name="Grade"><c>low</c>, <c>intermediate</c> or <c>high</c>.</param>
public sealed record NomogramFindings(string Model, string Version, string Sha256, string IntendedUse, double LinearPredictor, double Points, double Probability,
    IReadOnlyList<double> ProbabilityRange, string Grade);
