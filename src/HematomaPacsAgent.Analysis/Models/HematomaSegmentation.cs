using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What a segmentation model found.</summary>
/// <param name="Mask">The hematoma on the source grid; empty when nothing was found.</param>
/// <param name="Components">Separate regions of it, 26-connected.</param>
/// <param name="Device">What ran the model.</param>
public sealed record HematomaSegmentation(Mask Mask, int Components, InferenceRun Device)
{
    public const int MostConfidences = 20;

    /// <summary>The mask of each class that the package names, the hematoma's among them, on the source grid.</summary>
    public required IReadOnlyDictionary<string, Mask> Masks { get; init; }

    /// <summary>By class, how far its volume is from certain.</summary>
    public required IReadOnlyDictionary<string, VolumeInterval> VolumeIntervalsMl { get; init; }

    /// <summary>By class, its probability voxel by voxel. Holds the network's answer: one float for each channel and voxel of the model's grid.</summary>
    public required IReadOnlyDictionary<string, VoxelProbability> Probabilities { get; init; }

    /// <summary>Mean probability of the hematoma in each of its largest regions, in the order of <see cref="Models.Components.Of"/>, at most
    /// <see cref="MostConfidences"/>.</summary>
    public required IReadOnlyList<double> Confidences { get; init; }

    /// <summary>Mean over the hematoma of <see cref="Uncertainty"/>; null with one pass or without a hematoma.</summary>
    public required double? MeanUncertainty { get; init; }

    /// <summary>How far the passes disagree, voxel by voxel; null with one pass.</summary>
    public required VoxelUncertainty? Uncertainty { get; init; }

    /// <summary>Members times mirrorings.</summary>
    public required int Passes { get; init; }

    /// <summary>Runs of a network, all passes together: grows linearly with the scan.</summary>
    public required int Runs { get; init; }
}

/// <summary>
/// Between which volumes a class lies. It is no confidence interval: nobody has shown how often the truth lies inside.
/// </summary>
/// <param name="LowMl">The lowest.</param>
/// <param name="HighMl">The highest.</param>
/// <param name="Method"><c>members</c>: the extremes of the single passes (members and mirrorings), each with the class's own threshold.
/// <c>probability band</c>, of a single pass: the volumes where the class's probability (calibrated, where there is a calibration) is at least 0.75 and at
/// least 0.25. Both count what lies inside the skull where the package asks for that first, before small regions are left out, and include the volume
/// reported.</param>
public sealed record VolumeInterval(double LowMl, double HighMl, string Method)
{
    internal static VolumeInterval Of(string method, double reportedMl, IReadOnlyList<double> volumesMl) =>
        new(Math.Min(reportedMl, volumesMl.Min()), Math.Max(reportedMl, volumesMl.Max()), method);
}

/// <summary>
/// The standard deviation, over the passes, of the hematoma's probability: 0 (all agree) to 0.5. Of probabilities before any calibration, so that
/// <see cref="ModelAbstention.MaxEnsembleSd"/> means the same before and after one.
/// </summary>
public sealed class VoxelUncertainty
{
    private readonly float[] sd;
    private readonly GridReturn back;
    private readonly VolumeGeometry geometry;

    internal VoxelUncertainty(float[] sd, GridReturn back, VolumeGeometry geometry) => (this.sd, this.back, this.geometry) = (sd, back, geometry);

    /// <summary>One slice of the source, row by row; 0 where the network did not look.</summary>
    public float[] Slice(int slice)
    {
        float[] values = back.SliceOf(sd, slice);
        for (int i = 0; i < values.Length; i++)
            if (float.IsNaN(values[i])) values[i] = 0;
        return values;
    }

    /// <summary>The mean over a region, by volume; null where it is empty.</summary>
    public double? MeanIn(Mask region)
    {
        double sum = 0, ml = 0;
        for (int slice = 0; slice < geometry.Slices; slice++)
        {
            ReadOnlySpan<bool> set = region.Slice(slice);
            if (!set.Contains(true)) continue;
            float[] values = Slice(slice);
            double voxelMl = geometry.VoxelMl(slice);
            for (int i = 0; i < values.Length; i++)
                if (set[i]) (sum, ml) = (sum + values[i] * voxelMl, ml + voxelMl);
        }

        return ml > 0 ? sum / ml : null;
    }
}
