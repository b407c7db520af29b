using System.Text.Json.Serialization;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// The contract that travels with the weights: <c>model.json</c>, schema <c>hematoma-model/2</c> (docs/model.schema.json, docs/model-packages.md). It says all that
/// a run must do as training did. Unknown keys are errors, so that nothing a trainer wrote is silently not done.
/// </summary>
public sealed record ModelManifest
{
    /// <summary>Where editors find the JSON Schema; not read.</summary>
    [JsonPropertyName("$schema")]
    public string? SchemaLocation { get; init; }

    /// <summary><c>hematoma-model/2</c>.</summary>
    public required string Schema { get; init; }

    /// <summary>The package's name, as results state it: letters, digits, '-', '.' and '_'.</summary>
    public required string Id { get; init; }

    /// <summary>The package's own version, e.g. <c>1.2.0</c>; a change of weights, thresholds or geometry is a new one.</summary>
    public required string Version { get; init; }

    /// <summary>What the model does.</summary>
    public required ModelKind Kind { get; init; }

    /// <summary><c>demonstration</c>, <c>research</c>, or what a site has validated the model for. The first two mark every output.</summary>
    public required string IntendedUse { get; init; }

    /// <summary>Where the model must not be used, in plain words.</summary>
    public IReadOnlyList<string> Contraindications { get; init; } = [];

    /// <summary>Licence of the weights, an SPDX name where there is one.</summary>
    public required string License { get; init; }

    /// <summary>What the weights were trained on, in plain words.</summary>
    public required string TrainingData { get; init; }

    /// <summary>Where the weights come from: free keys, e.g. source, commit, framework, date.</summary>
    public IReadOnlyDictionary<string, string> Provenance { get; init; } = new Dictionary<string, string>();

    /// <summary>What was measured of the model, and on what.</summary>
    public IReadOnlyList<ModelMetric> Metrics { get; init; } = [];

    /// <summary>One network, or the members of an ensemble.</summary>
    public required IReadOnlyList<ModelFile> Files { get; init; }

    /// <summary>How the members of an ensemble become one answer.</summary>
    public EnsembleRule Ensemble { get; init; } = EnsembleRule.MeanProbability;
    /// <summary>What the network takes.</summary>
    public required ModelInput Input { get; init; }
    public required ModelGeometry Geometry { get; init; }
    public required ModelNormalization Normalization { get; init; }
    public required ModelInferer Inferer { get; init; }
    /// <summary>What the network gives.</summary>
    public required ModelOutput Output { get; init; }

    /// <summary>Done in this order, on the source grid.</summary>
    public IReadOnlyList<PostprocessingStep> Postprocessing { get; init; } = [];

    /// <summary>Scans that the model must not be asked about.</summary>
    public ModelAbstention Abstain { get; init; } = new();
}

public enum ModelKind
{
    Segmentation,
    Signs,
}

public enum EnsembleRule
{
    /// <summary>Each member's activation first, then the mean.</summary>
    MeanProbability,

    /// <summary>The mean of the logits, then the activation (nnU-Net's folds).</summary>
    MeanLogits,
}

/// <param name="Dataset">What it was measured on.</param>
/// <param name="N">Cases.</param>
/// <param name="Name">E.g. <c>dice-median</c>.</param>
/// <param name="Value">Null: not measured.</param>
/// <param name="Ci95">Its 95 % interval, low and high.</param>
public sealed record ModelMetric(string Dataset, int N, string Name, double? Value, IReadOnlyList<double>? Ci95 = null);

/// <param name="Path">ONNX file in the package, with one float input and one float output.</param>
/// <param name="Sha256">Its digest, lower-case hex.</param>
/// <param name="GoldenInput">An input (.npy, float32) and ...</param>
/// <param name="GoldenOutput">... the output that training gave for it.</param>
/// <param name="GoldenTolerance">Largest absolute difference allowed.</param>
public sealed record ModelFile(string Path, string Sha256, string GoldenInput, string GoldenOutput, double GoldenTolerance);

/// <param name="Layout">The shape of the network's input.</param>
/// <param name="Channels">What each channel shows.</param>
public sealed record ModelInput(InputLayout Layout, IReadOnlyList<ModelChannel> Channels);

public enum InputLayout
{
    /// <summary>[N, channels, rows, columns]: axial slices one by one, neighbours as channels (2D and 2.5D networks).</summary>
    Slices,

    /// <summary>[N, channels, and the three axes in the order of <see cref="ModelGeometry.Axes"/>] (3D networks).</summary>
    Volume,

    /// <summary>[N, 3, rows, columns]: largest slice, lowest value under the mask, the mask's shadow; see <see cref="SignClassifier"/>.</summary>
    SignViews,
}

/// <param name="OffsetMm">Slices only: the slice nearest to this distance above (below: negative) the one asked about.</param>
/// <param name="WindowHu">A window of its own, level and width, in place of <see cref="ModelNormalization.ClipHu"/>.</param>
public sealed record ModelChannel(double OffsetMm = 0, IReadOnlyList<double>? WindowHu = null);

