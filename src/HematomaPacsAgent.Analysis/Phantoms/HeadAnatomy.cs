using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Hounsfield units of a head without hematoma, by place: mm from the head's middle; x left, y posterior, z up.</summary>
internal sealed class HeadAnatomy
{
    private const float Air = -1000;

    private readonly PhantomSpecification head;
    private readonly ValueNoise coarse, fine, cortex;
    private readonly (Vector3 Centre, Vector3 Radii, float Hu)[] dense;
    private readonly SkullBase skullBase;
    private readonly float blur, thickness;

    public HeadAnatomy(PhantomSpecification head)
    {
        this.head = head;
        (coarse, fine, cortex) = (new ValueNoise(head.Seed * 3 + 1), new ValueNoise(head.Seed * 3 + 2), new ValueNoise(head.Seed * 3 + 3));
        blur = MathF.Max(0.6f, (float)head.PixelSpacingMm * 0.6f);
        thickness = (float)head.SliceSpacingMm;
        skullBase = new SkullBase(head, coarse, fine);
        PhantomRandom random = new(head.Seed ^ 0x5EED);
        (Vector3, float)[] sites =
            [(new(0, 22, 6), 2.5f), (new(14, 30, 4), 3), (new(-14, 30, 4), 3), (new(22, -4, 2), 3), (new(-22, -4, 2), 3)];
        dense = [.. Enumerable.Range(0, head.Calcifications).Select(i =>
            (sites[i].Item1, new Vector3(sites[i].Item2 * random.Uniform(0.5, 1.2)), random.Uniform(90, 400)))];
    }

    public Place Locate(Vector3 at)
    {
        float depth = DepthMm(at);
        return new Place(at, depth, depth < 0 ? 0 : skullBase.AboveFloorMm(at));
    }

    /// <summary>Mm inside (positive) or outside (negative) the outer surface of the head.</summary>
    private float DepthMm(Vector3 at)
    {
        (float ax, float ay, float up, float down) = head.HeadMm;
        float wobble = 1 + 0.02f * coarse.At(at.X, at.Y, at.Z, 45);
        Vector3 axes = new Vector3(ax, ay, at.Z > 0 ? up : down) * wobble;
        // The back of a head is a little wider than the front.
        axes.X *= 1 + 0.05f * Math.Clamp(at.Y / ay, -1, 1);
        Vector3 part = Vector3.Abs(at) / axes;
        float rho = MathF.Pow(MathF.Pow(part.X, 2.3f) + MathF.Pow(part.Y, 2.3f) + MathF.Pow(part.Z, 2.3f), 1 / 2.3f);
        return rho < 0.05f ? 60 : (1 - rho) * at.Length() / rho;
    }

    /// <summary>Depth below the inner table of the skull, mm; positive inside the brain's space.</summary>
    public float IntracranialDepthMm(Place place) => MathF.Min(place.DepthMm - 5 - head.SkullMm, 0.7f * place.AboveFloorMm);

    /// <summary>What beam hardening adds: brighter brain under the skull and at the vertex, streaks between the petrous bones.</summary>
    public float BeamHardeningHu(Place place)
    {
        Vector3 at = place.At;
        var (rimHu, rimMm, vertexHu, streakHu) = head.BeamHardening;
        float up = Math.Clamp(at.Z / head.HeadMm.Up, 0, 1), low = Math.Clamp((-15 - at.Z) / 20, 0, 1);
        return rimHu * MathF.Exp(-MathF.Max(0, IntracranialDepthMm(place)) / rimMm) * (0.6f + up)
            + vertexHu * Math.Clamp((up - 0.55f) / 0.4f, 0, 1)
            + (low > 0 ? streakHu * low * coarse.At(0.2f * at.X, at.Y, at.Z, 9) : 0);
    }

    public float Hounsfield(Place place)
    {
        var (at, depth, above) = place;
        if (depth < -blur - thickness) return Outside(at, depth);
        // A slice of some thickness shows the mean over a border that runs across it: the border is that much less steep.
        float across = 2 * blur + thickness * SlopeAlongZ(at);
        float scalp = -40 + 60 * Math.Clamp(fine.At(at.X, at.Y, at.Z, 6) + 0.3f, 0, 1);
        float value = Mix(Air, scalp, Step(depth, 0, across));
        if (above < thickness) value = Mix(value, skullBase.Hounsfield(at, depth, above), Step(depth, 4.5f, across));
        if (above < -8) return value;
        float cranium = Mix(value, Diploe(at, depth), Step(depth, 4.5f, across));
        cranium = Mix(cranium, Inside(at, depth - 5 - head.SkullMm), Step(depth, 5 + head.SkullMm, across));
        return above < thickness ? Mix(value, cranium, Step(0.7f * above, 0, 2 * blur + 0.6f * thickness)) : cranium;
    }

