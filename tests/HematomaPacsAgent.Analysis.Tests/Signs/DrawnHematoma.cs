using System.Numerics;

namespace HematomaPacsAgent.Analysis.Tests.Signs;

/// <summary>
/// A hematoma as a function of place, rendered as a scanner does: thick slices average what they hold, the in-plane blur is a kernel's, and the mask is
/// what is more than half blood. Brain 34 HU, blood 66 unless a test says otherwise.
/// </summary>
internal sealed record DrawnHematoma
{
    public double SpacingMm { get; init; } = 0.8;
    public double SliceMm { get; init; } = 5;
    public double TiltDegrees { get; init; }
    public int Size { get; init; } = 96;
    public int Slices { get; init; } = 13;
    public double NoiseHu { get; init; }
    public int Seed { get; init; } = 1;

    /// <summary>Blood, in mm from the middle of the grid.</summary>
    public Func<Vector3, bool> Blood { get; init; } = at => Ball(at, default, 22);

    /// <summary>Its density, HU.</summary>
    public Func<Vector3, double> Hu { get; init; } = _ => 66;

    public static bool Ball(Vector3 at, Vector3 centre, float radius) => Vector3.DistanceSquared(at, centre) < radius * radius;

    public static bool Ellipsoid(Vector3 at, Vector3 centre, Vector3 radii) => ((at - centre) / radii).LengthSquared() < 1;

    public (Volume Volume, Mask Mask) Render()
    {
        (float sin, float cos) = MathF.SinCos((float)(TiltDegrees * Math.PI / 180));
        Vector3 row = Vector3.UnitX, column = new(0, cos, sin), normal = Vector3.Cross(row, column);
        float half = (float)(Size * SpacingMm / 2), middle = (Slices - 1) / 2f;
        Vector3[] origins = [.. Enumerable.Range(0, Slices)
            .Select(k => -row * half - column * half + Vector3.UnitZ * (float)((k - middle) * SliceMm / normal.Z))];
        VolumeGeometry grid = new(Size, Size, row, column, SpacingMm, SpacingMm, origins, SliceMm);
        Volume volume = new(grid, new short[Size * Size * Slices]);
        Mask mask = new(grid);
        int samples = Math.Max(1, (int)Math.Round(SliceMm / 1.25));
        Random random = new(Seed);
        float[] slice = new float[Size * Size], share = new float[Size * Size];
        for (int k = 0; k < Slices; k++)
        {
            Array.Clear(slice);
            Array.Clear(share);
            for (int i = 0; i < slice.Length; i++)
                for (int z = 0; z < samples; z++)
                {
                    Vector3 at = grid.ToPatient(i % Size, i / Size, k) + normal * (float)(((z + 0.5) / samples - 0.5) * SliceMm);
                    bool blood = Blood(at);
                    share[i] += (blood ? 1f : 0f) / samples;
                    slice[i] += (float)(blood ? Hu(at) : 34) / samples;
                }

            float[] seen = Blurred(slice);
            float[] noise = Blurred([.. slice.Select(_ => (float)Normal(random))]);
            double scale = NoiseHu / Math.Sqrt(noise.Average(value => value * value));
            for (int i = 0; i < slice.Length; i++)
            {
                volume.Hounsfield[k * slice.Length + i] = (short)Math.Round(seen[i] + (NoiseHu > 0 ? scale * noise[i] : 0));
                mask.Voxels[k * slice.Length + i] = share[i] > 0.5;
            }
        }

        return (volume, mask);
    }

    /// <summary>A soft kernel: a Gaussian of 0.7 mm.</summary>
    private float[] Blurred(float[] slice)
    {
        const double Sigma = 0.7;
        int span = (int)Math.Ceiling(3 * Sigma / SpacingMm);
        double[] kernel = [.. Enumerable.Range(-span, 2 * span + 1).Select(k => Math.Exp(-0.5 * Math.Pow(k * SpacingMm / Sigma, 2)))];
        double sum = kernel.Sum();
        return Pass(Pass(slice, 1), Size);

        float[] Pass(float[] from, int step)
        {
            float[] to = new float[from.Length];
            for (int i = 0; i < from.Length; i++)
            {
                int place = step == 1 ? i % Size : i / Size;
                double value = 0;
                for (int k = -span; k <= span; k++) value += kernel[k + span] / sum * from[i + (Math.Clamp(place + k, 0, Size - 1) - place) * step];
                to[i] = (float)value;
            }

            return to;
        }
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
