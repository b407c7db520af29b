using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class MaskRegionTests
{
    private static readonly ImageGrid Grid = new(10, 10, 10, 1, 1, 1);

    [Theory]
    [InlineData(4, 5, 6, 3)]
    [InlineData(1, 5, 6, 2)]
    [InlineData(1, 5, 1, 1)]
    public void A_region_needs_as_many_dimensions_as_asked_for(int sizeX, int sizeY, int sizeZ, int dimensions)
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => x > 1 && x < 2 + sizeX && y > 1 && y < 2 + sizeY && z > 1 && z < 2 + sizeZ);
        for (int asked = 1; asked <= 3; asked++)
        {
            List<string> warnings = [];
            if (asked <= dimensions)
                Assert.Equal(new Box(2, 2, 2, sizeX, sizeY, sizeZ), MaskRegion.Check(mask, Grid, asked, null, warnings));
            else
                Assert.Contains($"{dimensions}-dimensional", Assert.Throws<RadiomicsException>(() =>
                    MaskRegion.Check(mask, Grid, asked, null, warnings)).Message, StringComparison.Ordinal);
            Assert.Empty(warnings);
        }
    }

    [Fact]
    public void A_single_voxel_is_never_enough_and_neither_is_an_empty_mask()
    {
        Assert.Contains("single voxel", Assert.Throws<RadiomicsException>(() =>
            MaskRegion.Check(SmallImage.Mask(Grid, (x, y, z) => (x, y, z) == (4, 4, 4)), Grid, 1, null, [])).Message, StringComparison.Ordinal);
        Assert.Contains("empty", Assert.Throws<RadiomicsException>(() => MaskRegion.Check(new bool[1000], Grid, 1, null, [])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_region_must_have_more_voxels_than_the_minimum_size_as_in_PyRadiomics()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => x is 4 or 5 && y is 4 or 5 && z == 5);
        Assert.Equal(4, MaskRegion.Check(mask, Grid, 2, 3, []).Count);
        Assert.Contains("has 4 voxels", Assert.Throws<RadiomicsException>(() => MaskRegion.Check(mask, Grid, 2, 4, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_region_at_the_border_gets_a_warning_that_names_the_sides()
    {
        List<string> warnings = [];
        MaskRegion.Check(SmallImage.Mask(Grid, (x, y, z) => x < 3 && y is 4 or 5 && z > 7), Grid, 2, null, warnings);
        Assert.Contains("(first x, last z)", Assert.Single(warnings), StringComparison.Ordinal);
    }
}
