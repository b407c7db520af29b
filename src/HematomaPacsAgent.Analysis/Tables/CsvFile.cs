using System.Text;

namespace HematomaPacsAgent.Analysis.Tables;

/// <summary>A table that is not one: a ragged row, an open quote, a column twice. The message says in which line.</summary>
public sealed class CsvException(string message, Exception? cause = null) : Exception(message, cause);

/// <summary>One row of a table.</summary>
/// <param name="Line">The line of the file that it begins on, from 1.</param>
/// <param name="Cells">As many as the header has.</param>
public sealed record CsvRow(int Line, IReadOnlyList<string> Cells);

/// <summary>Comma-separated values with a header, as cells of text: nothing is trimmed, converted or lost.</summary>
/// <remarks>RFC 4180: quoted cells may hold commas, quotes (doubled) and line breaks. Lines end in CR LF, LF or CR; a byte order mark is passed over.</remarks>
public sealed class CsvFile
{
    // What a file made to take memory may have; a cohort of 10,000 patients with 5,000 features stays below.
    private const long LargestBytes = 1L << 30;

    private readonly Dictionary<string, int> columns;

    private CsvFile(IReadOnlyList<string> header, IReadOnlyList<CsvRow> rows)
    {
        (Header, Rows) = (header, rows);
        columns = header.Index().ToDictionary(column => column.Item, column => column.Index, StringComparer.OrdinalIgnoreCase);
    }

    public IReadOnlyList<string> Header { get; }

    public IReadOnlyList<CsvRow> Rows { get; }

    /// <summary>Place of a column, its name in any case; -1 where there is none.</summary>
    public int Find(string column) => columns.GetValueOrDefault(column, -1);

    /// <summary>Whether some column has this name.</summary>
    public bool Has(string column) => columns.ContainsKey(column);

    /// <exception cref="CsvException">It is missing or no such table.</exception>
    public static CsvFile Read(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestBytes })
                throw new CsvException($"{path} is larger than {LargestBytes} bytes: split the table");
            return Parse(File.ReadAllText(path, new UTF8Encoding(false, throwOnInvalidBytes: true)), Path.GetFileName(path));
        }
        catch (DecoderFallbackException e)
        {
            throw new CsvException($"{path} is not in UTF-8: save the table as CSV UTF-8", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CsvException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <param name="text">The whole table.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="CsvException">It is no such table.</exception>
    public static CsvFile Parse(string text, string name)
    {
        CsvReader reader = new(text, name);
        if (reader.Next() is not { } header) throw new CsvException($"{name} is empty: a table begins with a line of column names");
        HashSet<string> seen = new(StringComparer.OrdinalIgnoreCase);
        foreach (string column in header.Cells)
            if (!seen.Add(column))
                throw new CsvException($"{name}, line {header.Line}: the column '{column}' is there twice. Rename one of them");
        if (header.Cells.Count == 1 && header.Cells[0].Contains(';', StringComparison.Ordinal))
            throw new CsvException($"{name}, line {header.Line}: the columns are separated by semicolons. Save the table with commas");
        List<CsvRow> rows = [];
        while (reader.Next() is { } row)
        {
            if (row.Cells.Count != header.Cells.Count)
                throw new CsvException($"{name}, line {row.Line}: {row.Cells.Count} cells under {header.Cells.Count} columns. " +
                    "Put cells that hold commas in quotes, and leave missing ones empty");
            rows.Add(row);
        }

        return new CsvFile(header.Cells, rows);
    }

    /// <summary>A line with its end (LF): cells are quoted where they hold a comma, a quote, a line break or blanks at an end.</summary>
    public static string Line(IEnumerable<string> cells) => string.Join(',', cells.Select(Quoted)) + "\n";

    private static string Quoted(string cell) =>
        cell.AsSpan().IndexOfAny(",\"\r\n") >= 0 || cell is [' ', ..] or [.., ' '] or ['\uFEFF', ..]
            ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
}

/// <summary>Rows out of text, one after the other.</summary>
internal sealed class CsvReader(string text, string name)
{
    private readonly StringBuilder quoted = new();
    private int at = text.StartsWith('\uFEFF') ? 1 : 0;
    private int line = 1;

    /// <summary>The next row that is not an empty line; null at the end.</summary>
    public CsvRow? Next()
    {
        while (at < text.Length && text[at] is '\r' or '\n') EndLine();
        if (at >= text.Length) return null;
        int start = line;
        List<string> cells = [];
        while (true)
        {
            cells.Add(at < text.Length && text[at] == '"' ? Quoted(start) : Plain());
            if (at >= text.Length) break;
            if (text[at] != ',')
            {
                EndLine();
                break;
            }

            at++;
        }

        return new CsvRow(start, cells);
    }

    private string Plain()
    {
        int length = text.AsSpan(at).IndexOfAny(',', '\r', '\n');
        if (length < 0) length = text.Length - at;
        string cell = text.Substring(at, length);
        at += length;
        // A quote within is kept: '5" needle' is what someone wrote.
        return cell;
    }

    private string Quoted(int start)
    {
        quoted.Clear();
        int opened = line;
        at++;
        while (true)
        {
            if (at >= text.Length)
                throw new CsvException($"{name}, line {opened}: a quote is opened and never closed" +
                    (opened == start ? "" : $", in the row that begins on line {start}"));
            char next = text[at];
            if (next == '"')
            {
                at++;
                if (at < text.Length && text[at] == '"')
                {
                    quoted.Append('"');
                    at++;
                    continue;
                }

                if (at < text.Length && text[at] is not (',' or '\r' or '\n'))
                    throw new CsvException($"{name}, line {line}: '{text[at]}' stands behind a closing quote, where a comma or the line's end must. " +
                        "Double the quotes within a cell");
                return quoted.ToString();
            }

            if (next == '\n' || next == '\r' && (at + 1 >= text.Length || text[at + 1] != '\n')) line++;
            quoted.Append(next);
            at++;
        }
    }

    private void EndLine()
    {
        if (text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n') at++;
        at++;
        line++;
    }
}
