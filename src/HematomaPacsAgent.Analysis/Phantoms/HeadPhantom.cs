using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>A rendered phantom and its truth.</summary>
/// <param name="Volume">The CT.</param>
/// <param name="Hematoma">Truth: every voxel whose middle lies in blood, hypodense parts included.</param>
/// <param name="Signs">Truth of each sign, from what was rendered.</param>
public sealed record PhantomCase(Volume Volume, Mask Hematoma, IReadOnlyDictionary<string, bool> Signs, PhantomSpecification Specification)
{
    public double HematomaMl => Hematoma.VolumeMl;
}

/// <summary>Renders computer-made head CTs: for the demo, the tests and the training of the demonstration models. No patient, no likeness of one.</summary>
public static class HeadPhantom
{
    /// <summary>The same specification gives the same voxels, on any number of cores.</summary>
    public static PhantomCase Render(PhantomSpecification specification)
    {
        VolumeGeometry geometry = Geometry(specification);
        HeadAnatomy anatomy = new(specification);
        HematomaModel? hematoma = specification.Hematoma is { } h ? new HematomaModel(h, specification.Seed) : null;
        short[] hounsfield = new short[geometry.PixelsPerSlice * geometry.Slices];
        bool[] truth = new bool[hounsfield.Length];
        float[] clean = new float[hounsfield.Length];
        Parallel.For(0, geometry.Slices, slice =>
        {
            Span<float> ideal = clean.AsSpan(slice * geometry.PixelsPerSlice, geometry.PixelsPerSlice);
            RenderSlice(specification, geometry, anatomy, hematoma, slice, ideal, truth.AsSpan(slice * geometry.PixelsPerSlice, geometry.PixelsPerSlice));
            ScannerNoise.Apply(specification, geometry, slice, ideal, hounsfield.AsSpan(slice * geometry.PixelsPerSlice, geometry.PixelsPerSlice));
        });
        Mask mask = new(geometry, truth);
        return new PhantomCase(new Volume(geometry, hounsfield), mask, PhantomSigns.Of(hematoma, mask, clean), specification);
    }

    private static VolumeGeometry Geometry(PhantomSpecification s)
    {
        float tilt = (float)(s.TiltDegrees * Math.PI / 180);
        Vector3 column = new(0, MathF.Cos(tilt), -MathF.Sin(tilt));
        float half = (float)(s.Matrix - 1) / 2 * (float)s.PixelSpacingMm;
        float lowest = -0.42f * (s.Slices - 1) * (float)s.SliceSpacingMm;
        // The table moves along z, so each tilted slice begins straight above the one below.
        float step = (float)s.SliceSpacingMm / MathF.Cos(tilt);
        return new VolumeGeometry(s.Matrix, s.Matrix, Vector3.UnitX, column, s.PixelSpacingMm, s.PixelSpacingMm,
            [.. Enumerable.Range(0, s.Slices).Select(k => new Vector3(-half, 0, lowest + k * step) - column * half)], s.SliceSpacingMm);
    }

    private static void RenderSlice(PhantomSpecification s, VolumeGeometry geometry, HeadAnatomy anatomy, HematomaModel? hematoma, int slice, Span<float> ideal, Span<bool> truth)
    {
        (float sin, float cos) = MathF.SinCos(s.Pose.Turn);
        ValueNoise edema = new(s.Seed * 7 + 5);
        for (int row = 0; row < geometry.Rows; row++)
            for (int column = 0; column < geometry.Columns; column++)
            {
                Vector3 patient = geometry.ToPatient(column, row, slice);
                Vector3 at = new(cos * (patient.X - s.Pose.X) + sin * (patient.Y - s.Pose.Y), -sin * (patient.X - s.Pose.X) + cos * (patient.Y - s.Pose.Y), patient.Z);
                int i = row * geometry.Columns + column;
                float value = anatomy.Hounsfield(at);
                if (hematoma is not null && value > -200 && value < 300)
                {
                    float rho = hematoma.Rho(at);
                    bool near = rho < 2, blood = near && rho < 1 || hematoma.FocusRho(at) < 1;
                    // Blood stays inside the skull.
                    float room = near || blood ? anatomy.IntracranialDepthMm(at) : 0;
                    if (blood && room > 0.5f)
                    {
                        truth[i] = true;
                        value = hematoma.Hounsfield(at);
                    }
                    else if (near && room > 0.5f && hematoma.Specification.EdemaMm > 0)
                    {
                        float distance = (rho - 1) * hematoma.Specification.RadiiMm.X / (hematoma.Specification.EdemaMm * (1 + 0.5f * edema.At(at.X, at.Y, at.Z, 12)));
                        if (distance < 1) value = Math.Min(value, 18 + 8 * distance);
                    }
                }

                ideal[i] = value;
            }
    }
}
