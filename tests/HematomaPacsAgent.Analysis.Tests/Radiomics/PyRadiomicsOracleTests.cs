using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>PyRadiomics 3.1 ran on the same files; every feature of the families built so far agrees to 1e-9 relative.</summary>
public sealed class PyRadiomicsOracleTests
{
    private static readonly string[] Families = ["shape", "firstorder", "glcm"];

    [Theory]
    [InlineData("brain1", 25)]
    [InlineData("ich5", 25)]
    [InlineData("ich5", 5)]
    public void Every_feature_agrees_with_PyRadiomics_and_none_is_missing_or_extra(string name, int binWidth)
    {
        string folder = SharedFiles.Data("radiomics/pyradiomics-oracle");
        string oracle = SharedFiles.Data($"radiomics/pyradiomics-oracle/oracle_{name}_original_bw{binWidth}.csv");
        var expected = File.ReadLines(oracle).Select(line => line.Split(',', 2))
            .Where(cells => Families.Any(family => cells[0].StartsWith($"original_{family}_", StringComparison.Ordinal)))
            .ToDictionary(cells => cells[0], cells => double.Parse(cells[1], CultureInfo.InvariantCulture));

        RoiImage roi = NiftiFile.ReadRoi(Path.Combine(folder, $"{name}_image.nii.gz"), Path.Combine(folder, $"{name}_mask.nii.gz"));
        RadiomicsResult result = FeatureExtractor.Extract(roi, new RadiomicsSettings { BinWidth = binWidth },
            TestContext.Current.CancellationToken);

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), result.Values.Keys.Order(StringComparer.Ordinal));
        List<string> wrong = [];
        foreach ((string feature, double value) in expected)
        {
            double off = Math.Abs(result.Values[feature] - value) / Math.Max(Math.Abs(value), 1e-12);
            if (!(off <= 1e-9)) wrong.Add($"{feature}: {result.Values[feature]:R}, PyRadiomics {value:R}, off by {off:G3}");
        }

        Assert.Empty(wrong);
    }
}
