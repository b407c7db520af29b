using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics.Parameters;

public sealed class HostileParameterFileTests
{
    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("{setting: [")]
    public void Nesting_without_end_is_refused_before_it_takes_the_stack(string opening)
    {
        string text = string.Concat(Enumerable.Repeat(opening, 1_000_000 / opening.Length));
        Assert.Matches("levels deep|keys must be plain words", Refusal(text));
    }

    [Fact]
    public void An_alias_that_multiplies_is_no_key()
    {
        string bomb = "x0: &a0 [z, z, z, z, z, z, z, z, z]\n" +
            string.Concat(Enumerable.Range(1, 30).Select(i => $"x{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        Assert.Equal("p.yaml, line 32: keys must be plain words", Refusal(bomb + "? *a30\n: 1\n"));
    }

    [Fact]
    public void What_follows_a_NUL_or_another_document_is_not_left_out_in_silence()
    {
        Assert.Contains("NUL", Refusal("setting: {binWidth: 5}\n\0\nsetting: {binWidth: 6}"), StringComparison.Ordinal);
        Assert.Contains("line 3: a second document", Refusal("setting: {binWidth: 5}\n---\nsetting: {binWidth: 6}\n"), StringComparison.Ordinal);
        Assert.Equal(5, ParameterFile.Parse("---\nsetting: {binWidth: 5}\n...\n", "p.yaml").Settings.BinWidth);
    }

    [Fact]
    public void The_same_sigma_twice_is_one_image_as_in_PyRadiomics()
    {
        RadiomicsParameters parameters = ParameterFile.Parse("imageType: {LoG: {sigma: [1, 2.0, 1, 1.0]}}", "p.yaml");
        string[] columns = [.. FeatureDictionary.Columns(parameters).Select(column => column.Column)];
        Assert.Equal(columns.Distinct(), columns);
        Assert.Equal(["1", "2.0", "1.0"], parameters.ImageTypes.Single().Settings.Sigma.Select(sigma => sigma.Written));
    }

    [Fact]
    public void Filters_whose_columns_would_have_the_same_names_are_refused() =>
        Assert.Contains("log_3D_s1 a second time",
            Refusal("profile: ibsi\nibsi: {filters: [{name: LoG, dimension: 3, sigma: 1}, {name: LoG, dimension: 3, sigma: 1.0}]}"), StringComparison.Ordinal);

    [Fact]
    public void A_file_that_measures_nothing_is_refused() =>
        Assert.Contains("nothing would be measured", Refusal("profile: ibsi\nibsi: {unfiltered: false}"), StringComparison.Ordinal);

    private static string Refusal(string text) => Assert.Throws<RadiomicsException>(() => ParameterFile.Parse(text, "p.yaml")).Message;
}
