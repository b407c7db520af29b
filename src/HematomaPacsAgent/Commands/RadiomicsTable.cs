using System.Globalization;
using System.Text;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Tables;

namespace HematomaPacsAgent.Commands;

/// <summary>How one case ended: measured, measured but for some feature classes, or why not.</summary>
internal sealed record CaseOutcome(RadiomicsCase Case, RadiomicsResult? Measured, string? Fault, IReadOnlyList<string> Warnings, string? Region)
{
    /// <summary>What the column <c>status</c> says.</summary>
    public const string Ok = "ok", Partial = "partial", Failed = "failed";

    private readonly FeatureClassStatus[] missing = [.. (Measured?.Classes ?? []).Where(one => one.Reason is not null)];

    public bool IsMeasured => Measured is not null;

    public string Status => !IsMeasured ? Failed : missing.Length > 0 ? Partial : Ok;

    /// <summary>Why it failed, or which classes lack values and why; null when all is well.</summary>
    public string? Reason => Fault ?? (missing.Length == 0 ? null : string.Join("; ", missing.GroupBy(one => one.Reason)
        .Select(group => $"{string.Join(", ", group.Select(one => $"{one.ImageType} {one.FeatureClass}".TrimStart()))}: {group.Key}")));
}

/// <summary>
/// The results as CSV, a row a case: the list's columns, status and reason, diagnostics, features. Each row is in the file when the next begins.
/// </summary>
internal sealed class RadiomicsTable : IDisposable
{
    /// <summary>What the program adds to the list's columns before diagnostics and features.</summary>
    private static readonly string[] Own = ["status", "reason", "warnings", "parameters"];

    private readonly TextWriter writer;
    private readonly RadiomicsExtraction extraction;

    private RadiomicsTable(TextWriter writer, RadiomicsExtraction extraction) => (this.writer, this.extraction) = (writer, extraction);

