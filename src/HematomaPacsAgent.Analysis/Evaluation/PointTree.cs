using System.Numerics;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>Points in space, to be asked for the nearest: halved at the median along the longest side, again and again (a k-d tree).</summary>
internal sealed class PointTree
{
    private const int Leaf = 12;

    private readonly Vector3[] points;
    // Axis by which the points of a range are halved, at the range's middle.
    private readonly byte[] axes;

    /// <param name="points">At least one.</param>
    public PointTree(IEnumerable<Vector3> points)
    {
        this.points = [.. points];
        ArgumentOutOfRangeException.ThrowIfZero(this.points.Length, nameof(points));
        axes = new byte[this.points.Length];
        Build(0, this.points.Length);
    }

    /// <summary>Distance to the nearest point, in the unit of the points.</summary>
    public double Distance(Vector3 from)
    {
        float best = float.PositiveInfinity;
        Search(0, points.Length, from, ref best);
        return Math.Sqrt(best);
    }

    private void Build(int first, int end)
    {
        if (end - first <= Leaf) return;
        Vector3 low = points[first], high = low;
        for (int i = first + 1; i < end; i++) (low, high) = (Vector3.Min(low, points[i]), Vector3.Max(high, points[i]));
        Vector3 side = high - low;
        int axis = side.X >= side.Y && side.X >= side.Z ? 0 : side.Y >= side.Z ? 1 : 2, middle = (first + end) / 2;
        points.AsSpan(first, end - first).Sort((a, b) => a[axis].CompareTo(b[axis]));
        axes[middle] = (byte)axis;
        Build(first, middle);
        Build(middle + 1, end);
    }

    private void Search(int first, int end, Vector3 from, ref float best)
    {
        if (end - first <= Leaf)
        {
            for (int i = first; i < end; i++) best = Math.Min(best, Vector3.DistanceSquared(from, points[i]));
            return;
        }

        int middle = (first + end) / 2;
        best = Math.Min(best, Vector3.DistanceSquared(from, points[middle]));
        float beyond = from[axes[middle]] - points[middle][axes[middle]];
        (int First, int End) near = beyond < 0 ? (first, middle) : (middle + 1, end), far = beyond < 0 ? (middle + 1, end) : (first, middle);
        Search(near.First, near.End, from, ref best);
        if (beyond * beyond < best) Search(far.First, far.End, from, ref best);
    }
}
