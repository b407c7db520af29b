using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace HematomaPacsAgent.Commands;

/// <summary>findings.json as a short table for the terminal.</summary>
internal static class FindingsTable
{
    public static void Print(string findingsJson)
    {
        JsonElement findings = JsonDocument.Parse(findingsJson).RootElement;
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("Finding").AddColumn("Value");
        table.AddRow("Outcome", findings.GetProperty("outcome").GetString()!);
        if (findings.TryGetProperty("segmentation", out JsonElement segmentation) && segmentation.ValueKind == JsonValueKind.Object)
        {
            table.AddRow("Hematoma volume", Number(segmentation.GetProperty("volumesMl").GetProperty("hematoma"), "F1") + " ml");
            table.AddRow("Segmentation model", Model(segmentation) + ", " + segmentation.GetProperty("device").GetString());
        }

        foreach (JsonElement sign in findings.GetProperty("signs").EnumerateArray())
            table.AddRow(sign.GetProperty("code").GetString()!,
                $"{sign.GetProperty("state").GetString()} ({Number(sign.GetProperty("probability"), "P0")}){ByRules(sign)}");
        if (findings.TryGetProperty("radscore", out JsonElement radscore) && radscore.ValueKind == JsonValueKind.Number)
            table.AddRow("Radscore", Number(radscore, "F2"));
        if (findings.TryGetProperty("nomogram", out JsonElement nomogram) && nomogram.ValueKind == JsonValueKind.Object)
        {
            table.AddRow("Expansion probability", $"{Number(nomogram.GetProperty("probability"), "P0")}, grade {nomogram.GetProperty("grade").GetString()}");
            table.AddRow("Nomogram", $"{Model(nomogram)}, {nomogram.GetProperty("intendedUse").GetString()}");
        }

        AnsiConsole.Write(table);
    }

    /// <summary>The rules' answer where it is not the network's; findings of an earlier version have none.</summary>
    private static string ByRules(JsonElement sign) =>
        sign.TryGetProperty("rule", out JsonElement rule) && rule.ValueKind == JsonValueKind.Object && sign.GetProperty("agreement").GetString() != "agree"
            ? $"; {rule.GetProperty("state").GetString()} by the rules" : "";

    private static string Number(JsonElement value, string format) => value.GetDouble().ToString(format, CultureInfo.InvariantCulture);

    private static string Model(JsonElement part) => Markup.Escape($"{part.GetProperty("model").GetString()} {part.GetProperty("version").GetString()}");
}
