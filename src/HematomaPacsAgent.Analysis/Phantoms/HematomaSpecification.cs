using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>A hematoma and its signs.</summary>
public sealed record HematomaSpecification
{
    /// <summary>Middle, mm from the middle of the head (x left, y posterior, z up).</summary>
    public required Vector3 Centre { get; init; }

    /// <summary>Semi-axes before warping, mm.</summary>
    public required Vector3 RadiiMm { get; init; }

    /// <summary>How far the surface is warped, as a share of the radius.</summary>
    public required float Roughness { get; init; }

    /// <summary>Extra bulges on the surface.</summary>
    public required IReadOnlyList<(Vector3 Centre, float RadiusMm)> Lobes { get; init; }

    /// <summary>Small separate foci.</summary>
    public required IReadOnlyList<(Vector3 Centre, float RadiusMm)> Foci { get; init; }

    public required float ClotHu { get; init; }

    /// <summary>Hypodense part on one side of a plane; null for none. A difference below 18 HU is a near miss, not a blend sign.</summary>
    public (Vector3 Normal, float Offset, float DropHu)? Blend { get; init; }

    /// <summary>Round hypodense part inside; below 28 HU it is a hypodensity, not a black hole.</summary>
    public (Vector3 Centre, float RadiusMm, float DropHu)? Hole { get; init; }

    /// <summary>Irregular hypodense streaks: drop in HU; 0 for none.</summary>
    public required float SwirlDropHu { get; init; }

    /// <summary>Level above which blood is less dense: offset along y, mm, and drop; null for none.</summary>
    public (float OffsetMm, float DropHu)? FluidLevel { get; init; }

    /// <summary>Mottled density, amplitude in HU.</summary>
    public required float MottleHu { get; init; }

    public required float EdemaMm { get; init; }

    internal static HematomaSpecification Draw(PhantomRandom random)
    {
        float volumeMl = Math.Clamp(MathF.Exp(MathF.Log(18) + 0.9f * random.Normal()), 1.5f, 90);
        Vector3 shape = new(random.Uniform(0.75, 1.1), random.Uniform(0.9, 1.5), random.Uniform(0.75, 1.1));
        float radius = MathF.Cbrt(volumeMl * 1000 * 3 / (4 * MathF.PI * shape.X * shape.Y * shape.Z));
        Vector3 radii = shape * radius;
        float side = random.Chance(0.5) ? 1 : -1;
        Vector3 centre = random.Uniform(0, 1) switch
        {
            < 0.45f => new(side * random.Uniform(22, 32), random.Uniform(-12, 8), random.Uniform(-2, 14)), // putamen
            < 0.65f => new(side * random.Uniform(10, 16), random.Uniform(2, 14), random.Uniform(0, 12)), // thalamus
            < 0.90f => new(side * random.Uniform(26, 42), random.Uniform(-40, 40), random.Uniform(10, 40)), // lobar
            _ => new(side * random.Uniform(8, 25), random.Uniform(45, 58), random.Uniform(-42, -32)), // cerebellum
        };
        bool irregular = random.Chance(0.4);
        List<(Vector3, float)> lobes = [];
        if (irregular)
            for (int i = random.Whole(2, 4); i > 0; i--) lobes.Add((Around(random, centre, radii, 0.95f), radius * random.Uniform(0.3, 0.5)));
        List<(Vector3, float)> foci = [];
        for (int i = random.Chance(0.4) ? random.Whole(1, 5) : 0; i > 0; i--)
        {
            float size = random.Uniform(2.4, 4.6);
            foci.Add((Around(random, centre, radii, 1 + (size + random.Uniform(5, 11)) / radius), size));
        }

        // At most two of the density signs at once: more would hide each other.
        int kinds = random.Chance(0.6) ? random.Whole(1, 2) : 0;
        bool[] has = new bool[5];
        for (int i = 0; i < kinds; i++) has[random.Whole(0, 4)] = true;
        if (has[0]) has[1] = has[3] = false;
        bool steep = random.Chance(0.7);
        float small = MathF.Min(radii.X, radii.Z);
        return new HematomaSpecification
        {
            Centre = centre,
            RadiiMm = radii,
            Roughness = irregular ? random.Uniform(0.15, 0.3) : random.Uniform(0.02, 0.1),
            Lobes = lobes,
            Foci = foci,
            ClotHu = random.Uniform(52, 84),
            Blend = has[0]
                ? (Vector3.Normalize(new(random.Normal(), random.Normal(), 0.3f * random.Normal())), random.Uniform(-0.2, 0.35),
                    steep ? random.Uniform(20, 32) : random.Uniform(8, 15))
                : null,
            Hole = has[1] && small > 8
                ? (centre + 0.15f * radii * new Vector3(random.Normal(), random.Normal(), 0), MathF.Max(4, small * random.Uniform(0.3, 0.42)),
                    steep ? random.Uniform(30, 40) : random.Uniform(12, 24))
                : null,
            SwirlDropHu = has[2] ? random.Uniform(18, 32) : 0,
            FluidLevel = has[3] ? (random.Uniform(-0.3, 0.3) * radii.Y, random.Uniform(16, 30)) : null,
            MottleHu = has[4] ? random.Uniform(12, 20) : random.Uniform(1, 3),
            EdemaMm = random.Uniform(0, 8),
        };
    }

    private static Vector3 Around(PhantomRandom random, Vector3 centre, Vector3 radii, float distance)
    {
        Vector3 direction = Vector3.Normalize(new(random.Normal(), random.Normal(), 0.5f * random.Normal()));
        return centre + distance * radii * direction;
    }
}
