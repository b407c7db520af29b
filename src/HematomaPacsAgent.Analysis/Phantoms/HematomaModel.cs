using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>A hematoma as a function of place: whether it is there, how dense, and how much edema surrounds it.</summary>
internal sealed class HematomaModel(HematomaSpecification hematoma, int seed)
{
    private readonly ValueNoise surface = new(seed * 5 + 11), inner = new(seed * 5 + 12);

    public HematomaSpecification Specification { get; } = hematoma;

    /// <summary>Radius relative to the surface of the main region: below 1 inside.</summary>
    public float Rho(Vector3 at)
    {
        Vector3 part = Vector3.Divide(at - Specification.Centre, Specification.RadiiMm);
        float rho = part.Length();
        if (rho > 2.2f) return rho;
        float scale = MathF.Max(7, 0.7f * Specification.RadiiMm.X);
        rho *= 1 + Specification.Roughness * surface.At(at.X, at.Y, at.Z, scale);
        foreach (var (centre, radius) in Specification.Lobes) rho = MathF.Min(rho, Vector3.Distance(at, centre) / radius);
        return rho;
    }

    /// <summary>Radius relative to the nearest separate focus.</summary>
    public float FocusRho(Vector3 at)
    {
        float rho = float.MaxValue;
        foreach (var (centre, radius) in Specification.Foci) rho = MathF.Min(rho, Vector3.Distance(at, centre) / radius);
        return rho;
    }

    /// <summary>Density of the blood, HU, without noise.</summary>
    public float Hounsfield(Vector3 at)
    {
        HematomaSpecification h = Specification;
        float hu = h.ClotHu + h.MottleHu * inner.At(at.X, at.Y, at.Z, 6);
        float reach = MathF.Min(h.RadiiMm.X, h.RadiiMm.Y);
        if (h.Blend is { } blend && Vector3.Dot(at - h.Centre, blend.Normal) / reach > blend.Offset) hu -= blend.DropHu;
        if (h.Hole is { } hole && Vector3.Distance(at, hole.Centre) < hole.RadiusMm) hu -= hole.DropHu;
        if (h.SwirlDropHu > 0 && inner.At(at.X + 50, at.Y, at.Z * 0.5f, 11) > 0.22f && Rho(at) < 0.85f) hu -= h.SwirlDropHu;
        if (h.FluidLevel is { } level && at.Y - h.Centre.Y < level.OffsetMm) hu -= level.DropHu;
        return MathF.Max(hu, 22);
    }
}
