using CsCheck;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

public sealed class DiscretisationTests
{
    [Fact]
    public void PyRadiomics_bins_start_at_a_multiple_of_the_width_and_an_edge_opens_a_new_bin() =>
        Assert.Equal([1, 1, 2, 2, 3], Levels([28, 29, 30, 34, 35], new RadiomicsSettings { BinWidth = 5 }));

    [Fact]
    public void PyRadiomics_bins_of_negative_intensities_start_below_the_lowest() =>
        Assert.Equal([1, 2, 3], Levels([-7, -5, 0], new RadiomicsSettings { BinWidth = 5 }));

    [Fact]
    public void Ibsi_bins_start_at_the_lowest_intensity() =>
        Assert.Equal([1, 1, 1, 2, 2],
            Levels([28, 29, 30, 34, 35], new RadiomicsSettings { BinWidth = 5 }, RadiomicsProfile.Ibsi));

    [Fact]
    public void Ibsi_bins_can_start_at_a_given_bound_and_empty_bins_below_keep_their_numbers() =>
        Assert.Equal([6, 6, 7, 7, 8],
            Levels([28, 29, 30, 34, 35], new RadiomicsSettings { BinWidth = 5 }, RadiomicsProfile.Ibsi, origin: 0));

    [Fact]
    public void An_intensity_below_the_bin_origin_is_refused() =>
        Assert.Throws<RadiomicsException>(() => Levels([28], new RadiomicsSettings(), RadiomicsProfile.Ibsi, origin: 30));

    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void A_fixed_number_of_bins_spans_the_region_and_holds_the_maximum(RadiomicsProfile profile) =>
        Assert.Equal([1, 1, 2, 3, 4, 4], Levels([0, 24, 25, 74, 75, 100], new RadiomicsSettings { BinCount = 4 }, profile));

    [Fact]
    public void Every_intensity_lies_between_the_edges_of_its_bin() =>
        Gen.Select(Gen.Double[-1000, 1000].Array[1, 20], Gen.Double[1, 50]).Sample((values, width) =>
        {
            // With the lowest value on an edge, rounding alone says whether the first bin begins or ends there.
            double bins = values.Min() / width;
            if (Math.Abs(bins - Math.Round(bins)) < 1e-9) return;
            int[] levels = Levels(values, new RadiomicsSettings { BinWidth = width, MaxGreyLevels = 4096 });
            double low = Math.Floor(values.Min() / width) * width;
            for (int i = 0; i < values.Length; i++)
                Assert.InRange(values[i], low + (levels[i] - 1) * width - 1e-9, low + levels[i] * width + 1e-9);
            Assert.Contains(1, levels);
        }, iter: 200);

    private static int[] Levels(double[] values, RadiomicsSettings settings, RadiomicsProfile profile = RadiomicsProfile.PyRadiomics,
        double? origin = null)
    {
        RoiImage roi = new(values, [.. values.Select(_ => true)], values.Length, 1, 1, 1, 1, 1);
        DiscretisedRoi discretised = Discretisation.Apply(roi, settings, profile, origin);
        return [.. discretised.Positions.Select(position => discretised.Levels[discretised.Grid[position] - 1])];
    }
}
