using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Preprocessing;

public sealed class NormalisationTests
{
    /// <summary>All 18 first-order values agree with PyRadiomics' published baseline (brain1_normalization: scale 100, bins of 5) to 2e-12; a
    /// standard deviation over N instead of N - 1 would show in the seventh.</summary>
    [Fact]
    public void A_normalised_MR_has_PyRadiomics_features()
    {
        (ScalarImage image, bool[] mask) = ReferenceImages.Brain1();
        RoiImage roi = Regions.Of(Normalisation.Apply(image, 100, null), mask);
        RadiomicsResult result = Regions.Measure(roi);
        Assert.Equal(109.19453021548128, result.Values["original_firstorder_Mean"], 1e-9);
        Assert.Equal(1513.4694981815514, result.Values["original_firstorder_Variance"], 1e-8);
        Assert.Equal(20.45472886216281, result.Values["original_firstorder_Minimum"], 1e-9);
        Assert.Equal(4.913149264398633, result.Values["original_firstorder_Entropy"], 1e-9);
        Assert.Equal(2.180772939386014, result.Values["original_firstorder_Kurtosis"], 1e-9);
    }

    [Fact]
    public void Outliers_are_cut_in_standard_deviations_before_the_scale_applies()
    {
        ScalarImage image = new(new ImageGrid(5, 1, 1, 1, 1, 1), [0, 0, 0, 0, 10]);
        // Mean 2, standard deviation sqrt(20) over N - 1.
        Assert.Equal([-8.94427190999916, -8.94427190999916, -8.94427190999916, -8.94427190999916, 35.77708763999664],
            Normalisation.Apply(image, 20, null).Voxels.Select(x => Math.Round(x, 12)), EqualityComparer<double>.Create((a, b) => Math.Abs(a - b) < 1e-9));
        Assert.Equal(20, Normalisation.Apply(image, 20, 1).Voxels[4]);
        Assert.Equal(-8, Normalisation.Apply(image, 20, 0.4).Voxels[0], 1e-12);
        Assert.Equal(10, image.Voxels[4]);
    }

    [Fact]
    public void An_even_image_and_bad_parameters_are_refused()
    {
        Assert.Contains("standard deviation", Assert.Throws<RadiomicsException>(() => Normalisation.Apply(SmallImage.Constant(3, 4), 1, null)).Message,
            StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => Normalisation.Apply(SmallImage.Noise(), 0, null));
        Assert.Throws<RadiomicsException>(() => Normalisation.Apply(SmallImage.Noise(), 1, 0));
    }
}
