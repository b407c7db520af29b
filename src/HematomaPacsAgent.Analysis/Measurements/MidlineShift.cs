using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>How far the brain's midline lies from where the skull says it should.</summary>
/// <param name="Mm">Distance at the level of the septum and third ventricle; null where it cannot be told (see <paramref name="Reliability"/>).</param>
/// <param name="Towards"><c>left</c> or <c>right</c>; <c>none</c> below 1 mm; null without a distance.</param>
/// <param name="Slice">Where it was measured, from 0; null without a distance.</param>
/// <param name="Reliability">0 to 1: product of how well skull and brain could be judged (docs/measurements.md). Not a probability.</param>
/// <param name="Doubts">What lowered the reliability, in plain words.</param>
public sealed record MidlineShift(double? Mm, string? Towards, int? Slice, double Reliability, IReadOnlyList<string> Doubts)
{
    /// <summary>Below this reliability no distance is given.</summary>
    public const double LeastReliability = 0.4;

    // Frontal horns, septum and third ventricle lie this far below the inner table at the vertex.
    private const double HighestMm = 40, LowestMm = 90, NeighbourMm = 6.5;
    private const double FarthestEndMm = 4, NearlyClearest = 0.7;
    private const double ClearEvidenceHu = 4, NoEvidenceHu = 0.8;

    /// <param name="volume">The CT.</param>
    /// <param name="space">Its intracranial space.</param>
    /// <param name="plane">The midsagittal plane; null where none was found.</param>
    /// <param name="hematoma">Left out of the comparison of left and right.</param>
    /// <param name="ivh">Blood in the ventricles, where the model has it: hides the septum.</param>
    /// <param name="cancellation">Stops between slices.</param>
    public static MidlineShift Of(Volume volume, IntracranialSpace space, MidsagittalPlane? plane, Mask hematoma, Mask? ivh, CancellationToken cancellation)
    {
        if (plane is null) return new MidlineShift(null, null, null, 0, ["too little of the skull to find its midline"]);
        VolumeGeometry g = volume.Geometry;
        double top = g.SlicePositionsMm[plane.TopSlice];
        int[] levels = [.. Enumerable.Range(0, g.Slices).Where(k => top - g.SlicePositionsMm[k] is >= HighestMm and <= LowestMm)];
        IReadOnlyList<Mask> excluded = ivh is null ? [hematoma] : [hematoma, ivh];
        MidlineCurve?[] curves = new MidlineCurve?[g.Slices];
        Parallel.ForEach(levels, new ParallelOptions { CancellationToken = cancellation },
            k => curves[k] = MidlineCurve.Of(volume, space.Mask, excluded, plane, k));
        int[] shown = [.. levels.Where(k => curves[k] is not null)];
        if (shown.Length == 0) return new MidlineShift(null, null, null, 0, ["no slice shows enough brain at the level of the ventricles"]);

        // The ideal midline runs from where the falx meets the skull in front to where it meets it behind; the skull's mirror plane is only near it.
        double front = Median([.. shown.Select(k => curves[k]!.Front)]), rear = Median([.. shown.Select(k => curves[k]!.Rear)]);
        bool apartFromSkull = Math.Max(Math.Abs(front), Math.Abs(rear)) > FarthestEndMm;
        double[] shifts = new double[g.Slices];
        foreach (int k in shown)
            shifts[k] = curves[k]!.ShiftMm - (apartFromSkull ? 0
                : front + (rear - front) * (curves[k]!.Along - MidlineCurve.EndMiddle) / (1 - 2 * MidlineCurve.EndMiddle));

        double clearest = shown.Max(k => curves[k]!.Evidence * curves[k]!.Covered);
        var (slice, shift, apart) = shown.Where(k => curves[k]!.Evidence * curves[k]!.Covered >= NearlyClearest * clearest)
            .Select(Smoothed).MaxBy(level => Math.Abs(level.Shift));
        MidlineCurve curve = curves[slice]!;
        List<string> doubts = [];
        double reliability = 1;
        Judge(1 - (plane.MismatchMm - 1.5) / 4, "the skull is not symmetric");
        Judge(apartFromSkull ? 0.6 : 1, "the falx does not meet the skull where its symmetry has the midline");
        Judge((curve.Evidence - NoEvidenceHu) / (ClearEvidenceHu - NoEvidenceHu), "the ventricles and the cleft between the hemispheres show little");
        Judge(1.25 - curve.SpreadMm / 4, "the midline is not straight at this level");
        Judge(1.2 - apart / 2.5, "neighbouring slices differ");
        Judge(curve.Covered * 1.25, "blood covers the midline");
        Judge(1.5 - g.SliceExtentsMm[slice] / 12, "the slices are thick");
        Judge(Math.Abs(shift) > MidlineCurve.FarthestMm - 2 ? 0.2 : 1, "the shift is at the limit of what is looked for");
        Judge(ivh is null || ivh.IsEmpty ? 1 : 0.6, "blood in the ventricles");
        return reliability < LeastReliability
            ? new MidlineShift(null, null, null, reliability, doubts)
            : new MidlineShift(Math.Abs(shift), Math.Abs(shift) < 1 ? "none" : shift > 0 ? "left" : "right", slice, reliability, doubts);

        // With the slices just above and below, each by its evidence; and how far they lie from it.
        (int Slice, double Shift, double Apart) Smoothed(int k)
        {
            int[] near = [.. shown.Where(other => Math.Abs(g.SlicePositionsMm[other] - g.SlicePositionsMm[k]) <= NeighbourMm)];
            double weights = near.Sum(Weight), mean = near.Sum(other => Weight(other) * shifts[other]) / weights;
            return (k, mean, near.Sum(other => Weight(other) * Math.Abs(shifts[other] - mean)) / weights);
        }

        double Weight(int k) => curves[k]!.Evidence * curves[k]!.Covered + 1e-6;

        void Judge(double factor, string doubt)
        {
            factor = Math.Clamp(factor, 0, 1);
            reliability *= factor;
            if (factor < 0.75) doubts.Add(doubt);
        }
    }

    /// <summary>The value that has half of the evidence on either side.</summary>
    private static double Median((double Mm, double Evidence)[] ends)
    {
        double half = ends.Sum(end => end.Evidence) / 2;
        foreach (var (mm, evidence) in ends.OrderBy(end => end.Mm))
            if ((half -= evidence) <= 0) return mm;
        return 0;
    }
}
