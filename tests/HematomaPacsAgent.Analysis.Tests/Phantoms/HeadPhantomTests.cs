using System.Numerics;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Phantoms;

public sealed class HeadPhantomTests
{
    [Fact]
    public void The_same_seed_gives_the_same_voxels_and_another_seed_another_head()
    {
        PhantomSpecification head = PhantomSpecification.FromSeed(41, 96);
        PhantomCase first = HeadPhantom.Render(head), again = HeadPhantom.Render(head);
        Assert.Equal(first.Volume.Hounsfield, again.Volume.Hounsfield);
        Assert.Equal(first.Hematoma.Voxels, again.Hematoma.Voxels);
        Assert.NotEqual(first.Volume.Hounsfield, HeadPhantom.Render(PhantomSpecification.FromSeed(42, 96)).Volume.Hounsfield);
    }

    [Fact]
    public void Each_regime_scans_in_its_own_way_and_a_given_pixel_size_holds_in_all()
    {
        PhantomSpecification[] thin = [.. Enumerable.Range(0, 40).Select(seed => PhantomSpecification.FromSeed(seed, 128, regime: ScannerRegime.B))];
        PhantomSpecification[] outside = [.. Enumerable.Range(0, 40).Select(seed => PhantomSpecification.FromSeed(seed, 128, regime: ScannerRegime.C))];
        Assert.All(thin, head => Assert.True(head.SliceSpacingMm <= 5 && head.TiltDegrees <= 12));
        Assert.All(outside, head => Assert.True(head.SliceSpacingMm is 4 or 6 && head.TiltDegrees is >= 10 and <= 23));
        Assert.All(Enum.GetValues<ScannerRegime>(), regime => Assert.Equal(1.2, PhantomSpecification.FromSeed(7, 192, 1.2, regime).PixelSpacingMm));
    }

    [Theory]
    [InlineData(10f, 14f, 10f)]
    [InlineData(18f, 22f, 16f)]
    public void The_truth_of_a_smooth_ellipsoid_has_its_analytic_volume(float x, float y, float z)
    {
        PhantomSpecification head = Head(hematoma => hematoma with { RadiiMm = new(x, y, z) });
        PhantomCase phantom = HeadPhantom.Render(head with { SliceSpacingMm = 2.5, Slices = 48, Matrix = 96, PixelSpacingMm = 2 });
        Assert.Equal(4 / 3.0 * Math.PI * x * y * z / 1000, phantom.HematomaMl, 0.05 * phantom.HematomaMl);
    }

    [Fact]
    public void A_head_has_air_around_it_and_a_skull_brain_and_blood_at_their_densities()
    {
        PhantomCase phantom = HeadPhantom.Render(Head(hematoma => hematoma with { ClotHu = 70 }));
        Volume volume = phantom.Volume;
        int middle = phantom.Hematoma.LargestSlice, start = middle * volume.Geometry.PixelsPerSlice;
        Assert.Equal(-1000, volume.Slice(middle)[0], 60.0);
        Assert.True(volume.Slice(middle).ToArray().Max() > 500);
        short[] blood = [.. volume.Slice(middle).ToArray().Where((_, i) => phantom.Hematoma.Voxels[start + i])];
        Assert.Equal(70, blood.Average(hu => (double)hu), 6.0);
        short[] brain = [.. volume.Slice(middle).ToArray().Where((hu, i) => hu is > 10 and < 50 && !phantom.Hematoma.Voxels[start + i])];
        Assert.InRange(brain.Average(hu => (double)hu), 22, 40);
    }

    [Fact]
    public void Tilted_slices_climb_along_z_as_a_table_moves()
    {
        VolumeGeometry geometry = HeadPhantom.Render(Head(h => h) with { TiltDegrees = 15, Matrix = 64 }).Volume.Geometry;
        Vector3 step = geometry.Origins[1] - geometry.Origins[0];
        Assert.Equal((0f, 0f), (step.X, step.Y));
        Assert.Equal(5, geometry.MedianSliceSpacingMm, 1e-3);
        Assert.Equal(5 / Math.Cos(15 * Math.PI / 180), step.Z, 1e-3);
    }

    [Fact]
    public void Blood_lies_inside_the_skull_and_about_a_third_of_the_heads_have_none()
    {
        int without = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 128));
            if (phantom.Hematoma.IsEmpty) without++;
            IntracranialSpace space = IntracranialSpace.Find(phantom.Volume);
            Assert.True(space.LooksLikeHead, $"seed {seed}: {space.Reason}");
            int all = phantom.Hematoma.Voxels.Count(set => set);
            int inside = phantom.Hematoma.Voxels.Where((set, i) => set && space.Mask.Voxels[i]).Count();
            Assert.True(inside >= 0.9 * all, $"seed {seed}: {inside} of {all} voxels of blood inside");
        }

        Assert.InRange(without, 1, 8);
    }

    [Fact]
    public async Task Numpy_reads_an_archived_phantom()
    {
        string python = Programs.Find("/usr/bin/python3", "python3-numpy");
        using TemporaryFolder temporary = new();
        string folder = temporary.Path;
        PhantomCase phantom = HeadPhantom.Render(PhantomSpecification.FromSeed(3, 64));
        PhantomArchive.Write(phantom, folder);
        const string Script = """
            import json, sys, numpy as np
            v, m, c = np.load(sys.argv[1] + '/volume.npy'), np.load(sys.argv[1] + '/mask.npy'), json.load(open(sys.argv[1] + '/case.json'))
            print(v.dtype, v.shape == m.shape, int(v.astype(np.int64).sum()), int(m.sum()), c['seed'])
            """;
        (int exit, string output) = await Programs.RunAsync(python, ["-c", Script, folder], TestContext.Current.CancellationToken);
        if (output.Contains("No module named", StringComparison.Ordinal)) Assert.Skip("numpy not installed: apt-get install python3-numpy");
        Assert.Equal(0, exit);
        long sum = phantom.Volume.Hounsfield.Sum(hu => (long)hu);
        Assert.Equal($"int16 True {sum} {phantom.Hematoma.Voxels.Count(set => set)} 3", output.Trim());
    }

    /// <summary>An upright head without noise or artefacts, and a smooth round hematoma in it.</summary>
    internal static PhantomSpecification Head(Func<HematomaSpecification, HematomaSpecification> change) => new()
    {
        Seed = 1, Matrix = 128, PixelSpacingMm = 1.6, Slices = 28, SliceSpacingMm = 5, TiltDegrees = 0, HeadMm = (76, 95, 84, 95), SkullMm = 6,
        Pose = (0, 0, 0), WhiteMatterHu = 26, GreyMatterHu = 32, Atrophy = 1, NoiseHu = 0, CuppingHu = 0, BeamHardening = default, Calcifications = 0,
        Hematoma = change(new HematomaSpecification
        {
            Centre = new(26, 0, 14), RadiiMm = new(15, 20, 15), Roughness = 0, Lobes = [], Foci = [],
            ClotHu = 66, SwirlDropHu = 0, MottleHu = 0, EdemaMm = 0,
        }),
    };
}
