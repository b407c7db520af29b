using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class ResegmentationTests
{
    private static readonly ScalarImage Image = new(new ImageGrid(6, 1, 1, 1, 1, 1), [-1000, 10, 20, 30, 40, 1000]);
    private static readonly bool[] Inside = [false, true, true, true, true, false];
    private static readonly bool[] All = [true, true, true, true, true, true];

    [Theory]
    [InlineData(nameof(ResegmentMode.Absolute), new[] { 20.0 }, "2345")]
    [InlineData(nameof(ResegmentMode.Absolute), new[] { 40.0, 20.0 }, "234")]
    [InlineData(nameof(ResegmentMode.Relative), new[] { 0.5 }, "234")]
    [InlineData(nameof(ResegmentMode.Relative), new[] { 0.25, 0.75 }, "123")]
    [InlineData(nameof(ResegmentMode.Sigma), new[] { -1.0, 1.0 }, "23")]
    [InlineData(nameof(ResegmentMode.Sigma), new[] { -0.5 }, "234")]
    public void Thresholds_are_closed_and_measured_inside_the_region(string mode, double[] thresholds, string kept)
    {
        bool[] mask = mode == nameof(ResegmentMode.Absolute) ? All : Inside;
        bool[] before = [.. mask];
        bool[] result = Resegmentation.PyRadiomics(Image, mask, thresholds, Enum.Parse<ResegmentMode>(mode));
        Assert.Equal(kept, string.Concat(Enumerable.Range(0, 6).Where(i => result[i])));
        Assert.Equal(before, mask);
    }

    [Fact]
    public void One_voxel_left_is_too_few_for_PyRadiomics_and_so_are_three_thresholds()
    {
        Assert.Contains("leaves 1 voxel(s)", Assert.Throws<RadiomicsException>(() =>
            Resegmentation.PyRadiomics(Image, Inside, [35], ResegmentMode.Absolute)).Message, StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => Resegmentation.PyRadiomics(Image, Inside, [1, 2, 3], ResegmentMode.Absolute));
        Assert.Throws<RadiomicsException>(() => Resegmentation.PyRadiomics(Image, Inside, [], ResegmentMode.Absolute));
    }

    [Fact]
    public void IBSI_measures_outliers_on_what_the_range_left()
    {
        // Without the range, mean 16.7 and deviation 577 keep all; with it, mean 25 and deviation 11.2 keep 20 and 30.
        Assert.Equal(All, Resegmentation.Ibsi(Image, All, null, null, 3));
        Assert.Equal([false, false, true, true, false, false], Resegmentation.Ibsi(Image, All, -500, 400, 1));
        Assert.Equal(Inside, Resegmentation.Ibsi(Image, All, 10, 40, null));
        Assert.Equal([false, false, false, false, true, false], Resegmentation.Ibsi(Image, Inside, 35, null, 3));
        Assert.Contains("leaves 0 voxel(s)", Assert.Throws<RadiomicsException>(() => Resegmentation.Ibsi(Image, Inside, 50, 60, 3)).Message,
            StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => Resegmentation.Ibsi(Image, Inside, 60, 50, null));
    }

    /// <summary>All 18 first-order values agree with PyRadiomics' published baseline (brain1_resegmentation: -3 to 3 sigma) to 13 digits or more.</summary>
    [Fact]
    public void A_region_within_three_sigma_has_PyRadiomics_features()
    {
        (ScalarImage image, bool[] mask) = ReferenceImages.Brain1();
        RoiImage roi = Regions.Of(image, Resegmentation.PyRadiomics(image, mask, [-3, 3], ResegmentMode.Sigma));
        RadiomicsResult result = Regions.Measure(roi, new RadiomicsSettings());
        Assert.Equal(825.2354363065023, result.Values["original_firstorder_Mean"], 1e-9);
        Assert.Equal(24527.079208372583, result.Values["original_firstorder_Variance"], 1e-8);
        Assert.Equal(2918821481, result.Values["original_firstorder_Energy"]);
        Assert.Equal(4.601935553903785, result.Values["original_firstorder_Entropy"], 1e-9);
    }
}
