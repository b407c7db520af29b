using System.Globalization;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>PyRadiomics 3.1 ran on the same files with the same parameter files: every feature agrees, and none is missing or extra.</summary>
public sealed class PyRadiomicsOracleTests
{
    [Theory]
    [InlineData("brain1", "original", 25, 107)]
    [InlineData("ich5", "original", 25, 107)]
    [InlineData("ich5", "original", 5, 107)]
    [InlineData("ich5", "filters", 25, 1130)]
    public void Every_feature_agrees_with_PyRadiomics(string name, string parameterFile, int binWidth, int features)
    {
        OracleCase region = OracleCase.PyRadiomics(name);
        RadiomicsParameters parameters = ParameterFile.Read(SharedFiles.Data($"radiomics/pyradiomics-oracle/params_{parameterFile}.yaml"));
        if (binWidth != 25)
            parameters = ParameterFile.Parse(
                File.ReadAllText(SharedFiles.Data($"radiomics/pyradiomics-oracle/params_{parameterFile}.yaml"))
                    .Replace("binWidth: 25", $"binWidth: {binWidth.ToString(CultureInfo.InvariantCulture)}", StringComparison.Ordinal), "changed.yaml");
        RadiomicsResult result = region.Extract(parameters);

        var expected = File.ReadLines(SharedFiles.Data($"radiomics/pyradiomics-oracle/oracle_{name}_{parameterFile}_bw{binWidth}.csv")).Skip(1)
            .Select(line => line.Split(',', 2)).Where(cells => !cells[0].StartsWith("diagnostics_", StringComparison.Ordinal))
            .ToDictionary(cells => cells[0], cells => OracleCase.Number(cells[1]));
        Assert.Equal(features, expected.Count);
        Assert.Equal(expected.Keys, result.Values.Keys);
        List<string> wrong = [];
        foreach ((string feature, double value) in expected)
        {
            // ITK keeps 32-bit floats between the passes of its recursive Gaussian.
            double tolerance = feature.StartsWith("log-", StringComparison.Ordinal) ? 1e-5 : 1e-9;
            double off = Math.Abs(result.Values[feature] - value) / Math.Max(Math.Abs(value), 1e-12);
            if (!(off <= tolerance)) wrong.Add($"{feature}: {result.Values[feature]:R}, PyRadiomics {value:R}, off by {off:G3}");
        }

        Assert.Empty(wrong);
    }
}
