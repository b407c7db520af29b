using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class IntensityHistogramTests
{
    [Theory]
    [InlineData(new[] { 0, 5, 1, 5, 9, 1 }, 4)]
    [InlineData(new[] { 0, 1, 4, 1, 1, 4, 6, 6 }, 6)] // 6 and 7, mean 4.9
    [InlineData(new[] { 0, 3, 0, 3 }, 1)] // both one from the mean of 2: the lower
    [InlineData(new[] { 0, 0, 4, 4, 4, 0, 4 }, 4)] // mean 3.75
    public void The_mode_is_the_fullest_level_and_of_equals_the_one_nearest_the_mean(int[] histogram, int mode) =>
        Assert.Equal(mode, IntensityHistogram.Measure(histogram, 0).Mode);

    [Fact]
    public void Gradients_are_central_inside_and_one_sided_at_the_ends()
    {
        HistogramGradients gradients = IntensityHistogram.Measure([0, 2, 8, 4, 0, 5], 0).Gradients;
        // 6, 1, -4, 0.5, 5
        Assert.Equal(new HistogramGradients(6, 1, -4, 3), gradients);
        Assert.Equal(new HistogramGradients(3, 1, 3, 1), IntensityHistogram.Measure([0, 1, 4, 7], 0).Gradients);
    }

    [Fact]
    public void One_level_has_no_gradient_but_all_else()
    {
        HistogramMeasures one = IntensityHistogram.Measure([0, 7], 0);
        Assert.True(double.IsNaN(one.Gradients.Largest) && double.IsNaN(one.Gradients.SmallestAt));
        Assert.Equal((1, 0, 1, 1, 0), (one.Mode, one.Entropy, one.Uniformity, one.Levels.Mean, one.Levels.Variance));
    }

    [Fact]
    public void Empty_levels_below_the_lowest_count_in_the_gradient_and_in_no_statistic()
    {
        HistogramMeasures high = IntensityHistogram.Measure([0, 0, 0, 10, 4], 0);
        Assert.Equal((3, 4, 3), (high.Levels.Minimum, high.Levels.Maximum, high.Mode));
        Assert.Equal(new HistogramGradients(5, 2, -6, 4), high.Gradients);
    }

    [Fact]
    public void Whole_intensities_are_their_own_levels()
    {
        IntensityVolumeHistogramMeasures found = IntensityVolumeHistogram.Measure([1, 1, 2, 5], new VolumeHistogramLevels());
        Assert.Equal([1, 0.5, 0.25, 0.25, 0.25], found.Fractions);
        // gamma = 0, 1/4, 1/2, 3/4, 1
        Assert.Equal((0.5, 0.5, 0.25), (found.VolumeFractionAt(0.1), found.VolumeFractionAt(0.25), found.VolumeFractionAt(0.26)));
        Assert.Equal((6, 3, 2), (found.IntensityAt(0.1), found.IntensityAt(0.25), found.IntensityAt(0.9)));
        Assert.Equal((0.75 + 0.375 + 0.25 + 0.25) / 4, found.AreaUnderCurve, 1e-15);
    }

    [Fact]
    public void A_given_range_stretches_the_fractions_beyond_the_region()
    {
        IntensityVolumeHistogramMeasures found = IntensityVolumeHistogram.Measure([1, 1, 2, 5], new VolumeHistogramLevels { Low = -5, High = 15 });
        Assert.Equal(21, found.Fractions.Count);
        Assert.Equal((1, 0), (found.VolumeFractionAt(0.3), found.VolumeFractionAt(0.9)));
        Assert.Equal(0.25, found.VolumeFractionAt(0.5));
        Assert.Throws<RadiomicsException>(() => IntensityVolumeHistogram.Measure([1, 16], new VolumeHistogramLevels { High = 15 }));
    }

    [Fact]
    public void Bins_of_a_width_stand_for_their_centres_and_the_range_ends_with_the_last_whole_bin()
    {
        IntensityVolumeHistogramMeasures found =
            IntensityVolumeHistogram.Measure([0, 2.4, 2.6, 10], new VolumeHistogramLevels { BinWidth = 2.5, Low = 0, High = 10 });
        Assert.Equal([1, 0.5, 0.25, 0.25], found.Fractions);
        Assert.Equal((1.25, 2.5), (found.First, found.Step));
        Assert.Equal(6.25, found.IntensityAt(0.25));
    }

    [Fact]
    public void Numbered_bins_span_the_region_and_hold_its_maximum()
    {
        IntensityVolumeHistogramMeasures found = IntensityVolumeHistogram.Measure([0, 24, 25, 74, 75, 100], new VolumeHistogramLevels { BinCount = 4 });
        Assert.Equal([1, 4 / 6.0, 3 / 6.0, 2 / 6.0], found.Fractions);
        Assert.Equal((2, 4), (found.IntensityAt(0.7), found.IntensityAt(0.4)));
        Assert.Equal(1000, IntensityVolumeHistogram.Measure([3, 3], new VolumeHistogramLevels { BinCount = 1000 }).Fractions.Count);
    }

    [Fact]
    public void One_intensity_has_no_fractions_of_intensity_and_no_area()
    {
        IntensityVolumeHistogramMeasures found = IntensityVolumeHistogram.Measure([40, 40], new VolumeHistogramLevels());
        Assert.True(double.IsNaN(found.VolumeFractionAt(0.1)));
        Assert.Equal((41, 0), (found.IntensityAt(0.1), found.AreaUnderCurve));
    }

    [Fact]
    public void Too_many_levels_and_settings_out_of_range_are_refused()
    {
        Assert.Contains("1E+15 levels", Assert.Throws<RadiomicsException>(
            () => IntensityVolumeHistogram.Measure([0, 1e15], new VolumeHistogramLevels())).Message, StringComparison.Ordinal);
        Assert.Throws<RadiomicsException>(() => IntensityVolumeHistogram.Measure([], new VolumeHistogramLevels()));
        Assert.Throws<RadiomicsException>(() => new VolumeHistogramLevels { BinWidth = 0 });
        Assert.Throws<RadiomicsException>(() => new VolumeHistogramLevels { BinCount = 0 });
        Assert.Throws<RadiomicsException>(() => new VolumeHistogramLevels { Low = double.NaN });
        Assert.Throws<RadiomicsException>(() => new VolumeHistogramLevels { High = double.PositiveInfinity });
    }
}
