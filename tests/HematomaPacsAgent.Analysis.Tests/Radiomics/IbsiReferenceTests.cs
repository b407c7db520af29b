using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>
/// The reference values of the Image Biomarker Standardisation Initiative: the digital phantom, and configurations A to E of the CT phantom, all
/// aggregations. A value passes if, rounded to three significant digits, it lies within the consensus' tolerance.
/// </summary>
public sealed class IbsiReferenceTests(IbsiRuns runs)
{
    [Theory]
    [InlineData("digital", 482)]
    [InlineData("A", 346)]
    [InlineData("B", 346)]
    [InlineData("C", 210)]
    [InlineData("D", 210)]
    [InlineData("E", 210)]
    public void Every_standardised_value_is_met_within_its_tolerance_and_no_feature_is_missing_or_extra(string configuration, int standardised)
    {
        IReadOnlyList<IbsiRow> reference = IbsiRuns.Reference(configuration);
        RadiomicsResult result = runs.Result(configuration);

        Assert.Equal(reference.Select(row => row.Tag).Order(StringComparer.Ordinal), result.Values.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(standardised, reference.Count(row => row.Consensus is not null));
        List<string> wrong = [];
        foreach (IbsiRow row in reference)
            if (row.Consensus is { } consensus && !IbsiRuns.Passes(result.Values[row.Tag], consensus.Value, consensus.Tolerance))
                wrong.Add($"{row.Tag}: {result.Values[row.Tag]:R}, IBSI {consensus.Value} ± {consensus.Tolerance}");
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("digital")]
    [InlineData("A")]
    [InlineData("B")]
    [InlineData("C")]
    [InlineData("E")]
    public void Values_agree_with_MIRP_to_full_precision_but_for_known_differences(string configuration)
    {
        IReadOnlyList<MirpComparison> compared = MirpComparison.Of(configuration, runs.Result(configuration));
        Assert.True(compared.Count > 200, $"{compared.Count} compared");
        Assert.Empty(compared.Where(one => !one.Agrees).Select(one => $"{one.Tag}: {one.Value:R}, MIRP {one.Mirp:R}, off by {one.Off:G3}"));
        // A looser tolerance that nothing needs is one that hides the next mistake.
        foreach ((string configurations, string[] tags, double tolerance, _) in MirpComparison.Known)
            if (configurations.Contains(configuration, StringComparison.Ordinal))
                Assert.True(compared.Where(one => tags.Contains(one.Tag)).Max(one => one.Off) > tolerance / 10, string.Join(", ", tags));
    }

    [Fact]
    public void The_dictionary_names_the_IBSI_code_of_every_feature_as_the_reference_does()
    {
        foreach (IbsiRow row in IbsiRuns.Configurations.SelectMany(IbsiRuns.Reference))
            Assert.Equal(row.Code, FeatureDictionary.Describe(row.Tag)!.IbsiCode);
    }
}
