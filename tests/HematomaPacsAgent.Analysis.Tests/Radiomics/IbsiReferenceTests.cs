using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// The reference values of the Image Biomarker Standardisation Initiative: the digital phantom, and configurations A to E of the CT phantom, all
/// aggregations. A value passes if, rounded to three significant digits, it lies within the consensus' tolerance.
/// </summary>
public sealed class IbsiReferenceTests
{
    /// <summary>The six configurations as parameter files.</summary>
    private static readonly Dictionary<string, string> Configurations = new()
    {
        ["digital"] = """
            profile: ibsi
            setting: {binWidth: 1}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb, 3D_avg, 3D_comb]}
            """,
        ["A"] = """
            profile: ibsi
            setting: {resegmentRange: [-500, 400], binWidth: 25}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb]}
            """,
        ["B"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 0], interpolator: sitkLinear, resegmentRange: [-500, 400], binCount: 32}
            ibsi: {aggregation: [2D_avg, 2D_comb, 2_5D_avg, 2_5D_comb]}
            """,
        ["C"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkLinear, resegmentRange: [-1000, 400], binWidth: 25}
            ibsi: {aggregation: [3D_avg, 3D_comb], ivh: {binWidth: 2.5}}
            """,
        ["D"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkLinear, binCount: 32}
            ibsi: {aggregation: [3D_avg, 3D_comb], resegmentOutliers: 3}
            """,
        ["E"] = """
            profile: ibsi
            setting: {resampledPixelSpacing: [2, 2, 2], interpolator: sitkBSpline, resegmentRange: [-1000, 400], binCount: 32}
            ibsi: {aggregation: [3D_avg, 3D_comb], resegmentOutliers: 3, ivh: {binCount: 1000}}
            """,
    };

    [Theory]
    [InlineData("digital", 482)]
    [InlineData("A", 346)]
    [InlineData("B", 346)]
    [InlineData("C", 210)]
    [InlineData("D", 210)]
    [InlineData("E", 210)]
    public void Every_standardised_value_is_met_within_its_tolerance_and_no_feature_is_missing_or_extra(string configuration, int standardised)
    {
        string[][] reference = [.. ReferenceRows(configuration)];
        RadiomicsResult result = Extract(configuration);

        Assert.Equal(reference.Select(cells => cells[10]).Order(StringComparer.Ordinal), result.Values.Keys.Order(StringComparer.Ordinal));
        string[][] valued = [.. reference.Where(cells => cells[9] != "not standardized")];
        Assert.Equal(standardised, valued.Length);
        Assert.Empty(valued.Where(cells => !Passes(result.Values[cells[10]], OracleCase.Number(cells[7]), OracleCase.Number(cells[8])))
            .Select(cells => $"{cells[10]}: {result.Values[cells[10]]:R}, IBSI {cells[7]} ± {cells[8]}"));
    }

    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("E")]
    public void Values_agree_with_MIRP_to_full_precision(string configuration)
    {
        Dictionary<string, string> mirp = OracleCase.Table($"radiomics/ibsi/mirp_values_config_{configuration}.csv");
        RadiomicsResult result = Extract(configuration);
        List<string> wrong = [];
        int compared = 0;
        foreach ((string tag, double value) in result.Values)
        {
            if (mirp.FirstOrDefault(row => SameFeature(row.Key, tag)) is not { Key: not null, Value.Length: > 0 } row) continue;
            double expected = OracleCase.Number(row.Value);
            compared++;
            // MIRP holds intensities as 32-bit floats: its mean is 2.148648738… where the phantom's is 159/74.
            if (!(Math.Abs(value - expected) <= 1e-6 * Math.Abs(expected))) wrong.Add($"{tag}: {value:R}, MIRP {expected:R}");
        }

        Assert.True(compared > 100, $"{compared} compared");
        Assert.Empty(wrong);
    }

    [Fact]
    public void The_dictionary_names_the_IBSI_code_of_every_feature_as_the_reference_does()
    {
        var codes = ReferenceRows("digital").ToDictionary(cells => cells[10], cells => cells[2]);
        foreach ((string tag, string code) in codes) Assert.Equal(code, FeatureDictionary.Describe(tag)!.IbsiCode);
    }

    private static IEnumerable<string[]> ReferenceRows(string configuration) =>
        File.ReadLines(SharedFiles.Data($"radiomics/ibsi/{(configuration == "digital" ? "digital" : "ct")}_phantom_reference.csv")).Skip(1)
            .Select(line => line.Split(',')).Where(cells => cells[6] == configuration && !cells[0].StartsWith("Diagnostics", StringComparison.Ordinal));

    private static RadiomicsResult Extract(string configuration) =>
        (configuration == "digital" ? OracleCase.DigitalPhantom() : OracleCase.CtPhantom()).Extract(Configurations[configuration]);

    private static bool Passes(double value, double reference, double tolerance) =>
        Math.Abs(OracleCase.Number(value.ToString("G3", System.Globalization.CultureInfo.InvariantCulture)) - reference)
            <= tolerance + 1e-12 * Math.Abs(reference);

    /// <summary>MIRP's columns: <c>cm_energy_d1_2d_s_mrg_fbs_w25.0</c> is IBSI's <c>cm_energy_2D_comb</c>.</summary>
    private static bool SameFeature(string column, string tag)
    {
        string bare = System.Text.RegularExpressions.Regex.Replace(column, "_(fbs_w|fbn_n)[0-9.]+$", "").Replace("_d1", "", StringComparison.Ordinal)
            .Replace("_a0.0", "", StringComparison.Ordinal);
        (string Mirp, string Ibsi)[] endings =
        [
            ("_2d_avg", "_2D_avg"), ("_2d_s_mrg", "_2D_comb"), ("_2.5d_d_mrg", "_2_5D_avg"), ("_2.5d_v_mrg", "_2_5D_comb"), ("_3d_avg", "_3D_avg"),
            ("_3d_v_mrg", "_3D_comb"), ("_2d", "_2D"), ("_2.5d", "_2_5D"), ("_3d", "_3D"),
        ];
        foreach ((string theirs, string ours) in endings)
            if (bare.EndsWith(theirs, StringComparison.Ordinal)) return bare[..^theirs.Length] + ours == tag;
        return bare == tag;
    }
}
