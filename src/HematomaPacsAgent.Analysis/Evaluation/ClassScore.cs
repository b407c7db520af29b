namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>From when on something counts as there.</summary>
/// <param name="SmallestFindingMl">The model has found a class in a patient from this volume on, ml: what the pipeline calls a finding.</param>
/// <param name="SmallestSliceAreaMm2">A slice shows a class from this area on, mm². Slices whose truth is smaller, but not empty, are not counted.</param>
public sealed record DetectionLimits(double SmallestFindingMl, double SmallestSliceAreaMm2 = 10);

/// <summary>Slices by what is there and what was found.</summary>
/// <param name="Unclear">Truth below the smallest area: counted nowhere.</param>
public sealed record SliceCounts(int TruePositive, int FalseNegative, int TrueNegative, int FalsePositive, int Unclear)
{
    public static SliceCounts Of(Mask truth, Mask found, DetectionLimits limits)
    {
        Overlap.CheckGrids(truth, found);
        VolumeGeometry g = truth.Geometry;
        double pixelMm2 = g.ColumnSpacingMm * g.RowSpacingMm;
        int hits = 0, misses = 0, rejections = 0, alarms = 0, unclear = 0;
        for (int slice = 0; slice < g.Slices; slice++)
        {
            double there = truth.CountIn(slice) * pixelMm2;
            bool seen = found.CountIn(slice) * pixelMm2 >= limits.SmallestSliceAreaMm2;
            if (there >= limits.SmallestSliceAreaMm2) _ = seen ? hits++ : misses++;
            else if (there > 0) unclear++;
            else _ = seen ? alarms++ : rejections++;
        }

        return new SliceCounts(hits, misses, rejections, alarms, unclear);
    }
}

/// <summary>One class in one case: what was measured.</summary>
/// <param name="Class">E.g. <c>hematoma</c>.</param>
/// <param name="TruthMl">True volume.</param>
/// <param name="FoundMl">The model's.</param>
/// <param name="Overlap">Iou, Dice, ACC.</param>
/// <param name="Hausdorff95Mm">See <see cref="SurfaceDistance"/>; null where either is empty.</param>
/// <param name="Slices">Detection slice by slice.</param>
public sealed record ClassScore(string Class, double TruthMl, double FoundMl, Overlap Overlap, double? Hausdorff95Mm, SliceCounts Slices)
{
    public double VolumeErrorMl => FoundMl - TruthMl;

    /// <summary>Of the true volume; null where that is 0.</summary>
    public double? VolumeErrorPercent => TruthMl > 0 ? 100 * VolumeErrorMl / TruthMl : null;

    /// <summary>Whether the class is there at all: one voxel is enough.</summary>
    public bool IsThere => TruthMl > 0;

    public static ClassScore Of(string key, Mask truth, Mask found, Mask brain, DetectionLimits limits) => new(key, truth.VolumeMl, found.VolumeMl,
        Overlap.Of(truth, found, brain), SurfaceDistance.Hausdorff95Mm(truth, found), SliceCounts.Of(truth, found, limits));
}
