using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>The consensus values of the second phase of the IBSI filter standardisation (Whybra et al., Radiology 2024) on the CT phantom.</summary>
public sealed class IbsiPhase2Tests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("1.A")]
    [InlineData("1.B")]
    [InlineData("2.A")]
    [InlineData("2.B")]
    [InlineData("3.A")]
    [InlineData("3.B")]
    [InlineData("4.A")]
    [InlineData("4.B")]
    [InlineData("5.A")]
    [InlineData("5.B")]
    [InlineData("6.A")]
    [InlineData("6.B")]
    [InlineData("7.A")]
    [InlineData("7.B")]
    [InlineData("8.A")]
    [InlineData("8.B")]
    [InlineData("9.A")]
    [InlineData("9.B")]
    public void Every_statistic_of_the_response_is_within_its_tolerance(string filter)
    {
        string[][] reference = [.. File.ReadLines(SharedFiles.Data("radiomics/ibsi/ibsi2_feature_reference.csv")).Skip(1)
            .Select(line => line.Split(';')).Where(cells => cells[0] == filter && cells[3].Length > 0)];
        (ScalarImage image, bool[] region, Box box) = filter.EndsWith('A') ? CtPhantom.A : CtPhantom.B;
        long start = TimeProvider.System.GetTimestamp();

        double[] response = Filter(filter) is { } one ? one.Respond(image, box, TestContext.Current.CancellationToken) : image.Crop(box).Voxels;

        output.WriteLine($"{filter}: {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F2} s");
        bool[] inside = box.Cut<bool>(region, image.Grid.SizeX, image.Grid.SizeY);
        double[] sorted = [.. response.Where((_, i) => inside[i]).Order()];
        var measures = new FirstOrderMeasures(sorted, voxelMm3: 1, shift: 0, excess: 3);
        List<string> wrong = [];
        foreach (string[] cells in reference)
        {
            double expected = double.Parse(cells[3], CultureInfo.InvariantCulture), tolerance = double.Parse(cells[4], CultureInfo.InvariantCulture),
                value = FirstOrder.Features.Single(feature => feature.Ibsi == cells[2]).Value(measures),
                rounded = double.Parse(value.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (!(Math.Abs(rounded - expected) <= tolerance + 1e-12 * Math.Abs(expected))) wrong.Add($"{cells[2]}: {value:G6}, IBSI {expected} ± {tolerance}");
        }

        Assert.Equal(filter == "8.B" ? 17 : 18, reference.Length);
        Assert.Empty(wrong);
    }

    private static IbsiFilter? Filter(string id)
    {
        FilterDimension dimension = id.EndsWith('A') ? FilterDimension.InPlane : FilterDimension.Volume;
        bool plane = dimension == FilterDimension.InPlane;
        return id[0] switch
        {
            '2' => new MeanFilter(dimension, 5),
            '3' => new LaplacianOfGaussianFilter(dimension, 1.5),
            '4' => new LawsFilter(dimension, plane ? "L5E5" : "L5E5E5") { EnergyDistance = 7, Rotations = RotationPooling.Max },
            '5' => new GaborFilter(dimension, 5, 2, 1.5) { StepDegrees = 22.5 },
            '6' => new WaveletFilter(dimension, WaveletFamily.Daubechies3, plane ? "LH" : "LLH") { Rotations = RotationPooling.Mean },
            '7' => new WaveletFilter(dimension, WaveletFamily.Daubechies3, plane ? "HH" : "HHH", 2) { Rotations = RotationPooling.Mean },
            '8' => new SimoncelliFilter(dimension),
            '9' => new SimoncelliFilter(dimension, 2),
            _ => null,
        };
    }
}
