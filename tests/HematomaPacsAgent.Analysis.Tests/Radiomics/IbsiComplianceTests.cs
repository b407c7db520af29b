using System.Globalization;
using System.Text;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiFilters;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Radiomics;

/// <summary>The table of what IBSI standardises and what of it is met, for readers: it is generated here, and is out of date when this fails.</summary>
public sealed class IbsiComplianceTests(IbsiRuns runs, IbsiPhase2Runs filters)
{
    [Fact]
    public void The_table_in_docs_is_what_the_values_say()
    {
        string path = Path.Combine(SharedFiles.Repository, "docs", "ibsi-compliance.md"), table = Generate();
        if (Environment.GetEnvironmentVariable("HEMATOMA_UPDATE_GOLDEN") == "1") File.WriteAllText(path, table);
        Assert.Equal(table, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    private string Generate()
    {
        StringBuilder text = new();
        text.Append("""
            # IBSI compliance of the radiomics profile `ibsi`

            Generated; do not edit. `IbsiComplianceTests` computes every value of this table and fails where the file differs. To write it anew, from the
            repository's root, with the reference data beside it (or at `HEMATOMA_SHARED`):

                dotnet build tests/HematomaPacsAgent.Analysis.Tests -c Release
                HEMATOMA_UPDATE_GOLDEN=1 dotnet tests/HematomaPacsAgent.Analysis.Tests/bin/Release/net10.0/HematomaPacsAgent.Analysis.Tests.dll \
                    -class HematomaPacsAgent.Analysis.Tests.Radiomics.IbsiComplianceTests

            A value passes if, rounded to three significant digits, it lies within the tolerance of the consensus.


            """.ReplaceLineEndings("\n"));
        Features(text);
        Mirp(text);
        Filters(text);
        return text.ToString();
    }

    private void Features(StringBuilder text)
    {
        var reference = IbsiRuns.Configurations.ToDictionary(name => name, IbsiRuns.Reference);
        Line(text, "## Features (IBSI 1): digital phantom, and CT phantom in configurations A to E");
        Line(text, "");
        Line(text, "Values passed, of values with a consensus. Each aggregation of a feature is a value.");
        Line(text, "");
        Line(text, $"| Family | {string.Join(" | ", reference.Keys)} |");
        Line(text, $"|---|{string.Concat(reference.Keys.Select(_ => "---|"))}");
        foreach (string family in reference.Values.SelectMany(rows => rows).Select(row => row.Family).Distinct())
            Line(text, $"| {family} | {string.Join(" | ", reference.Select(one => Counted(one.Key, one.Value.Where(row => row.Family == family))))} |");
        Line(text, $"| All | {string.Join(" | ", reference.Select(one => Counted(one.Key, one.Value)))} |");
        int all = reference.Values.Sum(rows => rows.Count(row => row.Consensus is not null));
        Line(text, "");
        Line(text, $"All together: {reference.Sum(one => Passed(one.Key, one.Value))} of {all}.");
        Line(text, "");
        string[] open = [.. reference.Values.SelectMany(rows => rows).Where(row => row.Consensus is null).Select(row => row.Tag).Distinct()];
        Line(text, $"Without a consensus in any configuration, computed all the same: {string.Join(", ", open.Select(tag => $"`{tag}`"))}.");
        Line(text, "");
    }

    private void Mirp(StringBuilder text)
    {
        Line(text, "## Agreement with MIRP to full precision");
        Line(text, "");
        Line(text, "MIRP is another implementation, made by IBSI's authors; it was run with the same configurations, but for D. Agreement is 1e-6 of");
        Line(text, "the value, as MIRP holds intensities as 32-bit floats.");
        Line(text, "");
        Line(text, "| Configuration | Values compared | Agree | Differ for a known reason | Differ otherwise |");
        Line(text, "|---|---|---|---|---|");
        foreach (string configuration in MirpComparison.Configurations)
        {
            IReadOnlyList<MirpComparison> compared = MirpComparison.Of(configuration, runs.Result(configuration));
            int agree = compared.Count(one => one.AgreesFully), known = compared.Count(one => one is { AgreesFully: false, Agrees: true });
            Line(text, $"| {configuration} | {compared.Count} | {agree} | {known} | {compared.Count - agree - known} |");
        }

        Line(text, "");
        Line(text, "Known reasons:");
        Line(text, "");
        foreach ((string configurations, string[] tags, double tolerance, string why) in MirpComparison.Known)
            Line(text, $"- {string.Join(", ", configurations.ToCharArray())}: {string.Join(", ", tags.Select(tag => $"`{tag}`"))}: {why} (within " +
                $"{tolerance.ToString("0.######", CultureInfo.InvariantCulture)} of the value).");
        Line(text, "");
    }

    private void Filters(StringBuilder text)
    {
        var names = File.ReadLines(SharedFiles.Data("radiomics/ibsi/ibsi2_phase2_filters.csv")).Skip(1).Select(line => line.Split(','))
            .ToDictionary(cells => cells[0]);
        Line(text, "## Filters (IBSI 2, phase 2): statistics of responses on the CT phantom");
        Line(text, "");
        Line(text, "| Filter | Dimension | Kind | Settings | Passed, of values with a consensus |");
        Line(text, "|---|---|---|---|---|");
        foreach (string filter in IbsiPhase2Runs.Filters)
            Line(text, $"| {filter} | {names[filter][1]} | {names[filter][2]} | {names[filter][3]} | " +
                $"{filters.Rows(filter).Count(row => row.Passes)} of {filters.Rows(filter).Count} |");
        Line(text, "");
        Line(text, $"All together: {IbsiPhase2Runs.Filters.Sum(filter => filters.Rows(filter).Count(row => row.Passes))} of " +
            $"{IbsiPhase2Runs.Filters.Sum(filter => filters.Rows(filter).Count)}.");
    }

    private string Counted(string configuration, IEnumerable<IbsiRow> rows)
    {
        IbsiRow[] valued = [.. rows.Where(row => row.Consensus is not null)];
        return valued.Length == 0 ? "" : $"{Passed(configuration, valued)} of {valued.Length}";
    }

    private int Passed(string configuration, IEnumerable<IbsiRow> rows)
    {
        RadiomicsResult result = runs.Result(configuration);
        return rows.Count(row => row.Consensus is { } consensus && IbsiRuns.Passes(result.Values[row.Tag], consensus.Value, consensus.Tolerance));
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
