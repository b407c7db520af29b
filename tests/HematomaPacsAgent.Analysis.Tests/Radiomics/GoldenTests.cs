using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// Our own values of one made-up region, so that a change of numbers shows even where the reference data are not at hand. To make them anew
/// on purpose: <c>HEMATOMA_UPDATE_GOLDEN=1</c>, run the test, read the diff.
/// </summary>
public sealed class GoldenTests
{
    [Theory]
    [InlineData(RadiomicsProfile.PyRadiomics)]
    [InlineData(RadiomicsProfile.Ibsi)]
    public void Features_of_a_made_up_region_keep_their_names_order_and_values(RadiomicsProfile profile)
    {
        string path = Path.Combine(SharedFiles.Repository, "tests", "golden", $"radiomics-{profile.ToString().ToLowerInvariant()}.csv");
        RadiomicsSettings settings = new() { BinWidth = 3, Distances = [1, 2] };
        IReadOnlyDictionary<string, double> values =
            Regions.Measure(Regions.Noise(7, 60, 12, 11, 6, 0.45, 0.45, 5), settings, profile).Values;
        if (Environment.GetEnvironmentVariable("HEMATOMA_UPDATE_GOLDEN") == "1")
            File.WriteAllLines(path, ["feature,value", .. values.Select(value =>
                string.Create(CultureInfo.InvariantCulture, $"{value.Key},{value.Value:R}"))]);

        string[][] golden = [.. File.ReadLines(path).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(golden.Select(row => row[0]), values.Keys);
        foreach (string[] row in golden)
        {
            double expected = double.Parse(row[1], CultureInfo.InvariantCulture);
            Assert.True(Math.Abs(values[row[0]] - expected) <= 1e-9 * Math.Abs(expected),
                $"{row[0]}: {values[row[0]]:R}, golden {expected:R}");
        }
    }
}
