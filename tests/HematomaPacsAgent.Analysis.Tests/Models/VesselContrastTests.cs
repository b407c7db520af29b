using System.Numerics;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Models;

public sealed class VesselContrastTests
{
    private const double LeastMl = 3;

    [Fact]
    public void A_head_with_opacified_arteries_looks_like_angiography()
    {
        Volume head = HeadPhantom.Render(PhantomSpecification.FromSeed(12, 256)).Volume;
        VesselContrast vessels = Measure(CerebralArteries.Opacify(head, 320));
        Assert.True(vessels.LooksLikeAngiography(LeastMl), vessels.ToString());
    }

    [Theory]
    [InlineData(12)] // without hematoma or with: whatever the seed draws
    [InlineData(22)]
    [InlineData(31)]
    [InlineData(40)]
    public void Plain_heads_with_blood_and_calcifications_do_not(int seed)
    {
        PhantomSpecification drawn = PhantomSpecification.FromSeed(seed, 256);
        VesselContrast vessels = Measure(HeadPhantom.Render(drawn with { Calcifications = 5 }).Volume);
        Assert.False(vessels.LooksLikeAngiography(LeastMl), vessels.ToString());
    }

    [Fact]
    public void A_large_calcified_mass_is_bright_but_not_spread_like_vessels()
    {
        Volume head = HeadPhantom.Render(PhantomSpecification.FromSeed(12, 256)).Volume;
        short[] voxels = [.. head.Hounsfield];
        CerebralArteries.Paint(head.Geometry, voxels, new Vector3(25, 0, 20), new Vector3(25, 5, 20), 14, 300);
        VesselContrast mass = Measure(new Volume(head.Geometry, voxels));
        Assert.True(mass.VolumeMl > LeastMl, mass.ToString());
        Assert.False(mass.LooksLikeAngiography(LeastMl), mass.ToString());
    }

    private static VesselContrast Measure(Volume volume) => VesselContrast.Measure(volume, IntracranialSpace.Find(volume));
}
