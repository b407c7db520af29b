using System.Numerics;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>
/// Where the brain's own midline runs in one slice. Septum, third ventricle, falx and the cleft between the hemispheres each look alike to their
/// left and right; so for every line across the head the place is sought about which the next centimetres mirror best, and from front to back
/// those places are joined to the smoothest curve that explains them (dynamic programming). It starts and ends at the skull's midline, where the
/// falx is fixed.
/// </summary>
/// <param name="ShiftMm">Distance from the midsagittal plane, mean over those 16 mm of its middle part that lie farthest; positive to the left.</param>
/// <param name="Along">Where those 16 mm lie: 0 at the front of the brain, 1 at the back.</param>
/// <param name="Front">Where the cleft between the hemispheres meets the skull in front, mm from the plane to the left, and how clearly, HU.</param>
/// <param name="Rear">The same at the back.</param>
/// <param name="Evidence">How much better the curve mirrors than other places do, HU: near 0 where the brain shows nothing to go by.</param>
/// <param name="SpreadMm">How far the lines of those 16 mm lie apart (mean absolute deviation).</param>
/// <param name="Covered">Share of the middle part that could be judged: not blood, not outside the skull.</param>
internal sealed record MidlineCurve(double ShiftMm, double Along, (double Mm, double Evidence) Front, (double Mm, double Evidence) Rear,
    double Evidence, double SpreadMm, double Covered)
{
    public const int FarthestMm = 22;

    private const int ReachMm = 24, HalfWidth = FarthestMm + ReachMm;
    private const double LineMm = 2;
    private const int StretchLines = 8;
    private const float LowHu = -10, HighHu = 70, Cap = 22;
    private const double BendCost = 0.9, EndCost = 0.4;

    // The part between these shares of the brain's length holds the frontal horns, septum and third ventricle.
    private const double MiddleFrom = 0.27, MiddleTo = 0.62;

    /// <summary>The ends, near which the falx holds the cleft to the skull, are judged up to this share of the length, about the given middle.</summary>
    public const double EndMiddle = 0.075;
    private const double EndFrom = 0.03, EndTo = 0.12;

    /// <returns>Null where the slice shows too little of the brain.</returns>
    public static MidlineCurve? Of(Volume volume, Mask space, IReadOnlyList<Mask> excluded, MidsagittalPlane plane, int slice)
    {
        if (Lines.Of(space, plane, slice) is not { } lines) return null;
        float[][] pictures = [.. Enumerable.Range(0, lines.Count).Select(line => lines.Sample(volume, space, excluded, line))];
        int places = 2 * FarthestMm + 1;
        double[][] costs = new double[lines.Count][];
        bool[] known = new bool[lines.Count];
        for (int line = 0; line < lines.Count; line++) (costs[line], known[line]) = Asymmetry(pictures, line);

        int[] curve = Smoothest(costs);
        List<Judgement> middle = Judged(MiddleFrom, MiddleTo);
        if (middle.Count < StretchLines) return null;
        var (farthest, shift, spread) = Enumerable.Range(0, middle.Count - StretchLines + 1)
            .Select(first => (first, Mean(middle.Slice(first, StretchLines)).Mm, Mean(middle.Slice(first, StretchLines)).Spread))
            .MaxBy(stretch => Math.Abs(stretch.Mm));
        double along = (middle[farthest].Line + StretchLines / 2.0) / lines.Count, asked = (int)(MiddleTo * lines.Count) - (int)(MiddleFrom * lines.Count);
        return new MidlineCurve(shift * lines.Slant, along, End(Judged(EndFrom, EndTo)), End(Judged(1 - EndTo, 1 - EndFrom)),
            middle.Average(line => line.Evidence), spread, middle.Count / asked);

        // Lines between two shares of the length: where the curve crosses each, and how much better that mirrors than the average place.
        List<Judgement> Judged(double start, double end) =>
        [
            .. Enumerable.Range((int)(start * lines.Count), (int)(end * lines.Count) - (int)(start * lines.Count)).Where(line => known[line])
                .Select(line => new Judgement(line, Finer(costs[line], curve[line]) - FarthestMm, Math.Max(0, costs[line].Average() - costs[line][curve[line]]))),
        ];

        (double, double) End(List<Judgement> end) => end.Count == 0 ? (0, 0) : (Mean(end).Mm * lines.Slant, end.Average(line => line.Evidence));

        // Mean difference between left and right about each place, from two lines above to two below; the mean of all where too little is known.
        (double[], bool) Asymmetry(float[][] of, int line)
        {
            double[] cost = new double[places];
            int full = 0;
            for (int place = 0; place < places; place++)
            {
                double total = 0, weights = 0;
                int count = 0, middle = HalfWidth - FarthestMm + place;
                for (int near = Math.Max(0, line - 2); near <= Math.Min(of.Length - 1, line + 2); near++)
                    for (int u = 1; u <= ReachMm; u++)
                    {
                        float difference = Math.Abs(of[near][middle + u] - of[near][middle - u]);
                        if (float.IsNaN(difference)) continue;
                        // What lies farther out follows the septum less.
                        double weight = ReachMm + 3 - u;
                        (total, weights, count) = (total + weight * Math.Min(difference, Cap), weights + weight, count + 1);
                    }

                cost[place] = count >= 5 * ReachMm / 2 ? total / weights : double.NaN;
                if (!double.IsNaN(cost[place])) full++;
            }

            if (full < places / 2) return (new double[places], false);
            double mean = cost.Where(double.IsFinite).Average();
            for (int place = 0; place < places; place++)
                if (double.IsNaN(cost[place])) cost[place] = mean;
            return (cost, true);
        }
    }

    private static (double Mm, double Spread) Mean(List<Judgement> lines)
    {
        double weights = lines.Sum(line => line.Weight), mean = lines.Sum(line => line.Weight * line.Mm) / weights;
        return (mean, lines.Sum(line => line.Weight * Math.Abs(line.Mm - mean)) / weights);
    }

    private static int[] Smoothest(double[][] costs)
    {
        int places = costs[0].Length, last = costs.Length - 1;
        double[] sum = [.. costs[0].Select((cost, place) => cost + EndCost * Math.Abs(place - FarthestMm))];
        int[][] cameFrom = new int[costs.Length][];
        for (int line = 1; line <= last; line++)
        {
            double[] next = new double[places];
            cameFrom[line] = new int[places];
            for (int place = 0; place < places; place++)
            {
                double least = double.PositiveInfinity;
                for (int before = Math.Max(0, place - 3); before <= Math.Min(places - 1, place + 3); before++)
                    if (sum[before] + BendCost * Math.Abs(place - before) is var cost && cost < least) (least, cameFrom[line][place]) = (cost, before);
                next[place] = least + costs[line][place] + (line == last ? EndCost * Math.Abs(place - FarthestMm) : 0);
            }

            sum = next;
        }

        int[] curve = new int[costs.Length];
        curve[last] = Array.IndexOf(sum, sum.Min());
        for (int line = last; line > 0; line--) curve[line - 1] = cameFrom[line][curve[line]];
        return curve;
    }

    /// <summary>The lowest point of the parabola through a place and its neighbours.</summary>
    private static double Finer(double[] cost, int place)
    {
        if (place == 0 || place == cost.Length - 1) return place;
        double bend = cost[place - 1] - 2 * cost[place] + cost[place + 1];
        return bend <= 1e-9 ? place : place + Math.Clamp((cost[place - 1] - cost[place + 1]) / (2 * bend), -0.5, 0.5);
    }

    private sealed record Judgement(int Line, double Mm, double Evidence)
    {
        public double Weight => Evidence + 0.01;
    }

    /// <summary>Lines across a slice at right angles to the midsagittal plane, from front to back, one every 2 mm.</summary>
    /// <param name="First">Where the first line meets the plane, LPS mm.</param>
    /// <param name="Across">In the slice, to the left.</param>
    /// <param name="Back">In the slice, to the back.</param>
    /// <param name="Slant">Distance from the plane per mm across: 1 where the plane stands upright on the slice.</param>
    private sealed record Lines(int Slice, Vector3 First, Vector3 Across, Vector3 Back, int Count, double Slant)
    {
        public static Lines? Of(Mask space, MidsagittalPlane plane, int slice)
        {
            VolumeGeometry g = space.Geometry;
            Vector3 across = plane.Normal - Vector3.Dot(plane.Normal, g.Normal) * g.Normal;
            double slant = across.Length();
            across /= (float)slant;
            Vector3 back = Vector3.Cross(g.Normal, across), origin = g.Origins[slice];
            float front = float.MaxValue, rear = float.MinValue;
            ReadOnlySpan<bool> mask = space.Slice(slice);
            for (int row = 0; row < g.Rows; row += 4)
                for (int column = 0; column < g.Columns; column += 4)
                {
                    if (!mask[row * g.Columns + column]) continue;
                    Vector3 at = g.ToPatient(column, row, slice);
                    if (Math.Abs(plane.AsideMm(at)) > 10) continue;
                    float y = Vector3.Dot(at - origin, back);
                    (front, rear) = (Math.Min(front, y), Math.Max(rear, y));
                }

            int count = (int)((rear - front) / LineMm);
            if (front > rear || count < 40) return null;
            Vector3 first = origin + front * back;
            first -= (float)(plane.AsideMm(first) / slant) * across;
            return new Lines(slice, first, across, back, count, slant);
        }

        /// <summary>Means over 2 mm around each mm of a line, clipped to what brain and water have; NaN where less than half counts.</summary>
        public float[] Sample(Volume volume, Mask space, IReadOnlyList<Mask> excluded, int line)
        {
            VolumeGeometry g = volume.Geometry;
            float[] values = new float[2 * HalfWidth + 1];
            int start = Slice * g.PixelsPerSlice;
            Vector3 from = First + (float)(line * LineMm) * Back - g.Origins[Slice];
            for (int u = -HalfWidth; u <= HalfWidth; u++)
            {
                float sum = 0;
                int count = 0;
                for (int b = -1; b <= 1; b++)
                    for (int a = -1; a <= 1; a++)
                    {
                        Vector3 at = from + (u + 0.7f * a) * Across + 0.7f * b * Back;
                        int column = (int)MathF.Round(Vector3.Dot(at, g.RowDirection) / (float)g.ColumnSpacingMm);
                        int row = (int)MathF.Round(Vector3.Dot(at, g.ColumnDirection) / (float)g.RowSpacingMm);
                        if (column < 0 || row < 0 || column >= g.Columns || row >= g.Rows) continue;
                        int voxel = start + row * g.Columns + column;
                        if (!space.Voxels[voxel] || excluded.Any(mask => mask.Voxels[voxel])) continue;
                        (sum, count) = (sum + Math.Clamp((float)volume.Hounsfield[voxel], LowHu, HighHu), count + 1);
                    }

                values[u + HalfWidth] = count >= 5 ? sum / count : float.NaN;
            }

            return values;
        }
    }
}
