using System.Security.Cryptography;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>What a package of BLAST-CT says of itself: how the published tool prepares a scan, and what its classes are.</summary>
internal static class BlastCtManifest
{
    // Multiples of DeepMedicGraph.Step. Two on each axis cover a brain (150 x 210 x 150 mm), which wastes less than larger ones; 0.85 GB (docs/blast-ct.md).
    private static readonly int[] Patch = [75, 105, 75];

    public static ModelManifest Of(IReadOnlyList<ModelFile> files, IReadOnlyList<BlastCtMember> members, IReadOnlyList<string> weights) => new()
    {
        Schema = ModelPackage.Schema,
        Id = "blast-ct",
        Version = $"1.0-{members.Count}",
        Kind = ModelKind.Segmentation,
        IntendedUse = "research",
        Contraindications = ["Its publisher states: not intended for clinical use", "Alone it misses small and faint bleeds"],
        License = "Apache-2.0",
        TrainingData = "Head CT of patients with traumatic brain injury (Monteiro et al., Lancet Digital Health 2020;2:e314)",
        Provenance = Provenance(members, weights),
        Files = files,
        Ensemble = EnsembleRule.MeanProbability,
        Input = new ModelInput(InputLayout.Volume, [new ModelChannel()]),
        Geometry = new ModelGeometry
        {
            Orientation = "LPS",
            Axes = "zyx",
            SpacingMm = [1.0, 1.0, 1.0],
            Alignment = GridAlignment.Origin,
            ImageOrder = 1,
            OutputOrder = 1,
            Crop = CropRule.Brain,
            CropMarginMm = 2,
        },
        Normalization = new ModelNormalization { Scheme = NormalizationScheme.Range, ClipHu = [-15, 100], OutRange = [-1, 1] },
        Inferer = new ModelInferer
        {
            Patch = Patch,
            Context = DeepMedicGraph.Context,
            Overlap = 0, // valid convolutions: neighbouring blocks agree to the last voxel
            Blend = BlendRule.Constant,
            PadValue = -1,
        },
        Output = new ModelOutput
        {
            Activation = Activation.Softmax,
            Channels = 5,
            Classes =
            [
                new ModelClass(1, "hematoma", ColorRgb: [220, 40, 40]),
                new ModelClass(2, "extra-axial", ColorRgb: [230, 140, 30]),
                new ModelClass(3, "edema", ColorRgb: [90, 170, 230]),
                new ModelClass(4, "ivh", ColorRgb: [160, 60, 200]),
            ],
        },
        Postprocessing = [new PostprocessingStep(PostprocessingOp.InsideIntracranial), new PostprocessingStep(PostprocessingOp.MinVolumeMl, null, 0.1)],
    };

    private static SortedDictionary<string, string> Provenance(IReadOnlyList<BlastCtMember> members, IReadOnlyList<string> weights)
    {
        SortedDictionary<string, string> entries = new(StringComparer.Ordinal)
        {
            ["source"] = "github.com/biomedia-mira/blast-ct, version 1, src/data/saved_models",
            ["testedWith"] = "the weights of commit bab1e267247a41eaabb2213dd920cb57ca93a52d of the fork github.com/fordanic/blast-ct",
            ["intendedUse"] = "The publisher states: not intended for clinical use",
            ["architecture"] = "DeepMedic, 3 paths (1/5, 1/3, 1/1), built as ONNX from the weights; dead channels left out, batch norm folded",
            ["goldenOutputsOfThePublisher"] = Names(members.Where(member => member.PublisherDifference is not null)),
            ["goldenOutputsMadeAtImport"] = Names(members.Where(member => member.PublisherDifference is null)),
        };
        foreach (string path in weights)
        {
            using FileStream stream = File.OpenRead(path);
            entries[$"sha256 {Path.GetFileName(path)}"] = Convert.ToHexStringLower(SHA256.HashData(stream));
        }

        return entries;
    }

    private static string Names(IEnumerable<BlastCtMember> members) =>
        string.Join(", ", members.Select(member => member.OnnxFile)) is { Length: > 0 } names ? names : "none";
}
