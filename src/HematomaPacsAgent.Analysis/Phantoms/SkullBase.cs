using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>
/// The floor under the brain (three fossae, the petrous ridges, the great foramen) and what lies below it: bone with air cells, orbits, nose,
/// muscle, neck.
/// </summary>
internal sealed class SkullBase(PhantomSpecification head, ValueNoise coarse, ValueNoise fine)
{
    private const float Anterior = -22, Middle = -46, Posterior = -62, RidgeTop = -22;

    /// <summary>Mm above (positive) or below the floor of the skull.</summary>
    public float AboveFloorMm(Vector3 at)
    {
        if (at.Z > -8) return at.Z + 30; // no floor reaches up here
        float x = MathF.Abs(at.X), ridge = RidgeY(x);
        float floor = Mix(Anterior, Middle, Ramp((at.Y + 30) / 12));
        floor = Mix(floor, Posterior, Ramp((at.Y - ridge) / 10));
        floor = Mix(floor, RidgeTop, Bell((at.Y - ridge) / 7) * Ramp((x - 9) / 6));
        // The sella and the slope behind it.
        floor = Mix(floor, MathF.Max(floor, -28), Bell(x / 11) * (at.Y is > -32 and < 14 ? 1 : 0));
        floor += 4 * coarse.At(at.X, at.Y, 0, 18);
        float canal = 14 - MathF.Sqrt(x * x + (at.Y - 38) * (at.Y - 38));
        return at.Z - floor > canal ? at.Z - floor : canal;
    }

    /// <param name="at">Place.</param>
    /// <param name="depth">Mm below the skin.</param>
    /// <param name="above">Mm above the floor; negative below it.</param>
    public float Hounsfield(Vector3 at, float depth, float above)
    {
        float x = MathF.Abs(at.X), y = at.Y, noise = coarse.At(at.X, y, at.Z, 11);
        Vector3 eye = new(x - 31, y + 0.76f * head.HeadMm.Y, at.Z + 40);
        float orbit = eye.Length();
        if (orbit < 19) return orbit < 12 ? 12 + 6 * (orbit > 10.5f ? 1 : 0) : noise > 0.3f ? 45 : -85;
        if (orbit < 21) return 600;
        float canal = MathF.Sqrt(x * x + (y - 38) * (y - 38));
        if (canal < 24 && at.Z < -55) return 700 + 300 * fine.At(at.X, y, at.Z, 6); // the great foramen's rim and the first vertebra
        bool nose = x < 16 && y < -18, mastoid = x > 34 && y is > 4 and < 46;
        float bone = 6 + 4 * coarse.At(at.X, y, at.Z, 16) + 16 * Bell((y - RidgeY(x)) / 9) * Ramp((x - 9) / 6);
        if (-above < bone || depth < 4 + head.SkullMm && -above < 14)
            return mastoid && noise > 0 || nose && noise > 0.1f ? -850 : 750 + 350 * fine.At(at.X, y, at.Z, 7);
        if (nose) return fine.At(at.X, 0.4f * y, at.Z, 7) > 0.35f ? 250 : -950;
        if (coarse.At(at.X + 60, y, at.Z, 20) > 0.5f && y < 30) return 700; // jaw, cheek bone
        return noise > 0.3f ? -90 : 52 + 8 * fine.At(at.X, y, at.Z, 5);
    }

    /// <summary>The petrous bones run outwards and backwards.</summary>
    private static float RidgeY(float x) => 8 + 0.45f * (x - 12);

    private static float Ramp(float t) => Math.Clamp(t + 0.5f, 0, 1);

    private static float Bell(float t) => MathF.Exp(-t * t);

    private static float Mix(float a, float b, float share) => a + (b - a) * share;
}
