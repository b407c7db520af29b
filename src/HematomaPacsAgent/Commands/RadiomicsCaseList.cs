using System.Globalization;
using HematomaPacsAgent.Analysis.Tables;
using HematomaPacsAgent.Pipeline.Regions;

namespace HematomaPacsAgent.Commands;

/// <summary>One case to be measured.</summary>
/// <param name="Index">Place in the list, from 0.</param>
/// <param name="Name">What a person calls it.</param>
/// <param name="Image">Path as it is opened.</param>
/// <param name="Mask">Likewise.</param>
/// <param name="Choice">Which region; null where the list says what is none, and then <paramref name="Fault"/> says so.</param>
/// <param name="Fault">Why the row cannot be a case; null when it can.</param>
/// <param name="Carried">Cells that go to the output unchanged, under <see cref="RadiomicsCaseList.Columns"/>.</param>
internal sealed record RadiomicsCase(int Index, string Name, string Image, string Mask, RegionChoice Choice, string? Fault, IReadOnlyList<string> Carried);

/// <summary>What is to be measured: one image with its mask, or the rows of a table as PyRadiomics takes them in batches.</summary>
internal sealed record RadiomicsCaseList(IReadOnlyList<string> Columns, IReadOnlyList<RadiomicsCase> Cases)
{
    public static RadiomicsCaseList Of(string image, string mask, RegionChoice choice) =>
        new(["Image", "Mask"], [new RadiomicsCase(0, Path.GetFileName(mask), image, mask, choice, null, [image, mask])]);

    /// <summary>Reads a table with columns Image and Mask, perhaps Label, Segment and ID, and any others. Relative paths begin where the table lies.</summary>
    /// <param name="path">Of the table.</param>
    /// <param name="fallback">For rows that choose no region.</param>
    /// <exception cref="UsageException">It is no such table.</exception>
    public static RadiomicsCaseList Read(string path, RegionChoice fallback)
    {
        CsvFile table;
        try
        {
            table = CsvFile.Read(path);
        }
        catch (CsvException e)
        {
            throw new UsageException(e.Message);
        }

        foreach (string needed in (string[])["Image", "Mask"])
            if (!table.Has(needed))
                throw new UsageException(
                    $"{path} has no column {needed}. Its first line names the columns: Image, Mask, and perhaps Label, Segment, ID and others");
        if (table.Rows.Count == 0) throw new UsageException($"{path} has no case: only a line of column names");
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new RadiomicsCaseList(table.Header, [.. table.Rows.Select((row, index) => Case(table, row, index, folder, fallback))]);
    }

    private static RadiomicsCase Case(CsvFile table, CsvRow row, int index, string folder, RegionChoice fallback)
    {
        string image = Cell("Image"), mask = Cell("Mask"), label = Cell("Label"), segment = Cell("Segment");
        string? fault = image.Length == 0 ? $"line {row.Line} names no Image" : mask.Length == 0 ? $"line {row.Line} names no Mask" : null;
        RegionChoice choice = fallback;
        if (segment.Length > 0) choice = new RegionChoice(null, segment);
        else if (int.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)) choice = new RegionChoice(number);
        else if (label.Length > 0)
            fault ??= $"line {row.Line} has the Label '{label}', which is no whole number. A segment's name belongs in a column Segment";
        string name = Cell("ID") is { Length: > 0 } id ? id : mask.Length > 0 ? mask : $"line {row.Line}";
        return new RadiomicsCase(index, name, Path.Combine(folder, image), Path.Combine(folder, mask), choice, fault, row.Cells);

        string Cell(string column) => table.Find(column) is >= 0 and var at ? row.Cells[at].Trim() : "";
    }
}
