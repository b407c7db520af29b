using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class MaskResamplingTests
{
    private static readonly ImageGrid Grid = new(20, 16, 8, 0.5, 0.5, 4) { OriginMm = (-104.3, 77.7, -611.49) };

    [Fact]
    public void A_shifted_mask_comes_back_shifted()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => x == 5);
        ImageGrid shifted = Grid with { OriginMm = (-103.8, 77.7, -611.49) };
        Assert.Equal(SmallImage.Mask(Grid, (x, y, z) => x == 6), MaskResampling.Apply(Grid, shifted, mask, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_mask_stored_with_turned_axes_comes_back_on_the_image()
    {
        // Stored as (z, x reversed, y): the same places in the patient.
        ImageGrid turned = new(8, 20, 16, 4, 0.5, 0.5)
        {
            OriginMm = Grid.ToPatient(19, 0, 0),
            Direction = [0, -1, 0, 0, 0, 1, 1, 0, 0],
        };
        bool[] drawn = SmallImage.Mask(turned, (k, i, j) => Inside(19 - i, j, k));
        Assert.Equal(SmallImage.Mask(Grid, Inside), MaskResampling.Apply(Grid, turned, drawn, TestContext.Current.CancellationToken));

        static bool Inside(int x, int y, int z) => x is >= 3 and < 9 && y is > 1 and < 13 && z is 2 or 5 && (x + y) % 3 > 0;
    }

    [Fact]
    public void A_region_beyond_the_image_is_an_error_that_says_where()
    {
        bool[] mask = SmallImage.Mask(Grid, (x, y, z) => z == 7 && x > 3);
        ImageGrid above = Grid with { OriginMm = (-104.3, 77.7, -607.49) };
        RadiomicsException error = Assert.Throws<RadiomicsException>(() =>
            MaskResampling.Apply(Grid, above, mask, TestContext.Current.CancellationToken));
        Assert.Contains("beyond the image along z: from 7.50 to 8.50", error.Message, StringComparison.Ordinal);
    }
}
