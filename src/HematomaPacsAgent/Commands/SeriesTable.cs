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
            .AddColumns("Series", "Images", "Thick / step / span, mm", "Kernel", "Verdict and reason");
        foreach (JsonElement row in series.EnumerateArray())
        {
            string name = row.GetProperty("seriesNumber") is { ValueKind: JsonValueKind.Number } number ? number.GetRawText()
                : row.GetProperty("seriesInstanceUid").GetString() is { Length: > 0 } uid ? "…" + uid[Math.Max(0, uid.Length - 8)..] : "no UID";
            table.AddRow(Cell(name + (Value(row, "part") is { Length: > 0 } part ? $", {part}" : "")), Cell(row.GetProperty("images").GetRawText()),
                Cell($"{Millimetres(row, "thicknessMm")} / {Millimetres(row, "spacingMm")} / {Millimetres(row, "coverageMm")}"), Cell(Value(row, "kernel")),
                Cell($"{Value(row, "verdict")}: {string.Join("; ", row.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()))}"));
        }

        AnsiConsole.Write(table);
    }

    private static Text Cell(string text) => new(text);

    private static string Value(JsonElement row, string key) => row.GetProperty(key).GetString() ?? "";

    private static string Millimetres(JsonElement row, string key) =>
        row.GetProperty(key) is { ValueKind: JsonValueKind.Number } value ? value.GetDouble().ToString("0.##", CultureInfo.InvariantCulture) : "–";
}
