using System.Diagnostics;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>How an extraction runs: on several threads, and until it is cancelled.</summary>
public sealed class ExtractionTests
{
    private const string AllImages =
        "imageType: {Original: , LoG: {sigma: [1, 2.5]}, Wavelet: , Square: , SquareRoot: , Logarithm: , Exponential: , Gradient: , LBP2D: }";

    private const string IbsiFilters = """
        profile: ibsi
        setting: {binCount: 16}
        ibsi:
          filters: [{name: LoG, dimension: 3, sigma: 1.5}, {name: mean, dimension: 2, size: 5}, {name: Simoncelli, dimension: 3}]
        """;

    [Theory]
    [InlineData(AllImages)]
    [InlineData(IbsiFilters)]
    public void One_thread_and_four_give_the_same_bits_in_the_same_order(string text)
    {
        RoiImage roi = Regions.Noise(3, 70, 20, 18, 9, 0.5, 0.5, 2);
        RadiomicsParameters parameters = ParameterFile.Parse(text, "test.yaml");
        RadiomicsResult one = Regions.Measure(roi, parameters, threads: 1), four = Regions.Measure(roi, parameters, threads: 4);
        Assert.Equal(one.Values.Select(value => (value.Key, BitConverter.DoubleToInt64Bits(value.Value))),
            four.Values.Select(value => (value.Key, BitConverter.DoubleToInt64Bits(value.Value))));
        Assert.Equal(one.Classes, four.Classes);
        Assert.Equal(one.Warnings, four.Warnings);
    }

    [Fact]
    public void Columns_of_an_IBSI_filter_bear_its_name_and_have_no_form()
    {
        RadiomicsParameters parameters = ParameterFile.Parse(IbsiFilters, "test.yaml");
        string[] form = ["morphology", "bounding_shapes", "spatial_correlation", "local_intensity"];
        IReadOnlyList<RadiomicsFeature> features = FeatureDictionary.Of(parameters);
        Assert.Equal(
            [
                .. features.Select(feature => feature.Name),
                .. parameters.Filters.SelectMany(filter =>
                    features.Where(feature => !form.Contains(feature.FeatureClass)).Select(feature => $"{filter.Name}_{feature.Name}")),
            ],
            Regions.Measure(Regions.Noise(3, 70, 20, 18, 9, 0.5, 0.5, 2), parameters).Values.Keys);
        Assert.Equal("log_3D_s1.5", parameters.Filters[0].Name);
    }

    [Theory]
    [InlineData(AllImages)]
    [InlineData(IbsiFilters)]
    public async Task A_cancelled_extraction_does_not_begin(string text)
    {
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        RoiImage roi = Regions.Noise(3, 70, 20, 18, 9, 0.5, 0.5, 2);
        Assert.ThrowsAny<OperationCanceledException>(() => FeatureExtractor.Extract(new ScalarImage(roi.Grid, roi.Intensities.ToArray()), roi.Inside.ToArray(),
            ParameterFile.Parse(text, "test.yaml"), 1, source.Token));
    }

    /// <summary>One that looked for the end between classes or images only would overrun, one that never looks would throw nothing.</summary>
    [Theory]
    [InlineData(AllImages)]
    [InlineData(IbsiFilters)]
    public void A_long_extraction_ends_soon_after_it_is_cancelled(string text)
    {
        RoiImage roi = Regions.Noise(3, 70, 100, 100, 100, 1, 1, 1);
        using CancellationTokenSource source = new(TimeSpan.FromSeconds(0.3));
        var watch = Stopwatch.StartNew();
        Assert.ThrowsAny<OperationCanceledException>(() => FeatureExtractor.Extract(new ScalarImage(roi.Grid, roi.Intensities.ToArray()), roi.Inside.ToArray(),
            ParameterFile.Parse(text, "test.yaml"), 2, source.Token));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }
}
