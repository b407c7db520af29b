using System.Diagnostics;
using System.Numerics;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Signs;
using static HematomaPacsAgent.Analysis.Models.SignState;
using static HematomaPacsAgent.Analysis.Tests.Signs.DrawnHematoma;

namespace HematomaPacsAgent.Analysis.Tests.Signs;

/// <summary>Each sign by its criterion and by its near miss, on hematomas drawn for it, across pixel spacings, slice thicknesses, tilt and noise.</summary>
public sealed class SignRulesTests
{
    /// <summary>Pixel spacing, slice thickness, tilt, noise.</summary>
    public static TheoryData<double, double, double, double> Scans => new()
    {
        { 0.8, 5, 0, 0 }, { 0.45, 5, 0, 0 }, { 1.2, 5, 0, 0 }, { 0.8, 1, 0, 0 }, { 0.8, 2.5, 0, 0 }, { 0.8, 7, 0, 0 }, { 0.8, 5, 20, 0 },
        { 0.8, 5, 0, 4 }, { 0.45, 5, 0, 5 }, { 0.8, 2.5, 15, 5 },
    };

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_plain_ball_has_no_sign(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise), noise), []);

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_half_22_HU_below_is_a_blend_and_nothing_else(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => at.X + 0.5 * at.Y > 3 ? 44 : 66 }, noise), ["blend-sign"], "swirl-sign");

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_half_14_HU_below_is_no_blend(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => at.X + 0.5 * at.Y > 3 ? 52 : 66 }, noise), []);

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_ball_within_34_HU_below_is_a_black_hole_and_a_hypodensity(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => Ball(at, new(3, 2, 0), 9) ? 38 : 72 }, noise),
            ["black-hole-sign", "intrahematoma-hypodensity"], "swirl-sign");

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_ball_within_20_HU_below_is_a_hypodensity_and_no_black_hole(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => Ball(at, new(3, 2, 0), 9) ? 48 : 68 }, noise), ["intrahematoma-hypodensity"]);

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_ball_that_breaks_through_the_border_is_no_black_hole(double spacing, double slice, double tilt, double noise)
    {
        Dictionary<string, SignRuling> rulings = Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => Ball(at, new(16, 0, 0), 9) ? 38 : 72 }, noise);
        Assert.Equal(Absent, rulings["black-hole-sign"].State);
        Assert.Equal(Absent, rulings["intrahematoma-hypodensity"].State);
    }

    [Theory]
    [MemberData(nameof(Scans))]
    public void Blood_as_dark_as_brain_over_fifteen_millimetres_is_a_swirl(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Present, Judge(Scan(spacing, slice, tilt, noise) with
        {
            Hu = at => Ellipsoid(at, new(-4, 0, 0), new(4, 8, 20)) ? 30 : 68,
        }, noise)["swirl-sign"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_dark_streak_well_above_brain_is_no_swirl(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Absent, Judge(Scan(spacing, slice, tilt, noise) with
        {
            Hu = at => Ellipsoid(at, new(-4, 0, 0), new(4, 8, 20)) ? 52 : 72,
        }, noise)["swirl-sign"].State);

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2.5, 0)]
    [InlineData(5, 0)]
    [InlineData(5, 4)]
    public void Blood_as_dark_as_brain_on_one_thick_slice_is_no_swirl(double slice, double noise) =>
        Assert.Equal(Absent, Judge(Scan(0.8, slice, 0, noise) with
        {
            Hu = at => Ellipsoid(at with { Z = 0 }, new(-4, 0, 0), new(5, 9, 1)) && Math.Abs(at.Z) < 2.5 ? 30 : 68,
        }, noise)["swirl-sign"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void Dense_blood_settled_below_a_horizontal_level_is_a_fluid_level_and_no_blend(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => at.Y < -2 ? 44 : 68 }, noise), ["fluid-level"]);

    [Theory]
    [MemberData(nameof(Scans))]
    public void A_border_12_degrees_off_horizontal_is_a_blend_and_no_level(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => at.Y < -2 + 0.2126f * at.X ? 44 : 68 }, noise), ["blend-sign"], "swirl-sign");

    [Theory]
    [MemberData(nameof(Scans))]
    public void Dense_blood_above_and_dark_below_is_no_fluid_level(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Absent, Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => at.Y > 2 ? 44 : 68 }, noise)["fluid-level"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void One_small_focus_beside_is_a_satellite(double spacing, double slice, double tilt, double noise) =>
        AssertOnly(Judge(Scan(spacing, slice, tilt, noise) with
        {
            Blood = at => Ball(at, default, 18) || Ball(at, new(27, 0, 0), 4),
        }, noise), ["satellite-sign"]);

    [Theory]
    [InlineData(5, 7)] // too large
    [InlineData(23, 3)] // too far
    [InlineData(-1, 3)] // joined
    public void A_focus_too_large_too_far_or_joined_is_no_satellite(float gap, float radius) =>
        Assert.Equal(Absent, Judge(Scan(0.8, 2.5, 0, 0) with
        {
            Size = 128, Blood = at => Ball(at, new(-12, 0, 0), 14) || Ball(at, new(2 + gap + radius, 0, 0), radius),
        }, 0)["satellite-sign"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void Three_separate_foci_are_islands(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Present, Judge(Scan(spacing, slice, tilt, noise) with
        {
            Blood = at => Ball(at, default, 17) || Foci(at, 3, 26, 4.5f),
        }, noise)["island-sign"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void Two_separate_foci_are_no_islands(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Absent, Judge(Scan(spacing, slice, tilt, noise) with
        {
            Blood = at => Ball(at, default, 17) || Foci(at, 2, 26, 4.5f),
        }, noise)["island-sign"].State);

    [Theory]
    [InlineData(0.45, 5)]
    [InlineData(0.8, 5)]
    [InlineData(0.8, 2.5)]
    public void Four_buds_on_stalks_are_islands_and_three_are_not(double spacing, double slice)
    {
        Func<Vector3, bool> Budding(int count) => at => Ball(at, default, 17) || Foci(at, count, 21, 5);
        SignRuling four = Judge(Scan(spacing, slice, 0, 0) with { Blood = Budding(4) }, 0)["island-sign"];
        Assert.Equal((Present, 0d, 4d), (four.State, four.Measures["separate"], four.Measures["buds"]));
        Assert.Equal(Absent, Judge(Scan(spacing, slice, 0, 0) with { Blood = Budding(3) }, 0)["island-sign"].State);
    }

    [Theory]
    [MemberData(nameof(Scans))]
    public void Three_lobes_are_irregular(double spacing, double slice, double tilt, double noise) =>
        Assert.Equal(Present, Judge(Scan(spacing, slice, tilt, noise) with
        {
            Blood = at => Ball(at, default, 15) || Foci(at, 3, 17, 8),
        }, noise)["irregular-shape"].State);

    [Theory]
    [MemberData(nameof(Scans))]
    public void An_ellipsoid_and_one_with_a_single_bump_are_regular(double spacing, double slice, double tilt, double noise)
    {
        foreach (float bump in (float[])[0, 7])
            Assert.Equal(Absent, Judge(Scan(spacing, slice, tilt, noise) with
            {
                Blood = at => Ellipsoid(at, default, new(14, 22, 18)) || Ball(at, new(14, 0, 0), bump),
            }, noise)["irregular-shape"].State);
    }

    [Theory]
    [MemberData(nameof(Scans))]
    public void Four_dark_foci_are_heterogeneous_and_two_are_not(double spacing, double slice, double tilt, double noise)
    {
        Assert.Equal(Present, Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => Foci(at, 4, 11, 5) ? 46 : 68 }, noise)["heterogeneous-density"].State);
        Assert.Equal(Absent, Judge(Scan(spacing, slice, tilt, noise) with { Hu = at => Foci(at, 2, 11, 5) ? 46 : 68 }, noise)["heterogeneous-density"].State);
    }

    [Fact]
    public void A_slow_change_of_density_is_no_blend()
    {
        SignRuling blend = Judge(Scan(0.8, 5, 0, 0) with { Hu = at => Math.Clamp(57 + at.X * 0.9, 40, 74) }, 0)["blend-sign"];
        Assert.True(blend.State == Absent, blend.Because);
        Assert.Contains("not sharp", blend.Because);
    }

    [Fact]
    public void Only_noise_makes_a_difference_near_its_limit_indeterminate()
    {
        DrawnHematoma near = Scan(0.8, 5, 0, 0) with { Hu = at => at.X > 3 ? 47.5 : 66 };
        Assert.Equal(Present, Judge(near, 0)["blend-sign"].State);
        Assert.Equal(Indeterminate, Judge(near with { NoiseHu = 5 }, 5)["blend-sign"].State);
        DrawnHematoma hole = Scan(0.8, 5, 0, 0) with { Hu = at => Ball(at, new(3, 2, 0), 10) ? 43.5 : 71 };
        Assert.Equal(Absent, Judge(hole, 0)["black-hole-sign"].State);
        Assert.Equal(Indeterminate, Judge(hole with { NoiseHu = 5 }, 5)["black-hole-sign"].State);
    }

    [Theory]
    [InlineData(0.45, 3)]
    [InlineData(0.8, 5)]
    [InlineData(1.2, 6)]
    public void The_noise_is_estimated_within_a_fifth(double spacing, double noise)
    {
        (Volume volume, Mask mask) = (Scan(spacing, 2.5, 0, noise) with { Hu = at => at.X > 3 ? 44 : 66 }).Render();
        double estimated = SignRules.Judge(volume, mask).Single(ruling => ruling.Code == "heterogeneous-density").Measures["noiseHu"];
        Assert.InRange(estimated, 0.8 * noise, 1.2 * noise);
    }

    [Fact]
    public void A_dark_part_that_the_mask_left_out_is_filled_in()
    {
        (Volume volume, Mask mask) = (Scan(0.8, 5, 0, 4) with { Hu = at => Ball(at, new(3, 2, 0), 9) ? 36 : 72 }).Render();
        VolumeGeometry g = volume.Geometry;
        for (int i = 0; i < mask.Voxels.Length; i++)
        {
            Vector3 at = g.ToPatient(i % g.Columns, i / g.Columns % g.Rows, i / g.PixelsPerSlice);
            // The hole, and a channel of two pixels from it to the outside.
            if (Ball(at, new(3, 2, 0), 9) || (at.X > 3 && Math.Abs(at.Y - 1.6) < 0.7)) mask.Voxels[i] = false;
        }

        SignRuling ruling = SignRules.Judge(volume, mask).Single(ruling => ruling.Code == "black-hole-sign");
        Assert.True(ruling.State == Present, ruling.Because);
    }

    [Fact]
    public void Blood_in_the_ventricles_is_no_island()
    {
        (Volume volume, Mask mask) = (Scan(0.8, 5, 0, 0) with { Blood = at => Ball(at, default, 17) || Foci(at, 3, 26, 4.5f) }).Render();
        VolumeGeometry g = volume.Geometry;
        Mask ventricles = new(g);
        for (int i = 0; i < mask.Voxels.Length; i++)
            ventricles.Voxels[i] = !Ball(g.ToPatient(i % g.Columns, i / g.Columns % g.Rows, i / g.PixelsPerSlice), default, 20);
        Assert.Equal(Present, SignRules.Judge(volume, mask, 0).Single(ruling => ruling.Code == "island-sign").State);
        Dictionary<string, SignRuling> without = SignRules.Judge(volume, mask, 0, ventricles).ToDictionary(ruling => ruling.Code);
        Assert.Equal((Absent, Absent), (without["island-sign"].State, without["satellite-sign"].State));
        Assert.Throws<ArgumentException>(() => SignRules.Judge(volume, mask, 0, mask));
    }

    [Fact]
    public void A_voxel_a_slice_and_a_hematoma_at_the_images_edge_are_judged_and_an_empty_mask_is_refused()
    {
        (Volume volume, Mask mask) = Scan(0.8, 5, 0, 4).Render();
        Assert.Throws<ArgumentException>(() => SignRules.Judge(volume, new Mask(volume.Geometry)));
        Assert.Throws<ArgumentOutOfRangeException>(() => SignRules.Judge(volume, mask, double.NaN));
        Mask voxel = new(volume.Geometry);
        voxel.Voxels[0] = true;
        foreach (SignRuling ruling in SignRules.Judge(volume, voxel)) Assert.Equal(Absent, ruling.State);
        Mask everything = new(volume.Geometry, [.. mask.Voxels.Select(_ => true)]);
        Assert.Equal(9, SignRules.Judge(volume, everything).Count);
        foreach (float away in (float[])[-38, 38])
            AssertOnly(Judge(Scan(0.8, 5, 0, 0) with { Blood = at => Ball(at, new(away, away, 0), 20) }, 0), []);
        Dictionary<string, SignRuling> one = Judge(Scan(0.8, 5, 0, 0) with { Slices = 1, Hu = at => at.X > 3 ? 42 : 66 }, 0);
        AssertOnly(one, ["blend-sign"]);
        Assert.All(one.Values, ruling => Assert.Equal(0, ruling.KeySlice));
    }

    [Fact]
    public void The_key_slice_is_the_one_that_shows_the_sign_and_the_sentence_has_its_figures()
    {
        SignRuling hole = Judge(Scan(0.8, 5, 0, 0) with { Hu = at => Ball(at, new(3, 2, 7), 8) ? 38 : 72 }, 0)["black-hole-sign"];
        Assert.Equal(Present, hole.State);
        Assert.InRange(hole.KeySlice, 7, 8);
        Assert.InRange(hole.Measures["deltaHu"], 30, 34.5);
        Assert.Matches(@"^a dark part of \d\.\d ml is closed off by bright blood, 3\d\.\d HU below it; 28 are needed$", hole.Because);
        Assert.All(hole.Measures.Values, value => Assert.True(double.IsFinite(value)));
    }

    [Fact]
    public void The_codes_are_those_of_the_phantoms() => Assert.Equal(PhantomSigns.Codes, SignRules.Codes);

    [Theory]
    [InlineData(192, 28, 1.2, 0, 50)]
    [InlineData(512, 28, 0.45, 4, 500)]
    public void It_is_fast_enough_to_label_phantoms(int size, int slices, double spacing, double noise, double limitMs)
    {
        (Volume volume, Mask mask) = (Scan(spacing, 5, 0, noise) with
        {
            Size = size, Slices = slices, Blood = at => Ellipsoid(at, default, new(22, 32, 28)) || Foci(at, 4, 38, 4), Hu = at => Foci(at, 5, 12, 6) ? 44 : 70,
        }).Render();
        SignRules.Judge(volume, mask, noise);
        double best = Enumerable.Range(0, 5).Min(_ =>
        {
            long started = Stopwatch.GetTimestamp();
            SignRules.Judge(volume, mask, noise);
            return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        });
        TestContext.Current.SendDiagnosticMessage("sign rules on {0} x {0} x {1}: {2:F1} ms", size, slices, best);
        Assert.True(best < limitMs, $"{best:F0} ms, {limitMs} allowed");
    }

    private static DrawnHematoma Scan(double spacing, double slice, double tilt, double noise) => new()
    {
        SpacingMm = spacing, SliceMm = slice, TiltDegrees = tilt, NoiseHu = noise, Size = (int)(84 / spacing), Slices = (int)(62 / slice) | 1,
    };

    /// <summary>Balls at equal angles around the middle, in the plane of the middle slice.</summary>
    private static bool Foci(Vector3 at, int count, float distance, float radius)
    {
        for (int k = 0; k < count; k++)
        {
            (float sin, float cos) = MathF.SinCos(2 * MathF.PI * k / count + 0.4f);
            if (Ball(at, new(distance * cos, distance * sin, 0), radius)) return true;
        }

        return false;
    }

    private static Dictionary<string, SignRuling> Judge(DrawnHematoma drawn, double noise)
    {
        (Volume volume, Mask mask) = drawn.Render();
        return SignRules.Judge(volume, mask, noise == 0 ? 0 : null).ToDictionary(ruling => ruling.Code);
    }

    private static void AssertOnly(Dictionary<string, SignRuling> rulings, string[] present, params string[] either)
    {
        foreach (SignRuling ruling in rulings.Values)
            if (!either.Contains(ruling.Code))
                Assert.True(ruling.State == (present.Contains(ruling.Code) ? Present : Absent), $"{ruling.Code} {ruling.State}: {ruling.Because}");
    }
}