    /// <summary>Begins a table.</summary>
    /// <param name="path">Null for standard output.</param>
    /// <param name="columns">Of the list.</param>
    /// <param name="extraction">Names the others.</param>
    /// <param name="kept">Lines of an earlier run that are taken over.</param>
    /// <exception cref="UsageException">The list has a column of the output's.</exception>
    public static RadiomicsTable Create(string? path, IReadOnlyList<string> columns, RadiomicsExtraction extraction, IReadOnlyList<IReadOnlyList<string>> kept)
    {
        string[] header = Header(columns, extraction);
        if (header.GroupBy(column => column, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"the list has a column '{twice.Key}', which the results have too: rename or remove it in the list");
        StringBuilder start = new(CsvFile.Line(header));
        foreach (IReadOnlyList<string> line in kept) start.Append(CsvFile.Line(line));
        if (path is null)
        {
            Console.Out.Write(start);
            return new RadiomicsTable(Console.Out, extraction);
        }

        // Beyond a link lies the file that is meant.
        string file = Real(path);
        if (kept.Count > 0)
        {
            // Whole or not at all: what was measured before is never lost on the way.
            File.WriteAllText(file + ".part", start.ToString());
            File.Move(file + ".part", file, overwrite: true);
            return new RadiomicsTable(Open(file, FileMode.Append), extraction);
        }

        // Not by a move, which would put a file in the place of a device.
        RadiomicsTable table = new(Open(file, FileMode.Create), extraction);
        table.writer.Write(start);
        table.writer.Flush();
        return table;
    }

    /// <summary>Keeps other runs from the same output, which would take this one's rows away: held until it is disposed, or the process ends.</summary>
    /// <returns>Null where no file may be made beside the output.</returns>
    /// <exception cref="IOException">Another run holds it.</exception>
    public static IDisposable? Hold(string path)
    {
        string mark = path + ".lock";
        try
        {
            return new FileStream(mark, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException held) when (File.Exists(mark))
        {
            throw new IOException($"another run is writing {path}: wait for its end, or name another output", held);
        }
    }

    /// <summary>The file that a path means, behind its links; it need not be there yet.</summary>
    public static string Real(string path) =>
        new FileInfo(path).LinkTarget is null ? Path.GetFullPath(path) : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;

    private static StreamWriter Open(string file, FileMode mode) =>
        new(new FileStream(file, mode, FileAccess.Write, FileShare.Read), new UTF8Encoding(false));

    /// <summary>Rows of an earlier run whose case was measured and is in the list, by the list's cells.</summary>
    /// <exception cref="UsageException">The file is no output of this list and these parameters.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Measured(string path, RadiomicsCaseList list, RadiomicsExtraction extraction,
        out IReadOnlyList<RadiomicsCase> left)
    {
        left = list.Cases;
        if (!File.Exists(path)) return [];
        CsvFile table;
        try
        {
            string text = File.ReadAllText(path);
            // A row that was being written when the machine went down has no end.
            table = CsvFile.Parse(text[..(text.LastIndexOf('\n') + 1)], Path.GetFileName(path));
        }
        catch (CsvException e)
        {
            throw new UsageException($"--resume: {e.Message}");
        }

        if (!table.Header.SequenceEqual(Header(list.Columns, extraction)))
            throw new UsageException($"--resume: {path} has other columns than this list and these parameters give. Name another --out, or leave out --resume");
        int status = list.Columns.Count, digest = status + Array.IndexOf(Own, "parameters");
        if (table.Rows.Any(row => row.Cells[digest] != extraction.Digest))
            throw new UsageException($"--resume: {path} was made with other parameters or another label. Name another --out, or leave out --resume");
        Dictionary<string, Queue<IReadOnlyList<string>>> measured = table.Rows.Where(row => row.Cells[status] is CaseOutcome.Ok or CaseOutcome.Partial)
            .GroupBy(row => CsvFile.Line(row.Cells.Take(status)))
            .ToDictionary(group => group.Key, group => new Queue<IReadOnlyList<string>>(group.Select(row => row.Cells)));
        List<IReadOnlyList<string>> kept = [];
        List<RadiomicsCase> rest = [];
        foreach (RadiomicsCase one in list.Cases)
            if (measured.GetValueOrDefault(CsvFile.Line(one.Carried)) is { Count: > 0 } rows) kept.Add(rows.Dequeue());
            else rest.Add(one);
        left = rest;
        int strange = measured.Values.Sum(rows => rows.Count);
        return strange == 0 ? kept
            : throw new UsageException($"--resume: {path} has {strange} measured rows that are not in this list, and would lose them. Name another --out");
    }

    public void Write(CaseOutcome outcome)
    {
        IEnumerable<string> cells = outcome.Measured is { } measured
            ? [.. extraction.DiagnosticNames.Select(name => measured.Diagnostics.GetValueOrDefault(name, "")),
                .. extraction.FeatureNames.Select(name => Number(measured.Values.GetValueOrDefault(name, double.NaN)))]
            : Enumerable.Repeat("", extraction.DiagnosticNames.Count + extraction.FeatureNames.Count);
        string warnings = string.Join("; ", outcome.Warnings.Where(warning => outcome.Reason?.Contains(warning, StringComparison.Ordinal) != true));
        writer.Write(CsvFile.Line([.. outcome.Case.Carried, outcome.Status, outcome.Reason ?? "", warnings, extraction.Digest, .. cells]));
        writer.Flush();
    }

    public void Dispose()
    {
        if (writer != Console.Out) writer.Dispose();
    }

    /// <summary>Every digit, as numpy and pandas read it.</summary>
    public static string Number(double value) => value switch
    {
        double.NaN => "nan",
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string[] Header(IReadOnlyList<string> columns, RadiomicsExtraction extraction) =>
        [.. columns, .. Own, .. extraction.DiagnosticNames, .. extraction.FeatureNames];
}
