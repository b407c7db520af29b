using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// Our own values of one made-up region, so that a change of numbers shows even where the reference data are not at hand. To make them anew
/// on purpose: <c>HEMATOMA_UPDATE_GOLDEN=1</c>, run the test, read the diff.
/// </summary>
public sealed class GoldenTests
{
    private static readonly Dictionary<string, string> ParameterFiles = new()
    {
        ["pyradiomics"] = """
            imageType:
              Original:
              LoG: {sigma: [1.0, 2.5]}
              Wavelet:
              Square:
              SquareRoot:
              Logarithm:
              Exponential:
              Gradient:
              LBP2D:
            setting: {binWidth: 3, distances: [1, 2]}
            """,
        ["pyradiomics-2d"] = """
            featureClass: {shape2D: , firstorder: , glcm: , glrlm: , glszm: , gldm: , ngtdm: }
            imageType: {Original: , Wavelet: }
            setting: {binWidth: 3, force2D: true}
            """,
        ["ibsi"] = """
            profile: ibsi
            setting: {binWidth: 3, distances: [1, 2]}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb, 3D_avg, 3D_comb]}
            """,
    };

    [Theory]
    [InlineData("pyradiomics")]
    [InlineData("pyradiomics-2d")]
    [InlineData("ibsi")]
    public void Features_of_a_made_up_region_keep_their_names_order_and_values(string name)
    {
        string path = Path.Combine(SharedFiles.Repository, "tests", "golden", $"radiomics-{name}.csv");
        RoiImage roi = Regions.Noise(7, 60, 12, 11, name.EndsWith("2d", StringComparison.Ordinal) ? 1 : 6, 0.45, 0.45, 5);
        IReadOnlyDictionary<string, double> values = Regions.Measure(roi, ParameterFile.Parse(ParameterFiles[name], "golden.yaml")).Values;
        if (Environment.GetEnvironmentVariable("HEMATOMA_UPDATE_GOLDEN") == "1")
            File.WriteAllLines(path, ["feature,value", .. values.Select(value =>
                string.Create(CultureInfo.InvariantCulture, $"{value.Key},{value.Value:R}"))]);

        string[][] golden = [.. File.ReadLines(path).Skip(1).Select(line => line.Split(','))];
        string[] names = [.. golden.Select(row => row[0])];
        Assert.Empty(names.Except(values.Keys).Select(lost => $"{lost} is no longer computed"));
        Assert.Empty(values.Keys.Except(names).Select(added => $"{added} has no golden value"));
        Assert.Equal(names, values.Keys);
        Assert.Empty(golden.Where(row => !Same(OracleCase.Number(row[1]), values[row[0]])).Select(row => $"{row[0]}: {values[row[0]]:R}, golden {row[1]}"));
    }

    private static bool Same(double golden, double value) =>
        double.IsNaN(golden) ? double.IsNaN(value) : Math.Abs(value - golden) <= Math.Max(1e-9 * Math.Abs(golden), 1e-12);
}
