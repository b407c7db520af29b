using System.Numerics;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Phantoms;

/// <summary>Each sign by its criterion, and its near miss.</summary>
public sealed class PhantomSignsTests
{
    private static readonly Vector3 Centre = new(26, 0, 14);

    [Fact]
    public void A_plain_hematoma_shows_no_sign() => Assert.Empty(Signs(h => h));

    [Theory]
    [InlineData(24, true)]
    [InlineData(14, false)]
    public void A_blend_sign_needs_18_HU(float drop, bool present) =>
        Assert.Equal(present, Signs(h => h with { Blend = (Vector3.UnitY, 0.1f, drop) }).Contains("blend-sign"));

    [Fact]
    public void A_blend_plane_that_misses_the_hematoma_is_no_blend_sign() =>
        Assert.DoesNotContain("blend-sign", Signs(h => h with { Blend = (Vector3.UnitY, 3, 25) }));

    [Theory]
    [InlineData(34, true)]
    [InlineData(22, false)]
    public void A_black_hole_needs_28_HU_and_any_hole_is_a_hypodensity(float drop, bool blackHole)
    {
        IReadOnlyCollection<string> signs = Signs(h => h with { Hole = (Centre, 6, drop) });
        Assert.Equal(blackHole, signs.Contains("black-hole-sign"));
        Assert.Contains("intrahematoma-hypodensity", signs);
    }

    [Fact]
    public void Streaks_are_a_swirl_sign() => Assert.Contains("swirl-sign", Signs(h => h with { SwirlDropHu = 26 }));

    [Theory]
    [InlineData(1, true, false)]
    [InlineData(2, true, false)]
    [InlineData(3, true, true)]
    public void One_focus_is_a_satellite_and_three_are_islands(int count, bool satellite, bool islands)
    {
        (Vector3, float)[] foci =
            [(Centre + new Vector3(0, 32, 0), 4), (Centre + new Vector3(0, -32, 0), 4), (Centre + new Vector3(0, 24, 24), 4)];
        IReadOnlyCollection<string> signs = Signs(h => h with { Foci = foci[..count] });
        Assert.Equal((satellite, islands), (signs.Contains("satellite-sign"), signs.Contains("island-sign")));
    }

    [Theory]
    [InlineData(0.2f, true)]
    [InlineData(0.08f, false)]
    public void A_rough_surface_is_an_irregular_shape(float roughness, bool present) =>
        Assert.Equal(present, Signs(h => h with { Roughness = roughness }).Contains("irregular-shape"));

    [Theory]
    [InlineData(26, true)]
    [InlineData(3, false)]
    public void Mottled_blood_is_heterogeneous(float mottle, bool present) =>
        Assert.Equal(present, Signs(h => h with { MottleHu = mottle }).Contains("heterogeneous-density"));

    [Fact]
    public void A_level_across_the_hematoma_is_a_fluid_level() =>
        Assert.Contains("fluid-level", Signs(h => h with { FluidLevel = (0, 24) }));

    [Fact]
    public void Over_a_hundred_seeds_no_sign_is_rare_or_common_beyond_use()
    {
        IReadOnlyDictionary<string, bool>[] cases = [.. Enumerable.Range(500, 100)
            .Select(seed => HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 64)))
            .Where(phantom => !phantom.Hematoma.IsEmpty).Select(phantom => phantom.Signs)];
        Assert.InRange(cases.Length, 50, 85);
        foreach (string code in PhantomSigns.Codes)
            Assert.InRange(cases.Count(signs => signs[code]) / (double)cases.Length, 0.03, 0.75);
    }

    private static IReadOnlyCollection<string> Signs(Func<HematomaSpecification, HematomaSpecification> change) =>
        [.. HeadPhantom.Render(HeadPhantomTests.Head(change)).Signs.Where(sign => sign.Value).Select(sign => sign.Key)];
}
