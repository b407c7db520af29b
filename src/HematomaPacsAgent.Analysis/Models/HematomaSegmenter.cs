namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What a segmentation model found.</summary>
/// <param name="Mask">On the source grid; empty when nothing was found.</param>
/// <param name="Components">Separate regions, 26-connected.</param>
/// <param name="Device">What ran the model.</param>
public sealed record HematomaSegmentation(Mask Mask, int Components, InferenceRun Device);

/// <summary>Segments the hematoma slice by slice (each with its neighbours) and brings the result back to the source grid.</summary>
public sealed class HematomaSegmenter : IDisposable
{
    private const int Batch = 2; // larger batches cost memory and save no time on a processor

    private readonly OnnxModel model;

    private HematomaSegmenter(OnnxModel model) => this.model = model;

    public ModelPackage Package => model.Package;

    /// <exception cref="ModelPackageException">The package cannot be used; see <see cref="ModelPackage.Load(string, ModelKind)"/>.</exception>
    public static HematomaSegmenter Load(string packageFolder, Inference inference) =>
        new(OnnxModel.Load(ModelPackage.Load(packageFolder, ModelKind.Segmentation), 0, inference));

    /// <param name="volume">A head CT.</param>
    /// <param name="space">Its intracranial space: nothing outside it is hematoma.</param>
    /// <param name="progress">Share of the slices done, 0 to 1.</param>
    /// <param name="cancellation">Stops within a slice.</param>
    public HematomaSegmentation Segment(Volume volume, IntracranialSpace space, IProgress<double>? progress, CancellationToken cancellation)
    {
        ModelManifest manifest = Package.Manifest;
        SliceGrid input = new(manifest.Geometry.SpacingMm[1]!.Value, manifest.Inferer.Patch[0], manifest.Normalization.ClipHu);
        double below = manifest.Input.Channels[0].OffsetMm, above = manifest.Input.Channels[2].OffsetMm;
        VolumeGeometry geometry = volume.Geometry;
        ModelGrid grid = new(volume, input);
        Mask mask = new(geometry);
        float[] source = new float[geometry.PixelsPerSlice];
        double probability = manifest.Output.Classes[0].Threshold!.Value;
        float threshold = (float)Math.Log(probability / (1 - probability));
        Dictionary<int, float[]> prepared = [];
        int plane = input.Size * input.Size;
        for (int first = 0; first < geometry.Slices; first += Batch)
        {
            int count = Math.Min(Batch, geometry.Slices - first);
            float[] values = new float[count * 3 * plane];
            for (int i = 0; i < count; i++)
            {
                int slice = first + i;
                int[] channels = [grid.Neighbour(slice, below), slice, grid.Neighbour(slice, above)];
                for (int c = 0; c < 3; c++) Prepared(channels[c]).CopyTo(values, (i * 3 + c) * plane);
            }

            float[] logits = model.Run(values, [count, 3, input.Size, input.Size], cancellation);
            if (logits.Length != count * plane)
                throw new ModelPackageException(
                    $"{Package.Id} gives {logits.Length} values for {count} slices of {input.Size} x {input.Size}"
                    + ": it is no segmentation model for this input");
            for (int i = 0; i < count; i++)
            {
                grid.ToSource(logits.AsSpan(i * plane, plane), source, float.NegativeInfinity);
                Span<bool> target = mask.Voxels.AsSpan((first + i) * geometry.PixelsPerSlice, geometry.PixelsPerSlice);
                ReadOnlySpan<bool> inside = space.Mask.Slice(first + i);
                for (int k = 0; k < target.Length; k++) target[k] = source[k] > threshold && inside[k];
            }

            int lowest = grid.Neighbour(Math.Min(first + Batch, geometry.Slices - 1), below);
            foreach (int done in prepared.Keys.Where(slice => slice < lowest).ToArray()) prepared.Remove(done);
            progress?.Report((double)(first + count) / geometry.Slices);
        }

        return new HematomaSegmentation(mask, KeepLarge(mask), model.Device);

        float[] Prepared(int slice) =>
            prepared.TryGetValue(slice, out float[]? picture) ? picture : prepared[slice] = grid.Normalised(slice);
    }

    public void Dispose() => model.Dispose();

    /// <summary>Clears regions below the package's smallest volume; returns how many are left.</summary>
    private int KeepLarge(Mask mask)
    {
        int kept = 0;
        foreach (IReadOnlyList<int> region in Components.Of(mask))
        {
            double ml = region.Sum(voxel => mask.Geometry.VoxelMl(voxel / mask.Geometry.PixelsPerSlice));
            if (ml >= Package.Manifest.Postprocessing.Where(step => step.Op == PostprocessingOp.MinVolumeMl).Sum(step => step.Value)) kept++;
            else
                foreach (int voxel in region) mask.Voxels[voxel] = false;
        }

        return kept;
    }
}
