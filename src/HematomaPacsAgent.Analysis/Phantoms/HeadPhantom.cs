using System.Numerics;

namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>A rendered phantom and its truth.</summary>
/// <param name="Volume">The CT.</param>
/// <param name="Hematoma">Truth: every voxel whose middle lies in blood, hypodense parts included.</param>
/// <param name="Signs">Truth of each sign, from what was rendered.</param>
public sealed record PhantomCase(Volume Volume, Mask Hematoma, IReadOnlyDictionary<string, bool> Signs, PhantomSpecification Specification)
{
    public double HematomaMl => Hematoma.VolumeMl;

    /// <summary>Truth by class key.</summary>
    public IReadOnlyDictionary<string, Mask> Masks => new Dictionary<string, Mask> { ["hematoma"] = Hematoma };
}

/// <summary>Renders computer-made head CTs for the demo, the tests and the training of the demonstration models. No likeness of a patient.</summary>
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
            int start = slice * geometry.PixelsPerSlice;
            Slab slab = new(clean, truth, start, new float[geometry.PixelsPerSlice]);
            RenderSlice(specification, geometry, anatomy, hematoma, slice, slab);
            ScannerNoise.Apply(specification, geometry, slice, slab.Mean, hounsfield.AsSpan(start, geometry.PixelsPerSlice));
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

    private static void RenderSlice(PhantomSpecification s, VolumeGeometry geometry, HeadAnatomy anatomy, HematomaModel? hematoma,
        int slice, Slab slab)
    {
        (float sin, float cos) = MathF.SinCos(s.Pose.Turn);
        ValueNoise edema = new(s.Seed * 7 + 5);
        Vector3 third = Vector3.UnitZ * (float)s.SliceSpacingMm / 3;
        for (int row = 0; row < geometry.Rows; row++)
            for (int column = 0; column < geometry.Columns; column++)
            {
                Vector3 patient = geometry.ToPatient(column, row, slice);
                float x = patient.X - s.Pose.X, y = patient.Y - s.Pose.Y;
                Vector3 at = new(cos * x + sin * y, -sin * x + cos * y, patient.Z);
                int i = row * geometry.Columns + column;
                Place place = anatomy.Locate(at);
                (float middle, slab.Blood[slab.Start + i]) = Tissue(anatomy, hematoma, edema, place);
                slab.Middle[slab.Start + i] = middle;
                // The skull is averaged over the slice's thickness by formula; only where blood is near are more planes worth their time.
                bool near = hematoma is not null && middle is > -200 and < 300 && (hematoma.Rho(at) < 1.7f || hematoma.FocusRho(at) < 2.5f);
                float mean = near ? (middle + Hu(at - third) + Hu(at + third)) / 3 : middle;
                slab.Mean[i] = mean is > -300 and < 600 ? mean + anatomy.BeamHardeningHu(place) : mean;
            }

        float Hu(Vector3 at) => Tissue(anatomy, hematoma, edema, anatomy.Locate(at)).Hu;
    }

    private static (float Hu, bool Blood) Tissue(HeadAnatomy anatomy, HematomaModel? hematoma, ValueNoise edema, Place place)
    {
        Vector3 at = place.At;
        float value = anatomy.Hounsfield(place);
        if (hematoma is null || value is < -200 or > 300) return (value, false);
        float rho = hematoma.Rho(at);
        bool blood = rho < 1 || hematoma.FocusRho(at) < 1;
        if (!blood && rho >= 2) return (value, false);
        // Blood and edema stay inside the skull.
        if (anatomy.IntracranialDepthMm(place) <= 0.5f) return (value, false);
        if (blood) return (hematoma.Hounsfield(at), true);
        HematomaSpecification h = hematoma.Specification;
        if (h.EdemaMm <= 0) return (value, false);
        float distance = (rho - 1) * h.RadiiMm.X / (h.EdemaMm * (1 + 0.5f * edema.At(at.X, at.Y, at.Z, 12)));
        return (distance < 1 ? Math.Min(value, 18 + 8 * distance) : value, false);
    }

    /// <summary>One slice in the making: its middle plane, which holds the truth, and the mean over its thickness, which a scanner shows.</summary>
    private sealed record Slab(float[] Middle, bool[] Blood, int Start, float[] Mean);
}
