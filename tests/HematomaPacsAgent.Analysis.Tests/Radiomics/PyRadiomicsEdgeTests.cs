using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>Corners of PyRadiomics that its recorded outputs do not reach; expected values are worked out by hand from its formulas.</summary>
public sealed class PyRadiomicsEdgeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Ngtdm_counts_a_voxel_without_neighbours_as_PyRadiomics_does()
    {
        // Levels 1 and 3 side by side, 2 far off: n = 1, 1, 1, s = 2, 0, 2, N = 3.
        RadiomicsResult result = Regions.Measure(LoneVoxel(), new RadiomicsSettings { BinWidth = 1 });
        Assert.Equal(0.75, result.Values["original_ngtdm_Coarseness"], 1e-12);
        Assert.Equal(8 / 27.0, result.Values["original_ngtdm_Contrast"], 1e-12);
        Assert.Equal(0.5, result.Values["original_ngtdm_Busyness"], 1e-12);
        Assert.Equal(4, result.Values["original_ngtdm_Complexity"], 1e-12);
        Assert.Equal(2, result.Values["original_ngtdm_Strength"], 1e-12);
    }

    [Fact]
    public void Ngtdm_of_voxels_that_all_lie_alone_has_PyRadiomics_values_of_no_difference()
    {
        RoiImage roi = new([1, 0, 3, 0, 0, 0, 0, 0, 2], [true, false, true, false, false, false, false, false, true], 3, 3, 1, 1, 1, 1);
        RadiomicsResult result = Regions.Measure(roi, new RadiomicsSettings { BinWidth = 1 });
        Assert.Equal(1e6, result.Values["original_ngtdm_Coarseness"]);
        foreach (string name in (string[])["Contrast", "Busyness", "Complexity", "Strength"]) Assert.Equal(0, result.Values["original_ngtdm_" + name]);
        Assert.True(double.IsNaN(result.Values["original_glcm_Contrast"]));
    }

    [Fact]
    public void Ngtdm_leaves_a_voxel_without_neighbours_out_in_the_IBSI_profile()
    {
        // n = 1, 0, 1, s = 2, 0, 2, N = 2.
        RadiomicsResult result = Regions.Measure(LoneVoxel(), new RadiomicsSettings { BinWidth = 1 }, RadiomicsProfile.Ibsi);
        Assert.Equal(0.5, Assert.Single(result.Values, value => value.Key.StartsWith("ngt_coarseness", StringComparison.Ordinal)).Value, 1e-12);
    }

    [Fact]
    public void MCC_has_PyRadiomics_epsilon_in_it()
    {
        // p = diag(1e-4, 1 - 1e-4): without epsilon the coefficient is 1, with it the lesser eigenvalue is 1 / (1 + 2.2e-16 / 1e-8).
        GlcmMeasures measures = Assert.IsType<GlcmMeasures>(
            GlcmMeasures.Of(new double[,] { { 1, 0 }, { 0, 9999 } }, [1, 2], 2, RadiomicsProfile.PyRadiomics, TestContext.Current.CancellationToken));
        Assert.Equal(0.99999998889777, measures.MaximalCorrelation, 1e-12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LBP_variances_are_cut_to_whole_numbers_where_the_image_has_such(bool wholeNumbers)
    {
        // The four samples round the middle are 1, 2, 4 and 6: mean 3.25, variance 14.25 - 10.5625 = 3.6875.
        ScalarImage image = new(new ImageGrid(3, 3, 1, 1, 1, 1), [0, 1, 0, 2, 3, 4, 0, 6, 0]) { WholeNumbers = wholeNumbers };
        ImageType type = new ImageType.LocalBinaryPattern2D { Method = LbpMethod.Var, Samples = 4 };
        FilteredImage filtered = Assert.Single(ImageTypes.Of(image, new Box(1, 1, 0, 1, 1, 1), [type]).Images);
        Assert.Same(type, filtered.Type);
        Assert.Equal(wholeNumbers ? 3 : 3.6875, Assert.Single(filtered.Compute(Token)), 1e-12);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_resampled_image_of_whole_numbers_is_known_as_one(bool wholeNumbers)
    {
        ScalarImage image = new(new ImageGrid(4, 4, 4, 1, 1, 1), [.. Enumerable.Range(0, 64).Select(i => (double)i)]) { WholeNumbers = wholeNumbers };
        bool[] mask = [.. Enumerable.Repeat(true, 64)];
        PreparedRegion region = new PyRadiomicsResampling(0.7, 0.7, 0.7) { Interpolator = Interpolator.Linear, IntegerPixels = wholeNumbers }
            .Apply(image, mask, Token);
        Assert.Equal(wholeNumbers, region.Image.WholeNumbers);
        Assert.Equal(wholeNumbers, region.Image.Voxels.All(x => x == Math.Truncate(x)));
    }

    [Fact]
    public void Bounds_of_resegmentation_may_come_in_either_order()
    {
        RadiomicsParameters parameters = ParameterFile.Parse("setting:\n  resegmentRange: [1000, 600]\n", "reversed.yaml");
        Assert.Equal([600, 1000], parameters.Settings.ResegmentRange);
    }

    private static RoiImage LoneVoxel() =>
        new([1, 3, 0, 0, 0, 0, 0, 0, 0, 2], [true, true, false, false, false, false, false, false, false, true], 5, 2, 1, 1, 1, 1);
}
