namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>How well a mask covers the truth. Voxels count by their volume, so that thick slices count more than thin ones.</summary>
/// <param name="Iou">Intersection over union, 0 to 1; null where both are empty.</param>
/// <param name="Dice">Twice the intersection over the sum, 0 to 1; null where both are empty.</param>
/// <param name="Accuracy">ACC: share of the whole image (every voxel of the reconstructed field of view, air included) that both call the same.
/// Near 1 for any small hematoma, found or not.</param>
/// <param name="BrainAccuracy">The same inside the skull, together with what either mask has outside it; null where that is empty.</param>
public sealed record Overlap(double? Iou, double? Dice, double Accuracy, double? BrainAccuracy)
{
    /// <param name="truth">What is there.</param>
    /// <param name="found">What the model found.</param>
    /// <param name="brain">Inside of the skull.</param>
    /// <exception cref="ArgumentException">The masks lie on different grids.</exception>
    public static Overlap Of(Mask truth, Mask found, Mask brain)
    {
        CheckGrids(truth, found);
        CheckGrids(truth, brain);
        double both = 0, either = 0, whole = 0, brainWhole = 0;
        VolumeGeometry g = truth.Geometry;
        for (int slice = 0; slice < g.Slices; slice++)
        {
            ReadOnlySpan<bool> t = truth.Slice(slice), f = found.Slice(slice), b = brain.Slice(slice);
            int intersection = 0, union = 0, inside = 0;
            for (int i = 0; i < t.Length; i++)
            {
                if (t[i] && f[i]) intersection++;
                if (t[i] || f[i]) union++;
                if (t[i] || f[i] || b[i]) inside++;
            }

            double ml = g.VoxelMl(slice);
            (both, either, whole, brainWhole) = (both + intersection * ml, either + union * ml, whole + t.Length * ml, brainWhole + inside * ml);
        }

        double wrong = either - both;
        return new Overlap(either > 0 ? both / either : null, either > 0 ? 2 * both / (either + both) : null, 1 - wrong / whole,
            brainWhole > 0 ? 1 - wrong / brainWhole : null);
    }

    internal static void CheckGrids(Mask a, Mask b)
    {
        if (!ReferenceEquals(a.Geometry, b.Geometry)) throw new ArgumentException("the masks lie on different grids");
    }
}
