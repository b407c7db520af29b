using System.Net;
using System.Text;
using HematomaPacsAgent.Analysis.Evaluation;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary><c>evaluation.html</c>: one file with tables, charts and pictures; it fetches nothing.</summary>
internal static class EvaluationPage
{
    private const string Style = """
        body { font: 14px/1.45 sans-serif; max-width: 1120px; margin: 2em auto; padding: 0 1em; color: #222 }
        table { border-collapse: collapse; margin: .6em 0 1.2em } th, td { border-bottom: 1px solid #ddd; padding: 3px 9px; text-align: right; white-space: nowrap }
        th:first-child, td:first-child { text-align: left } th { background: #f3f3f3 } .note { background: #fff0cd; padding: 6px 10px; margin: 4px 0 }
        figure { display: inline-block; margin: 6px; width: 320px; vertical-align: top } figcaption { font-size: 12px } small { color: #666 }
        .truth { color: #2a86c0 } .found { color: #d97400 }
        """;

    public static string Of(EvaluationReport report, IReadOnlyList<CasePicture> worst, IReadOnlyList<CasePicture> typical)
    {
        StringBuilder page = new();
        page.Append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Evaluation: ").Append(report.Kind)
            .Append("</title>\n<style>\n").Append(Style).Append("\n</style></head><body>\n<h1>Evaluation: ").Append(report.Kind).Append("</h1>\n");
        foreach (string note in report.Notes) page.Append("<p class=\"note\">").Append(Text(note)).Append("</p>\n");
        page.Append("<p><code>hematoma-agent ").Append(Text(report.Command))
            .Append("</code><br><small>version ").Append(report.Program).Append("</small></p>\n");
        page.Append(HtmlTable.Of(["model", "version", "for", "intended use", "sha256", "ran on"], report.Models.Select(model =>
            (string[])[model.Id, model.Version, model.Kind, model.IntendedUse, model.Sha256[..16] + "…", model.Device])));
        page.Append("<p>").Append(report.Cases).Append(" cases, ").Append(report.NotAnalysed).Append(" of them not analysed and in no figure.</p>\n");
        IEnumerable<(string Name, string? Reason)> refused = report.SegmentationRows?.Select(row => (row.Name, row.NotAnalysed))
            ?? report.SignRows!.Select(row => (row.Name, row.NotAnalysed));
        foreach (var (name, reason) in refused.Where(row => row.Reason is not null).Take(20))
            page.Append("<p><small>").Append(Text($"{name}: {reason}")).Append("</small></p>\n");
        if (report.Classes is not null)
            foreach (ClassSummary summary in report.Classes) SegmentationSection.Append(page, summary, report.SegmentationRows!);
        if (report.Signs is not null) SignSection.Append(page, report);
        Gallery(page, "Worst cases", worst);
        Gallery(page, "Typical cases (nearest the median)", typical);
        return page.Append("<p><small>Definitions: docs/evaluation.md. Every number, case by case: evaluation.json.</small></p>\n</body></html>\n").ToString();
    }

    public static string Text(string plain) => WebUtility.HtmlEncode(plain);

    private static void Gallery(StringBuilder page, string title, IReadOnlyList<CasePicture> pictures)
    {
        if (pictures.Count == 0) return;
        page.Append("<h2>").Append(title).Append("</h2>\n<p><span class=\"truth\">blue: truth</span>, <span class=\"found\">orange: model</span>; ")
            .Append("slice of the largest area, window 80, level 40 HU.</p>\n");
        foreach (CasePicture picture in pictures)
            page.Append("<figure><img width=\"320\" alt=\"").Append(Text(picture.Name)).Append("\" src=\"data:image/png;base64,")
                .Append(Convert.ToBase64String(picture.Png)).Append("\"><figcaption><b>").Append(Text(picture.Name)).Append("</b><br>")
                .Append(Text(picture.Figures)).Append("</figcaption></figure>\n");
    }
}
