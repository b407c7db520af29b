using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// Runs any segmentation package: brain crop, resampling to the grid it was trained on, patches with blending, mirrored passes, members of an
/// ensemble, and the way back to the source grid, all as its <see cref="ModelManifest"/> says.
/// </summary>
public sealed class HematomaSegmenter : IDisposable
{
    /// <summary>The class that every segmentation model has.</summary>
    public const string Hematoma = "hematoma";

    private readonly OnnxModel[] members;

    private HematomaSegmenter(ModelPackage package, OnnxModel[] members) => (Package, this.members) = (package, members);

    public ModelPackage Package { get; }

    /// <exception cref="ModelPackageException">The package cannot be used; see <see cref="ModelPackage.Load(string, ModelKind)"/>.</exception>
    public static HematomaSegmenter Load(string packageFolder, Inference inference)
    {
        ModelPackage package = ModelPackage.Load(packageFolder, ModelKind.Segmentation);
        List<OnnxModel> members = [];
        try
        {
            for (int member = 0; member < package.Manifest.Files.Count; member++) members.Add(OnnxModel.Load(package, member, inference));
            return new HematomaSegmenter(package, [.. members]);
        }
        catch
        {
            foreach (OnnxModel member in members) member.Dispose();
            throw;
        }
    }

    /// <param name="volume">A head CT in canonical LPS: columns grow to the left, rows to posterior, slices to the head.</param>
    /// <param name="space">Its intracranial space.</param>
    /// <param name="progress">Share done, 0 to 1.</param>
    /// <param name="cancellation">Stops within a patch.</param>
    /// <exception cref="ModelAbstainsException">The scan or the answer is beyond the package's limits.</exception>
    /// <exception cref="ModelPackageException">The network gives what model.json does not say, or values that are no numbers.</exception>
    public HematomaSegmentation Segment(Volume volume, IntracranialSpace space, IProgress<double>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ModelManifest manifest = Package.Manifest;
        Abstention.Check(Package, volume.Geometry);
        GridPlan plan = new(volume.Geometry, manifest.Geometry, manifest.Geometry.Crop == CropRule.Brain
            ? SourceBox.Around(space.Mask, manifest.Geometry.CropMarginMm + ContextMm(manifest, volume.Geometry)) : SourceBox.Whole(volume.Geometry));
        GridReturn back = new(plan);
        if (!back.Covers(space.Mask))
            throw new ModelAbstainsException($"part of the brain lies outside the field that the model {Package.Id} sees around the middle of the image. "
                + "Send a reconstruction with the head in its middle, or use a model without geometry.size");
        ClassDecision decision = new(manifest, back, space);
        Ensemble ensemble = new(Package, members);
        int voxels = plan.Z.Count * plan.Y.Count * plan.X.Count;
        List<double[]> passVolumesMl = [];
        SlidingWindow window = new(manifest, GridImages.Of(volume, plan, manifest, cancellation), NeededVoxels.For(manifest, back, space));
        EnsembleField field = ensemble.Run(window, voxels, Passed, share => progress?.Report(0.99 * share), cancellation);

        Mask[] masks = [.. manifest.Output.Classes.Select(_ => new Mask(volume.Geometry))];
        (double Ml, double SureMl, double PossibleMl)[] volumesMl = decision.Decide(field.Channels, field.AreLogits, masks, cancellation);
        Dictionary<string, Mask> byKey = [];
        Dictionary<string, VolumeInterval> intervals = [];
        for (int c = 0; c < masks.Length; c++)
        {
            string key = manifest.Output.Classes[c].Key;
            Postprocessing.Apply(manifest.Postprocessing, key, masks[c], space);
            byKey[key] = masks[c];
            intervals[key] = passVolumesMl.Count > 0
                ? VolumeInterval.Of("members", masks[c].VolumeMl, [.. passVolumesMl.Select(pass => pass[c])])
                : VolumeInterval.Of("probability band", masks[c].VolumeMl, [volumesMl[c].SureMl, volumesMl[c].PossibleMl]);
        }

        VoxelUncertainty? uncertainty = field.Sd is null ? null : new VoxelUncertainty(field.Sd, back, volume.Geometry);
        double? meanSd = uncertainty?.MeanIn(byKey[Hematoma]);
        Abstention.Check(Package, meanSd);
        Dictionary<string, VoxelProbability> probabilities = manifest.Output.Classes.ToDictionary(c => c.Key,
            c => new VoxelProbability(field, manifest.Output, c, back));
        IReadOnlyList<Region> regions = Components.Of(byKey[Hematoma]);
        double[] confidences = [.. regions.Take(HematomaSegmentation.MostConfidences).Select(region => probabilities[Hematoma].MeanIn(region) ?? 0)];
        progress?.Report(1);
        return new HematomaSegmentation(byKey[Hematoma], regions.Count, members[0].Device)
        {
            Probabilities = probabilities,
            Confidences = confidences,
            Masks = byKey,
            VolumeIntervalsMl = intervals,
            MeanUncertainty = meanSd,
            Uncertainty = uncertainty,
            Passes = ensemble.Passes,
            Runs = window.Runs * ensemble.Passes,
        };

        void Passed(float[][] logits) => passVolumesMl.Add([.. decision.Decide(logits, areLogits: true, null, cancellation).Select(volume => volume.Ml)]);
    }

    public void Dispose()
    {
        foreach (OnnxModel member in members) member.Dispose();
    }

    /// <summary>A network without padding was trained with the skull and the scalp around its patch: they are no part of the crop's margin.</summary>
    private static double ContextMm(ModelManifest manifest, VolumeGeometry g) =>
        manifest.Inferer.Context * manifest.Geometry.SpacingMm.Max(mm => mm ?? Math.Max(g.ColumnSpacingMm, g.RowSpacingMm));
}
