namespace HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;

/// <summary>The consensus values of the second phase of the IBSI filter standardisation (Whybra et al., Radiology 2024) on the CT phantom.</summary>
public sealed class IbsiPhase2Tests(IbsiPhase2Runs runs)
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
        IReadOnlyList<IbsiPhase2Row> rows = runs.Rows(filter);
        Assert.Equal(filter == "8.B" ? 17 : 18, rows.Count);
        Assert.Empty(rows.Where(row => !row.Passes).Select(row => $"{row.Tag}: {row.Value:G6}, IBSI {row.Expected} ± {row.Tolerance}"));
    }
}