/// <summary>The grid that the network was trained on, and how to get there.</summary>
public sealed record ModelGeometry
{
    /// <summary>To which sides of the patient x, y and z grow, one letter each of L or R, P or A, S or I; e.g. <c>LPS</c>, <c>RAS</c>.</summary>
    public required string Orientation { get; init; }

    /// <summary>The order of the spatial axes in arrays of the network and in every triple of this file: <c>zyx</c> (SimpleITK, nnU-Net) or <c>xyz</c>
    /// (nibabel, MONAI), or another permutation.</summary>
    public required string Axes { get; init; }

    /// <summary>Voxel size, mm, in the order of <see cref="Axes"/>; null keeps an axis as acquired.</summary>
    public required IReadOnlyList<double?> SpacingMm { get; init; }

    /// <summary>Which points of the two grids coincide.</summary>
    public GridAlignment Alignment { get; init; } = GridAlignment.Edges;

    /// <summary>Spline order of the image: 0 nearest, 1 linear, 3 cubic.</summary>
    public int ImageOrder { get; init; } = 1;

    /// <summary>Finer than the network's grid: <c>true</c> takes the mean over each voxel's footprint (no aliasing), <c>false</c> samples.</summary>
    public bool AreaMean { get; init; }

    /// <summary>nnU-Net's separate z: where the spacing of an axis is more than this many times the finest one, that axis is resampled on its own, with
    /// <see cref="OrderZ"/>; null never.</summary>
    public double? SeparateZRatio { get; init; }

    /// <summary>Spline order along a separate axis.</summary>
    public int OrderZ { get; init; }

    /// <summary>Spline order of what comes back: 0 or 1.</summary>
    public int OutputOrder { get; init; } = 1;

    /// <summary>A fixed number of voxels of the grid in the order of <see cref="Axes"/>, around the middle of the image; null covers the image.</summary>
    public IReadOnlyList<int?>? Size { get; init; }

    /// <summary>What the network is shown of the image.</summary>
    public CropRule Crop { get; init; } = CropRule.None;

    /// <summary>Kept around the crop, mm.</summary>
    public double CropMarginMm { get; init; } = 10;

    /// <summary>What becomes of a gantry tilt.</summary>
    public TiltRule Tilt { get; init; } = TiltRule.Correct;
}

public enum GridAlignment
{
    /// <summary>The outer faces of the first and last voxels (scikit-image, nnU-Net).</summary>
    Edges,

    /// <summary>The centres of the first voxels (ITK, MONAI).</summary>
    Origin,

    /// <summary>The middles of the images.</summary>
    Centre,
}

public enum CropRule
{
    None,

    /// <summary>The box around the intracranial space.</summary>
    Brain,
}

public enum TiltRule
{
    /// <summary>Slices are placed where they lie in the patient.</summary>
    Correct,

    /// <summary>Slices are stacked upright, as software does that knows no tilt.</summary>
    Ignore,

    /// <summary>A tilted scan is not analysed.</summary>
    Reject,
}

/// <summary>Hounsfield units to the values that the network takes.</summary>
public sealed record ModelNormalization
{
    /// <summary>Whose rule.</summary>
    public required NormalizationScheme Scheme { get; init; }

    /// <summary>HU range kept, low and high.</summary>
    public required IReadOnlyList<double> ClipHu { get; init; }

    /// <summary><see cref="NormalizationScheme.MeanSd"/> only.</summary>
    public double Mean { get; init; }

    /// <summary><see cref="NormalizationScheme.MeanSd"/> only.</summary>
    public double Sd { get; init; } = 1;

    /// <summary><see cref="NormalizationScheme.Range"/> only: what the ends of the HU range become.</summary>
    public IReadOnlyList<double> OutRange { get; init; } = [0, 1];
}

public enum NormalizationScheme
{
    /// <summary>Clip, then the HU range linearly to <see cref="ModelNormalization.OutRange"/> (MONAI ScaleIntensityRange).</summary>
    Range,

    /// <summary>Clip, then (HU - mean) / max(sd, 1e-8) (nnU-Net CTNormalization).</summary>
    MeanSd,
}

/// <summary>How the network is moved over the grid.</summary>
public sealed record ModelInferer
{
    /// <summary>Voxels that one run answers for, in the order of <see cref="ModelGeometry.Axes"/> (slices: rows and columns, their axes' order).</summary>
    public required IReadOnlyList<int> Patch { get; init; }

    /// <summary>Voxels the network needs beyond the patch on each side (valid convolutions).</summary>
    public int Context { get; init; }

    /// <summary>Share of a patch that its neighbour covers again, 0 to below 1.</summary>
    public double Overlap { get; init; } = 0.5;

    /// <summary>Whose rule places the patches.</summary>
    public TilingRule Tiling { get; init; } = TilingRule.NnUnet;

    /// <summary>How patches that overlap are weighted.</summary>
    public BlendRule Blend { get; init; } = BlendRule.Gaussian;

