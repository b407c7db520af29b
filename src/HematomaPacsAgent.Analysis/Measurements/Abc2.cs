using System.Numerics;

namespace HematomaPacsAgent.Analysis.Measurements;

/// <summary>
/// The bedside estimate ABC/2 (Kothari et al., Stroke 1996;27:1304-1305). Lengths run between the outer edges of pixels, so one pixel of 1 mm is 1 mm long.
/// </summary>
/// <param name="AMm">Longest diameter on the slice with the largest area.</param>
/// <param name="BMm">Longest diameter at right angles to A on the same slice, from the first edge crossed to the last.</param>
/// <param name="CMm">Sum of the slices' extents; a slice with over 75 % of the largest area counts whole, from 25 % half, below 25 % not.</param>
/// <param name="Slice">The slice with the largest area, from 0.</param>
public sealed record Abc2(double AMm, double BMm, double CMm, int Slice)
{
    private const double WholeShare = 0.75, HalfShare = 0.25;

    public double VolumeMl => AMm * BMm * CMm / 2 / 1000;

    /// <summary>Of one region; where its largest slice shows it in several pieces, A and B are those of the largest piece.</summary>
    /// <returns>Null for an empty mask.</returns>
    public static Abc2? Of(Mask region)
    {
        VolumeGeometry g = region.Geometry;
        int[] areas = [.. Enumerable.Range(0, g.Slices).Select(region.CountIn)];
        int largest = areas.Max(), slice = Array.IndexOf(areas, largest);
        if (largest == 0) return null;
        double c = 0;
        for (int k = 0; k < areas.Length; k++)
        {
            double share = (double)areas[k] / largest;
            c += g.SliceExtentsMm[k] * (share > WholeShare ? 1 : share >= HalfShare ? 0.5 : 0);
        }

        Vector2[] outline = [.. MaskOutline.Trace(region.Slice(slice), g.Columns)[0]
            .Select(corner => new Vector2((float)(corner.Column * g.ColumnSpacingMm), (float)(corner.Row * g.RowSpacingMm)))];
        (double a, Vector2 along) = Longest(outline);
        return new Abc2(a, Widest(outline, along), c, slice);
    }

    /// <summary>The two corners farthest apart: both lie on the convex hull.</summary>
    private static (double Mm, Vector2 Along) Longest(Vector2[] outline)
    {
        Vector2[] hull = Hull(outline);
        (float squared, Vector2 along) = (0, Vector2.UnitX);
        for (int i = 0; i < hull.Length; i++)
            for (int j = i + 1; j < hull.Length; j++)
                if (Vector2.DistanceSquared(hull[i], hull[j]) is var d && d > squared) (squared, along) = (d, hull[j] - hull[i]);
        return (Math.Sqrt(squared), Vector2.Normalize(along));
    }

    /// <summary>
    /// The longest stretch that a line at right angles to A crosses. Between corners it changes linearly, so it is longest just before or just
    /// behind a corner.
    /// </summary>
    private static double Widest(Vector2[] outline, Vector2 along)
    {
        const double Aside = 1e-3;
        Vector2 across = new(-along.Y, along.X);
        (double S, double T)[] turned = [.. outline.Select(p => ((double)Vector2.Dot(p, along), (double)Vector2.Dot(p, across)))];
        double widest = 0;
        foreach (double corner in turned.Select(p => p.S).Distinct())
            foreach (double at in (ReadOnlySpan<double>)[corner - Aside, corner + Aside])
            {
                double low = double.PositiveInfinity, high = double.NegativeInfinity;
                for (int i = 0, j = turned.Length - 1; i < turned.Length; j = i++)
                {
                    var (p, q) = (turned[i], turned[j]);
                    if (p.S > at == q.S > at) continue;
                    double t = p.T + (at - p.S) / (q.S - p.S) * (q.T - p.T);
                    (low, high) = (Math.Min(low, t), Math.Max(high, t));
                }

                widest = Math.Max(widest, high - low);
            }

        return widest;
    }

    /// <summary>Andrew's monotone chain.</summary>
    private static Vector2[] Hull(Vector2[] points)
    {
        Vector2[] sorted = [.. points.Distinct().OrderBy(p => p.X).ThenBy(p => p.Y)];
        return [.. Half(sorted), .. Half(sorted.Reverse())];

        static List<Vector2> Half(IEnumerable<Vector2> ordered)
        {
            List<Vector2> chain = [];
            foreach (Vector2 p in ordered)
            {
                while (chain.Count > 1 && Turn(chain[^2], chain[^1], p) <= 0) chain.RemoveAt(chain.Count - 1);
                chain.Add(p);
            }

            chain.RemoveAt(chain.Count - 1);
            return chain;
        }

        static float Turn(Vector2 a, Vector2 b, Vector2 c) => (b.X - a.X) * (c.Y - a.Y) - (b.Y - a.Y) * (c.X - a.X);
    }
}
