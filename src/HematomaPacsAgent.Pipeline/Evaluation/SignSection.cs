using System.Globalization;
using System.Text;
using HematomaPacsAgent.Analysis.Evaluation;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>What the page says of the signs.</summary>
internal static class SignSection
{
    private const string Blue = "#2a6fb0", Grey = "#888";

    public static void Append(StringBuilder page, EvaluationReport report)
    {
        IReadOnlyList<SignSummary> signs = report.Signs!;
        page.Append(report.Masks == SignMasks.Truth ? "<p>Signs looked for on the true hematoma.</p>\n"
            : $"<p>Signs looked for on the segmentation's own hematoma. Missed: {HtmlTable.Share(report.Missed!)}; their signs count as probability 0.</p>\n");
        page.Append(HtmlTable.Of(
            ["sign", "with", "without", "AUC", "95 % interval (DeLong)", "sensitivity", "specificity", "at", "indeterminate", "Brier", "ECE"],
            signs.Select(sign => (string[])
            [
                sign.Sign, sign.Positive.ToString(CultureInfo.InvariantCulture), sign.Negative.ToString(CultureInfo.InvariantCulture),
                HtmlTable.Number(sign.Roc.Auc), HtmlTable.Range(sign.Roc.Ci95), HtmlTable.Share(sign.Sensitivity), HtmlTable.Share(sign.Specificity),
                HtmlTable.Number(sign.Threshold, "F2"), HtmlTable.Share(sign.Indeterminate), HtmlTable.Number(sign.Calibration.Brier),
                HtmlTable.Number(sign.Calibration.ExpectedCalibrationError),
            ])));
        foreach (SignSummary sign in signs.Where(sign => sign.Roc.Explanation.Length > 0))
            page.Append("<p><small>").Append(EvaluationPage.Text($"{sign.Sign}: {sign.Roc.Explanation}")).Append("</small></p>\n");
        foreach (SignSummary sign in signs.Where(sign => sign.Positive + sign.Negative > 0))
            page.Append("<h3>").Append(EvaluationPage.Text(sign.Sign)).Append("</h3>\n").Append(Curve(sign)).Append(Calibration(sign));
    }

    private static string Curve(SignSummary sign)
    {
        if (sign.Roc.Points.Count == 0) return "";
        (double, double)[] way = [.. sign.Roc.Points.Select(point => (1 - point.Specificity, point.Sensitivity))];
        SvgChart chart =
            new SvgChart(string.Create(CultureInfo.InvariantCulture, $"ROC: AUC {sign.Roc.Auc:F3}"), "1 − specificity", "sensitivity", (0, 1), (0, 1))
            .Line([(0, 0), (1, 1)], Grey, dashed: true).Line(way, Blue);
        if (sign is { Sensitivity.Share: { } sensitivity, Specificity.Share: { } specificity })
            chart.Points([(1 - specificity, sensitivity, string.Create(CultureInfo.InvariantCulture, $"threshold {sign.Threshold:F2}"))], "#d97400");
        return chart.ToString();
    }

    private static string Calibration(SignSummary sign)
    {
        ReliabilityBin[] bins = [.. sign.Calibration.Bins.Where(bin => bin.N > 0)];
        SvgChart chart = new SvgChart("Reliability, with 95 % intervals", "probability said", "share true", (0, 1), (0, 1))
            .Line([(0, 0), (1, 1)], Grey, dashed: true);
        foreach (ReliabilityBin bin in bins)
            chart.Line([(bin.MeanProbability!.Value, bin.Observed.Ci95!.Low), (bin.MeanProbability.Value, bin.Observed.Ci95.High)], "#9db8d6");
        return chart.Line(bins.Select(bin => (bin.MeanProbability!.Value, bin.Observed.Share!.Value)), Blue)
            .Points(bins.Select(bin => (bin.MeanProbability!.Value, bin.Observed.Share!.Value, $"{bin.Observed.Count} of {bin.N} cases")), Blue).ToString();
    }
}
