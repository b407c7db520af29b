using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

/// <summary>Which series of a study was read, and why each other one was not, for the terminal.</summary>
internal static class SeriesTable
{
    public static void Print(string findingsJson)
    {
        JsonElement series = JsonDocument.Parse(findingsJson).RootElement.GetProperty("series");
        Table table = new Table().Border(TableBorder.Rounded).Title("Series of the study")
            .AddColumns("Series", "Images", "Thickness", "Spacing", "Coverage", "Kernel", "Verdict", "Reason");
        foreach (JsonElement row in series.EnumerateArray())
        {
            string name = row.GetProperty("seriesNumber") is { ValueKind: JsonValueKind.Number } number ? number.GetRawText()
                : row.GetProperty("seriesInstanceUid").GetString() is { Length: > 0 } uid ? "…" + uid[Math.Max(0, uid.Length - 8)..] : "no UID";
            string verdict = row.GetProperty("verdict").GetString()!;
            table.AddRow(Cell(name + (Text(row, "part") is { Length: > 0 } part ? $", {part}" : "")), Cell(row.GetProperty("images").GetRawText()),
                Cell(Millimetres(row, "thicknessMm")), Cell(Millimetres(row, "spacingMm")), Cell(Millimetres(row, "coverageMm")), Cell(Text(row, "kernel")),
                new Markup(verdict == "chosen" ? "[green]chosen[/]" : "rejected"),
                Cell(string.Join("; ", row.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()))));
        }

        AnsiConsole.Write(table);
    }

    private static Text Cell(string text) => new(text);

    private static string Text(JsonElement row, string key) => row.GetProperty(key).GetString() ?? "";

    private static string Millimetres(JsonElement row, string key) =>
        row.GetProperty(key) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble().ToString("0.##", CultureInfo.InvariantCulture) + " mm" : "";
}