    /// <summary>How much the surface at this place faces up or down: 0 at the sides, 1 at the vertex.</summary>
    private float SlopeAlongZ(Vector3 at)
    {
        Vector3 axes = new(head.HeadMm.X, head.HeadMm.Y, at.Z > 0 ? head.HeadMm.Up : head.HeadMm.Down);
        Vector3 slope = at / (axes * axes);
        return MathF.Abs(slope.Z) / (slope.Length() + 1e-6f);
    }

    private float Outside(Vector3 at, float depth)
    {
        // The headrest: a shell behind the head.
        float shell = MathF.Abs(depth + 13) - 2;
        return at.Y > 0.45f * head.HeadMm.Y && shell < 1 ? Mix(60, Air, Step(shell, 0)) : Air;
    }

    private float Diploe(Vector3 at, float depth)
    {
        float middle = MathF.Abs(depth - 4.5f - head.SkullMm / 2) / (head.SkullMm / 2);
        return middle < 0.5f ? 450 + 200 * fine.At(at.X, at.Y, at.Z, 5) : 1000 + 200 * fine.At(at.X, at.Y, at.Z, 8);
    }

    private float Inside(Vector3 at, float depth)
    {
        float white = head.WhiteMatterHu, grey = head.GreyMatterHu, water = 7;
        float ribbon = 3.5f + 2.5f * cortex.At(at.X, at.Y, at.Z, 9);
        float value = Mix(grey, white, Step(depth, ribbon + 2));
        value += 1.5f * coarse.At(at.X, at.Y, at.Z, 25);
        // Deep grey matter.
        value = Mix(value, grey, 0.8f * Step(1 - Ellipsoid(at, new(24, -2, 4), new(7, 15, 11)), 0, 0.2f));
        value = Mix(value, grey, 0.8f * Step(1 - Ellipsoid(at, new(11, 12, 4), new(7, 12, 9)), 0, 0.2f));

        // Sulci: dark clefts near the surface, and a rim of fluid.
        float sulcus = cortex.At(at.X + 100, at.Y, at.Z, 7);
        float cleft = Step(sulcus, 0.62f - 0.12f * head.Atrophy, 0.12f) * Step(16 - depth, 0, 4);
        value = Mix(value, water, cleft);
        value = Mix(water, value, Step(depth, 1.2f * head.Atrophy));

        // Ventricles: two horns each side, third and fourth.
        float a = MathF.Sqrt(head.Atrophy);
        float ventricle = MathF.Min(MathF.Min(
                Ellipsoid(at, new(9 * a, -14, 14), new(5 * a, 20 * a, 8 * a)),
                Ellipsoid(at, new(17 * a, 24, 8), new(5.5f * a, 17 * a, 8 * a))),
            MathF.Min(Ellipsoid(at, new(0, 4, 0), new(2.6f * a, 13, 9)), Ellipsoid(at, new(0, 40, -30), new(6, 5, 8))));
        value = Mix(value, water, Step(1 - ventricle, 0, 0.12f));
        // Cisterns around the brain stem.
        float stem = MathF.Abs(Ellipsoid(at, new(0, 18, -34), new(17, 15, 16)) - 1);
        value = Mix(value, water, 0.9f * Step(1 - stem * 6, 0, 0.3f) * Step(-14 - at.Z, 0, 4));

        // Falx, tentorium and the sinus behind them are a little dense.
        float aside = MathF.Abs(at.X + 1.5f * coarse.At(0, at.Y, at.Z, 40));
        if (at.Z > -5 && depth > 0) value = Mix(value, 50, Step(1.1f - aside, 0) * Step(26 - depth, 0, 4));
        value = Mix(value, 58, Step(1 - Ellipsoid(at, new(0, head.HeadMm.Y - 20, 12), new(4, 4, 45)), 0, 0.3f));
        float tent = MathF.Abs(at.Z + 16 + 0.25f * MathF.Abs(at.X) - 0.2f * (at.Y - 40));
        if (at.Y > 22) value = Mix(value, 46, 0.8f * Step(1.3f - tent, 0));
        foreach (var (centre, radii, hu) in dense)
            value = Mix(value, hu, Step(1 - Vector3.Divide(at - centre, radii).Length(), 0, 0.3f));
        return value;
    }

    /// <summary>1 on the surface, less inside; mirrored, so that one term gives left and right.</summary>
    private static float Ellipsoid(Vector3 at, Vector3 centre, Vector3 radii) =>
        Vector3.Divide(new Vector3(MathF.Abs(at.X), at.Y, at.Z) - centre, radii).Length();

    /// <summary>0 below the edge, 1 above it, over the width of the blur (mm).</summary>
    private float Step(float value, float edge, float width = 0) =>
        Math.Clamp((value - edge) / (width > 0 ? width : 2 * blur) + 0.5f, 0, 1);

    private static float Mix(float a, float b, float share) => a + (b - a) * share;
}

/// <param name="At">Where: mm from the head's middle.</param>
/// <param name="DepthMm">Below the skin; negative outside the head.</param>
/// <param name="AboveFloorMm">Above the floor of the skull; negative below it; 0 outside the head.</param>
internal readonly record struct Place(Vector3 At, float DepthMm, float AboveFloorMm);
