using System.Numerics;
using HematomaPacsAgent.Analysis.Measurements;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Measurements;

public sealed class HematomaMeasurementsTests
{
    [Fact]
    public void Components_and_estimate_agree_with_the_mask()
    {
        PhantomCase head = Phantom(40, new(27, -2, 6), 14);
        Mask hematoma = new(head.Volume.Geometry, (bool[])head.Hematoma.Voxels.Clone()), ivh = new(head.Volume.Geometry);
        int focus = Index(head.Volume.Geometry, new Vector3(-40, 30, 30));
        hematoma.Voxels[focus] = true;
        ivh.Voxels[focus + 40] = true;
        HematomaMeasurements measured = HematomaMeasurements.Of(head.Volume, hematoma, ivh, IntracranialSpace.Find(head.Volume), CancellationToken.None);
        Assert.Equal(2, measured.ComponentCount);
        Assert.Equal(hematoma.VolumeMl, measured.Components.Sum(part => part.VolumeMl), 6);
        Assert.InRange(Vector3.Distance(measured.Components[0].CentroidMm, new Vector3(27, -2, 6)), 0, 3);
        Assert.InRange(Vector3.Distance(measured.Components[1].CentroidMm, new Vector3(-40, 30, 30)), 0, 5);
        Assert.Equal(head.Volume.Hounsfield[focus], measured.Components[1].MeanHounsfield);
        Assert.InRange(measured.Components[0].MeanHounsfield, 50, 70);
        Assert.InRange(measured.Abc2!.VolumeMl / measured.Components[0].VolumeMl, 0.55, 1.1);
        Assert.Equal("left", measured.Location!.Side);
    }

    [Fact]
    public void Without_a_hematoma_only_the_midline_is_told()
    {
        PhantomCase head = Phantom(42, new(27, -2, 6), 12);
        HematomaMeasurements measured = HematomaMeasurements.Of(head.Volume, new Mask(head.Volume.Geometry), null,
            IntracranialSpace.Find(head.Volume), CancellationToken.None);
        Assert.Equal((null, 0, null), (measured.Abc2, measured.ComponentCount, measured.Location));
        Assert.True(measured.MidlineShift.Reliability > 0);
    }

    [Fact]
    public void A_mask_of_another_grid_is_refused()
    {
        PhantomCase head = Phantom(43, new(27, -2, 6), 12);
        IntracranialSpace space = IntracranialSpace.Find(head.Volume);
        Assert.Throws<ArgumentException>(() =>
            HematomaMeasurements.Of(head.Volume, new Mask(ComponentsTests.Grid(9, 9, 9)), null, space, CancellationToken.None));
    }

    [Theory]
    [InlineData(27, -2, 5, 11, "left", "deep")] // putamen
    [InlineData(-12, 8, 5, 8, "right", "deep")] // thalamus
    [InlineData(36, -36, 28, 12, "left", "lobar")]
    [InlineData(-34, 38, 32, 12, "right", "lobar")]
    [InlineData(16, 50, -37, 9, "left", "infratentorial")]
    [InlineData(-1, 52, -38, 9, "midline", "infratentorial")]
    public void Side_and_site_of_a_hematoma_whose_place_is_known(float x, float y, float z, float radiusMm, string side, string site)
    {
        PhantomCase head = Phantom(44, new(x, y, z), radiusMm);
        HematomaLocation location = HematomaMeasurements.Of(head.Volume, head.Hematoma, null,
            IntracranialSpace.Find(head.Volume), CancellationToken.None).Location!;
        Assert.Equal((side, site), (location.Side, location.Site));
        Assert.InRange(location.SiteReliability, 0.01, 1);
    }

    [Fact]
    public void Sites_of_random_hematomas_are_rarely_wrong_and_sides_never()
    {
        int right = 0, wrong = 0, open = 0;
        for (int seed = 400; seed < 440; seed++)
        {
            PhantomSpecification specification = PhantomSpecification.FromSeed(seed, 96) with { TiltDegrees = 0 };
            if (specification.Hematoma is not { } hematoma || TrueSite(hematoma.Centre) is not { } truth) continue;
            PhantomCase head = HeadPhantom.Render(specification);
            if (head.Hematoma.IsEmpty) continue;
            IntracranialSpace space = IntracranialSpace.Find(head.Volume);
            HematomaLocation location = HematomaLocation.Of(head.Volume.Geometry, Components.Of(head.Hematoma), head.HematomaMl, 0, space,
                MidsagittalPlane.Fit(space, CancellationToken.None));
            Assert.NotEqual(hematoma.Centre.X > 0 ? "right" : "left", location.Side);
            if (location.Site == HematomaLocation.Indeterminate) open++;
            else if (location.Site == truth) right++;
            else wrong++;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"right {right}, wrong {wrong}, indeterminate {open}");
        Assert.True(right >= 12 && right >= 8 * wrong, $"right {right}, wrong {wrong}, indeterminate {open}");
    }

    /// <summary>Where the phantom's author put it; null where its lobar and deep sites overlap.</summary>
    private static string? TrueSite(Vector3 centre) => (Math.Abs(centre.X), centre.Y, centre.Z) switch
    {
        (_, _, < -30) => "infratentorial",
        ( < 20, _, _) or (_, _, < 10) => "deep",
        ( > 32, _, _) or (_, _, > 14) or (_, < -12 or > 8, _) => "lobar",
        _ => null,
    };

    private static PhantomCase Phantom(int seed, Vector3 centre, float radiusMm) => HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 160) with
    {
        Pose = (0, 0, 0),
        TiltDegrees = 0,
        Hematoma = new HematomaSpecification
        {
            Centre = centre,
            RadiiMm = new Vector3(radiusMm),
            Roughness = 0.05f,
            Lobes = [],
            Foci = [],
            ClotHu = 62,
            SwirlDropHu = 0,
            MottleHu = 1,
            EdemaMm = 0,
        },
    });

    private static int Index(VolumeGeometry g, Vector3 at)
    {
        int slice = Enumerable.Range(0, g.Slices).MinBy(k => Math.Abs(g.SlicePositionsMm[k] - at.Z));
        Vector3 from = at - g.Origins[slice];
        return (slice * g.Rows + (int)Math.Round(from.Y / g.RowSpacingMm)) * g.Columns + (int)Math.Round(from.X / g.ColumnSpacingMm);
    }
}
