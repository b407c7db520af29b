using System.Numerics;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>
/// The plane that best mirrors the inside of the skull onto itself: where the brain's midline would lie if nothing pushed it. Found from the
/// skull alone, so a displaced brain does not draw it along.
/// </summary>
/// <param name="Normal">Unit vector to the patient's left, LPS.</param>
/// <param name="DistanceMm">A place p lies on the plane where p · normal equals this; mm.</param>
/// <param name="MismatchMm">How far the inner table and its mirror image lie apart on average, mm: the asymmetry that no plane explains.</param>
/// <param name="TopSlice">Highest slice with intracranial space, from 0.</param>
public sealed record MidsagittalPlane(Vector3 Normal, double DistanceMm, double MismatchMm, int TopSlice)
{
    private const double LargestTurnDegrees = 40, LargestRollDegrees = 25;

    // Below this depth the skull base has more holes than symmetry; small slices at the vertex say little.
    private const double DeepestMm = 95, SmallestShare = 0.3;

    /// <summary>Mm to the left (positive) or right (negative) of the plane.</summary>
    public double AsideMm(Vector3 patient) => Vector3.Dot(patient, Normal) - DistanceMm;

    /// <returns>Null where too little of a skull is there to tell.</returns>
    public static MidsagittalPlane? Fit(IntracranialSpace space, CancellationToken cancellation)
    {
        VolumeGeometry g = space.Mask.Geometry;
        int[] areas = [.. Enumerable.Range(0, g.Slices).Select(space.Mask.CountIn)];
        int largest = areas.Max();
        if (largest == 0) return null;
        int top = Array.FindLastIndex(areas, area => area > 0.02 * largest);
        int[] used = [.. Enumerable.Range(0, top + 1).Where(slice => areas[slice] >= SmallestShare * largest
            && g.SlicePositionsMm[top] - g.SlicePositionsMm[slice] <= DeepestMm)];
        if (used.Length < 3) return null;

        SpaceField field = new(space.Mask);
        (Vector3 At, float Value)[] border = [.. used.SelectMany(field.Border)];
        if (border.Length < 100) return null;
        Vector3 centre = border.Aggregate(Vector3.Zero, (sum, point) => sum + point.At) / border.Length;
        Pose best = new(0, 0, 0);
        double least = double.PositiveInfinity;
        for (int turn = -32; turn <= 32; turn += 8)
            if (Mismatch(new Pose(turn, 0, 0), stride: 4) is var mismatch && mismatch < least) (least, best) = (mismatch, new Pose(turn, 0, 0));
        best = Refine(best, 5, 5, 4, stride: 3, down: 1);
        best = Refine(best, 0.8, 0.8, 0.8, stride: 1, down: 0.1);
        double perMm = used.Sum(field.BorderMm) / (SpaceField.StepMm * SpaceField.StepMm);
        return new MidsagittalPlane(best.Normal, Vector3.Dot(best.Normal, centre) + best.OffsetMm, Mismatch(best, 1) * border.Length / perMm, top);

        // Mean difference between the field and its mirror image; what the mirror throws out of the volume says nothing.
        double Mismatch(Pose pose, int stride)
        {
            if (Math.Abs(pose.TurnDegrees) > LargestTurnDegrees || Math.Abs(pose.RollDegrees) > LargestRollDegrees) return double.PositiveInfinity;
            cancellation.ThrowIfCancellationRequested();
            Vector3 normal = pose.Normal;
            float distance = Vector3.Dot(normal, centre) + (float)pose.OffsetMm;
            double sum = 0;
            int count = 0;
            for (int i = 0; i < border.Length; i += stride)
            {
                float other = field.At(border[i].At - 2 * (Vector3.Dot(border[i].At, normal) - distance) * normal);
                if (float.IsNaN(other)) continue;
                (sum, count) = (sum + Math.Abs(other - border[i].Value), count + 1);
            }

            return count < border.Length / stride / 3 ? double.PositiveInfinity : sum / count;
        }

        // Pattern search: a step in each direction as long as it helps, then smaller steps.
        Pose Refine(Pose pose, double turn, double roll, double offset, int stride, double down)
        {
            double current = Mismatch(pose, stride);
            for (double scale = 1; scale * offset >= down; scale /= 2)
                for (bool moved = true; moved;)
                {
                    moved = false;
                    foreach (Pose next in (Pose[])
                        [
                            pose with { TurnDegrees = pose.TurnDegrees + scale * turn }, pose with { TurnDegrees = pose.TurnDegrees - scale * turn },
                            pose with { RollDegrees = pose.RollDegrees + scale * roll }, pose with { RollDegrees = pose.RollDegrees - scale * roll },
                            pose with { OffsetMm = pose.OffsetMm + scale * offset }, pose with { OffsetMm = pose.OffsetMm - scale * offset },
                        ])
                        if (Mismatch(next, stride) is var mismatch && mismatch < current - 1e-9) (current, pose, moved) = (mismatch, next, true);
                }

            return pose;
        }
    }

    /// <param name="TurnDegrees">About the patient's long axis.</param>
    /// <param name="RollDegrees">Head towards a shoulder.</param>
    /// <param name="OffsetMm">From the middle of the skull's border.</param>
    private sealed record Pose(double TurnDegrees, double RollDegrees, double OffsetMm)
    {
        public Vector3 Normal
        {
            get
            {
                (double sinTurn, double cosTurn) = Math.SinCos(TurnDegrees * Math.PI / 180);
                (double sinRoll, double cosRoll) = Math.SinCos(RollDegrees * Math.PI / 180);
                return new Vector3((float)(cosTurn * cosRoll), (float)(sinTurn * cosRoll), (float)sinRoll);
            }
        }
    }
}
