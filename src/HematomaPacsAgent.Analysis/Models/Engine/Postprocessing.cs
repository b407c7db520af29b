namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>The package's <see cref="ModelManifest.Postprocessing"/>, on the source grid.</summary>
internal static class Postprocessing
{
    /// <summary>One class's mask, in place.</summary>
    public static void Apply(IReadOnlyList<PostprocessingStep> steps, string key, Mask mask, IntracranialSpace space)
    {
        foreach (PostprocessingStep step in steps.Where(step => (step.Class ?? key) == key))
            switch (step.Op)
            {
                case PostprocessingOp.InsideIntracranial:
                    for (int i = 0; i < mask.Voxels.Length; i++) mask.Voxels[i] &= space.Mask.Voxels[i];
                    break;
                case PostprocessingOp.MinVolumeMl:
                    foreach (Region region in Components.Of(mask).Where(region => region.VolumeMl < step.Value)) region.ClearIn(mask);
                    break;
                case PostprocessingOp.FillHoles2d:
                    Parallel.For(0, mask.Geometry.Slices, slice => FillHoles(mask, slice));
                    break;
                case PostprocessingOp.KeepLargest:
                    foreach (Region region in Components.Of(mask).Skip(1)) region.ClearIn(mask);
                    break;
                default:
                    throw new ModelPackageException($"postprocessing {step.Op} is not known to this version");
            }
    }

    /// <summary>What the border of the slice does not reach (4-connected) past the mask is filled.</summary>
    private static void FillHoles(Mask mask, int slice)
    {
        Span<bool> set = mask.Voxels.AsSpan(slice * mask.Geometry.PixelsPerSlice, mask.Geometry.PixelsPerSlice);
        if (!set.Contains(true)) return;
        bool[] holes = BorderFlood.Unreached(set, mask.Geometry.Columns);
        for (int i = 0; i < holes.Length; i++) set[i] |= holes[i];
    }
}
