using System.Numerics;

namespace HematomaPacsAgent.Analysis.Signs;

/// <summary>The outline of the largest piece of a slice, in millimetres, and its convex hull.</summary>
internal sealed class Outline
{
    private readonly Vector2[] points;
    private readonly int[] hull; // indices of points, in their order

    private Outline(Vector2[] points)
    {
        this.points = points;
        hull = [.. Hull(points).Order()];
        AreaMm2 = Area([.. Enumerable.Range(0, points.Length)]);
        HullAreaMm2 = Area(hull);
    }

    public double AreaMm2 { get; }
    public double HullAreaMm2 { get; }

    /// <summary>0 to 1; 1 for a convex outline.</summary>
    public double Solidity => HullAreaMm2 > 0 ? AreaMm2 / HullAreaMm2 : 1;

    /// <summary>The longest distance between two of its corners.</summary>
    public double DiameterMm
    {
        get
        {
            double longest = 0;
            foreach (int a in hull)
                foreach (int b in hull) longest = Math.Max(longest, Vector2.Distance(points[a], points[b]));
            return longest;
        }
    }

    public static Outline Of(ReadOnlySpan<bool> slice, int columns, double columnMm, double rowMm) =>
        new([.. MaskOutline.Trace(slice, columns)[0].Select(corner => new Vector2((float)(corner.Column * columnMm), (float)(corner.Row * rowMm)))]);

    /// <summary>The depth of each dent between neighbouring corners of the hull, mm.</summary>
    public IEnumerable<double> DentsMm()
    {
        for (int k = 0; k < hull.Length; k++)
        {
            int from = hull[k], to = hull[(k + 1) % hull.Length];
            Vector2 chord = points[to] - points[from];
            double deepest = 0;
            for (int i = (from + 1) % points.Length; i != to; i = (i + 1) % points.Length)
            {
                Vector2 at = points[i] - points[from];
                deepest = Math.Max(deepest, Math.Abs(chord.X * at.Y - chord.Y * at.X) / Math.Max(chord.Length(), 1e-6f));
            }

            yield return deepest;
        }
    }

    private double Area(int[] corners)
    {
        double twice = 0;
        for (int i = 0, j = corners.Length - 1; i < corners.Length; j = i++)
            twice += (double)points[corners[j]].X * points[corners[i]].Y - (double)points[corners[i]].X * points[corners[j]].Y;
        return Math.Abs(twice) / 2;
    }

    /// <summary>Andrew's monotone chain, as indices.</summary>
    private static IEnumerable<int> Hull(Vector2[] points)
    {
        int[] sorted = [.. Enumerable.Range(0, points.Length).OrderBy(i => points[i].X).ThenBy(i => points[i].Y)];
        return Half(sorted).Concat(Half(sorted.Reverse())).Distinct();

        List<int> Half(IEnumerable<int> ordered)
        {
            List<int> chain = [];
            foreach (int p in ordered)
            {
                while (chain.Count > 1 && Turn(points[chain[^2]], points[chain[^1]], points[p]) <= 0) chain.RemoveAt(chain.Count - 1);
                chain.Add(p);
            }

            return chain;
        }

        static float Turn(Vector2 a, Vector2 b, Vector2 c) => (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
    }
}
