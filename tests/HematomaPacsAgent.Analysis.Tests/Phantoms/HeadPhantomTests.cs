using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Phantoms;

namespace HematomaPacsAgent.Analysis.Tests.Phantoms;

public sealed class HeadPhantomTests
{
    [Fact]
    public void The_same_seed_makes_the_same_head_and_another_seed_another()
    {
        PhantomCase first = Render(3), again = Render(3), other = Render(4);
        Assert.Equal(first.Volume.Hounsfield, again.Volume.Hounsfield);
        Assert.Equal(first.Hematoma.Voxels, again.Hematoma.Voxels);
        Assert.NotEqual(first.Volume.Hounsfield, other.Volume.Hounsfield);
    }

    [Fact]
    public void Every_sign_and_its_absence_occur_among_a_hundred_seeds()
    {
        PhantomCase[] cases = [.. Enumerable.Range(0, 100).Select(seed => HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 64, 3.6)))];
        Assert.InRange(cases.Count(phantom => phantom.Hematoma.IsEmpty), 15, 50);
        foreach (string sign in cases[0].Signs.Keys)
            Assert.InRange(cases.Count(phantom => phantom.Signs[sign]), 4, 75);
    }

    [Fact]
    public void A_smooth_hematoma_has_the_volume_of_its_ellipsoid()
    {
        PhantomSpecification specification = PhantomSpecification.FromSeed(22, 256);
        HematomaSpecification hematoma = specification.Hematoma! with { Roughness = 0, Lobes = [], Foci = [], RadiiMm = new(16, 18, 15), Centre = new(25, 0, 10) };
        PhantomCase phantom = HeadPhantom.Render(specification with { Hematoma = hematoma });
        Assert.Equal(4.0 / 3 * Math.PI * 16 * 18 * 15 / 1000, phantom.HematomaMl, 0.02 * 18.1);
    }

    [Fact]
    public void A_phantom_looks_like_a_head_and_its_hematoma_lies_inside_the_skull()
    {
        PhantomCase phantom = Render(22);
        IntracranialSpace space = IntracranialSpace.Find(phantom.Volume);
        Assert.True(space.LooksLikeHead, space.Reason);
        int outside = phantom.Hematoma.Voxels.Where((set, i) => set && !space.Mask.Voxels[i]).Count();
        Assert.InRange(outside, 0, phantom.Hematoma.Voxels.Count(set => set) / 50);
    }

    private static PhantomCase Render(int seed) => HeadPhantom.Render(PhantomSpecification.FromSeed(seed, 128));
}