    /// <summary>Standard deviation of the Gaussian as a share of the patch.</summary>
    public double SigmaScale { get; init; } = 0.125;

    /// <summary>What the network sees outside the image, after normalisation.</summary>
    public double PadValue { get; init; }

    /// <summary>Patches in one run.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Runs over mirrored input too, along these axes, e.g. <c>x</c> (left-right), and averages.</summary>
    public string MirrorAxes { get; init; } = "";
}

public enum TilingRule
{
    /// <summary>Steps of at most patch x (1 - overlap), spread evenly.</summary>
    NnUnet,

    /// <summary>Steps of exactly int(patch x (1 - overlap)), the last moved back inside.</summary>
    Monai,
}

public enum BlendRule
{
    Gaussian,
    Constant,
}

public sealed record ModelOutput
{
    /// <summary>What makes probabilities of the network's values (logits).</summary>
    public required Activation Activation { get; init; }

    /// <summary>Channels of the output, background included.</summary>
    public required int Channels { get; init; }

    /// <summary>What the channels mean; a channel not named here is left out.</summary>
    public required IReadOnlyList<ModelClass> Classes { get; init; }
}

public enum Activation
{
    /// <summary>One class a voxel; channel 0 is the background.</summary>
    Softmax,

    /// <summary>Each channel for itself.</summary>
    Sigmoid,
}

/// <param name="Index">Channel of the output.</param>
/// <param name="Key"><c>hematoma</c>, <c>ivh</c>, <c>edema</c>, <c>extra-axial</c> or another lower-case name; for signs the sign's code.</param>
/// <param name="Threshold">Probability (calibrated, where there is a calibration) from which it counts as there; null (softmax only): where it is the
/// largest.</param>
/// <param name="Indeterminate">Signs: half width of the band around the threshold in which a sign is indeterminate.</param>
/// <param name="Code">Segment type for DICOM; null takes the agent's own for the key.</param>
/// <param name="ColorRgb">Recommended display colour, three values 0 to 255.</param>
/// <param name="Calibration">Sigmoid only: what makes of the network's value a probability that holds on labelled cases; null leaves it as it is.</param>
/// <param name="IndeterminateBand">Signs, in place of <see cref="Indeterminate"/>: the probabilities, low and high, between which a sign is indeterminate;
/// the threshold lies in it.</param>
public sealed record ModelClass(int Index, string Key, double? Threshold = null, double Indeterminate = 0, ModelCode? Code = null,
    IReadOnlyList<int>? ColorRgb = null, ModelCalibration? Calibration = null, IReadOnlyList<double>? IndeterminateBand = null);

/// <summary>Platt 1999: probability = 1 / (1 + exp(-(slope x logit + intercept))). See docs/calibration.md.</summary>
/// <param name="Slope">Above 0 (the order of answers stays what it is), at most 100; below 1 the network was too sure.</param>
/// <param name="Intercept">-100 to 100.</param>
/// <param name="FittedOn">Which cases, and for signs whose masks.</param>
/// <param name="N">How many cases.</param>
public sealed record ModelCalibration(double Slope, double Intercept, string FittedOn, int N)
{
    /// <summary>The calibrated probability, 0 to 1, of a network's logit.</summary>
    public double Probability(double logit) => LogOdds.ToProbability(Slope * logit + Intercept);

    /// <summary>The network's logit that becomes this probability.</summary>
    /// <param name="probability">Between 0 and 1, both excluded.</param>
    public double Logit(double probability) => (LogOdds.Of(probability) - Intercept) / Slope;
}

/// <param name="Value">Code value.</param>
/// <param name="Scheme">Coding scheme, e.g. SCT.</param>
/// <param name="Meaning">Code meaning.</param>
public sealed record ModelCode(string Value, string Scheme, string Meaning);

/// <param name="Op">What to do.</param>
/// <param name="Class">To which class; null to each.</param>
/// <param name="Value">Its number, where it has one.</param>
public sealed record PostprocessingStep(PostprocessingOp Op, string? Class = null, double Value = 0);

public enum PostprocessingOp
{
    /// <summary>Nothing outside the skull counts.</summary>
    InsideIntracranial,

    /// <summary>Regions (26-connected) below this many ml are left out.</summary>
    MinVolumeMl,

    /// <summary>Holes that a slice encloses are filled.</summary>
    FillHoles2d,

    /// <summary>Only the largest region is kept.</summary>
    KeepLargest,
}

/// <summary>A scan beyond these limits is not analysed by this model; null sets no limit.</summary>
public sealed record ModelAbstention
{
    /// <summary>Fewest slices.</summary>
    public int? MinSlices { get; init; }

    /// <summary>Largest distance between slices, mm (the median).</summary>
    public double? MaxSliceSpacingMm { get; init; }

    /// <summary>Largest mean standard deviation of the members' probabilities inside the segmented region.</summary>
    public double? MaxEnsembleSd { get; init; }
}
