namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Smooth random fields in space, the same for the same seed: random values at lattice points, blended between them.</summary>
internal readonly struct ValueNoise(int seed)
{
    /// <summary>A value of about -1 to 1 that varies over about <paramref name="scaleMm"/>.</summary>
    public float At(float x, float y, float z, float scaleMm)
    {
        x /= scaleMm;
        y /= scaleMm;
        z /= scaleMm;
        int x0 = (int)MathF.Floor(x), y0 = (int)MathF.Floor(y), z0 = (int)MathF.Floor(z);
        float fx = Fade(x - x0), fy = Fade(y - y0), fz = Fade(z - z0);
        return Blend(Plane(x0, y0, z0, fx, fy), Plane(x0, y0, z0 + 1, fx, fy), fz);
    }

    private float Plane(int x, int y, int z, float fx, float fy) =>
        Blend(Blend(Lattice(x, y, z), Lattice(x + 1, y, z), fx), Blend(Lattice(x, y + 1, z), Lattice(x + 1, y + 1, z), fx), fy);

    private float Lattice(int x, int y, int z)
    {
        uint h = (uint)(x * 374761393 + y * 668265263 + z * 2147483647 + seed * 1274126177);
        h = (h ^ (h >> 13)) * 1274126177;
        h ^= h >> 16;
        return (h & 0xFFFFFF) / (float)0x7FFFFF - 1;
    }

    private static float Fade(float t) => t * t * (3 - 2 * t);

    private static float Blend(float a, float b, float t) => a + (b - a) * t;
}
