using System.Globalization;
using System.Text;
using HematomaPacsAgent.Analysis.Evaluation;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>Tables and figures as a reader likes them: shares in percent, medians with quartiles, a dash for what is not known.</summary>
internal static class HtmlTable
{
    private const string None = "–";

    public static string Of(IEnumerable<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        StringBuilder table = new("<table><tr>");
        foreach (string cell in header) table.Append("<th>").Append(EvaluationPage.Text(cell)).Append("</th>");
        table.Append("</tr>\n");
        foreach (IReadOnlyList<string> row in rows)
        {
            table.Append("<tr>");
            foreach (string cell in row) table.Append("<td>").Append(EvaluationPage.Text(cell)).Append("</td>");
            table.Append("</tr>\n");
        }

        return table.Append("</table>\n").ToString();
    }

    public static string Number(double? value, string format = "F3") => value is { } known ? known.ToString(format, CultureInfo.InvariantCulture) : None;

    /// <summary>Median (quartiles).</summary>
    public static string Spread(Distribution? values, string format = "F2") => values is null ? None
        : string.Create(CultureInfo.InvariantCulture, $"{values.Median.ToString(format, CultureInfo.InvariantCulture)} (")
            + $"{Number(values.LowerQuartile, format)} to {Number(values.UpperQuartile, format)})";

    /// <summary>Percent (interval), count of whole.</summary>
    public static string Share(Proportion part) => part is not { Share: { } share, Ci95: { } interval } ? None
        : string.Create(CultureInfo.InvariantCulture,
            $"{100 * share:F1} % ({100 * interval.Low:F1} to {100 * interval.High:F1}), {part.Count} of {part.Total}");

    public static string Range(Interval? interval, string format = "F3") =>
        interval is null ? None : $"{Number(interval.Low, format)} to {Number(interval.High, format)}";
}
