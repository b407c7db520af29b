using System.Globalization;
using System.Text;
using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Pipeline.Findings;

namespace HematomaPacsAgent.Pipeline.Evaluation;

/// <summary>What the page says of one class.</summary>
internal static class SegmentationSection
{
    private const string Blue = "#2a6fb0", Orange = "#d97400", Grey = "#888";

    public static void Append(StringBuilder page, ClassSummary summary, IReadOnlyList<SegmentationRow> rows)
    {
        page.Append("<h2>").Append(EvaluationPage.Text(ClassNames.Of(summary.Class))).Append("</h2>\n<p>").Append(summary.N)
            .Append(" cases whose truth knows this class; it is there in ").Append(summary.Overall.N).Append(".</p>\n");
        page.Append("<h3>Overlap, where it is there: median (quartiles); shares with 95 % Wilson interval</h3>\n");
        page.Append(HtmlTable.Of(
            ["cases", "n", "IoU > 0.6", "IoU > 0.8", "IoU", "Dice", "HD95 mm", "volume error ml", "volume error %", "ACC", "ACC inside skull"],
            [Row(summary.Overall), .. summary.ByVolume.Select(Row), .. summary.ByRegime.Select(group => Row(group with { Group = $"regime {group.Group}" }))]));
        if (summary.Overall.Hausdorff95Mm is { } distances && distances.N < summary.Overall.N)
            page.Append("<p><small>HD95 leaves out ").Append(summary.Overall.N - distances.N).Append(" cases in which the model found nothing.</small></p>\n");
        page.Append("<h3>Detection</h3>\n").Append(HtmlTable.Of(["", "sensitivity", "specificity"],
        [
            ["per patient", HtmlTable.Share(summary.PerPatient.Sensitivity), HtmlTable.Share(summary.PerPatient.Specificity)],
            ["per slice", HtmlTable.Share(summary.PerSlice.Sensitivity), HtmlTable.Share(summary.PerSlice.Specificity)],
        ]));
        if (summary.PerSlice.Unclear > 0)
            page.Append("<p><small>").Append(summary.PerSlice.Unclear).Append(" slices with less truth than the smallest area are not counted.</small></p>\n");
        if (summary.FalseVolumeMl is { } falsely)
            page.Append(CultureInfo.InvariantCulture, $"<p>False volume in the {falsely.N} cases without it: median {falsely.Median:F2} ml, ")
                .Append(CultureInfo.InvariantCulture, $"largest {falsely.Maximum:F2} ml.</p>\n");
        if (summary.VolumeAgreement is { } agreement)
            page.Append(CultureInfo.InvariantCulture,
                $"<p>Volume, found − true: bias {agreement.Bias:F2} ml (95 % interval {HtmlTable.Range(agreement.BiasCi95, "F2")}), ")
                .Append(CultureInfo.InvariantCulture, $"limits of agreement {agreement.LowerLimit:F2} ml ({HtmlTable.Range(agreement.LowerLimitCi95, "F2")}) ")
                .Append(CultureInfo.InvariantCulture, $"to {agreement.UpperLimit:F2} ml ({HtmlTable.Range(agreement.UpperLimitCi95, "F2")}).</p>\n");
        (SegmentationRow Row, ClassScore Score)[] there =
            [.. rows.Where(row => row.Of(summary.Class) is { IsThere: true }).Select(row => (row, row.Of(summary.Class)!))];
        if (there.Length > 0) page.Append(Agreement(summary, there)).Append(OverlapByVolume(there));
    }

    private static string[] Row(OverlapSummary group) =>
    [
        group.Group, group.N.ToString(CultureInfo.InvariantCulture), HtmlTable.Share(group.IouAbove06), HtmlTable.Share(group.IouAbove08),
        HtmlTable.Spread(group.Iou, "F3"), HtmlTable.Spread(group.Dice, "F3"), HtmlTable.Spread(group.Hausdorff95Mm, "F1"),
        HtmlTable.Spread(group.VolumeErrorMl), HtmlTable.Spread(group.VolumeErrorPercent, "F1"), HtmlTable.Spread(group.Accuracy, "F4"),
        HtmlTable.Spread(group.BrainAccuracy, "F4"),
    ];

    private static SvgChart Agreement(ClassSummary summary, (SegmentationRow Row, ClassScore Score)[] there)
    {
        IEnumerable<double> lines = summary.VolumeAgreement is { } limits ? [limits.LowerLimit, limits.UpperLimit, 0] : [0];
        SvgChart chart = new("Bland–Altman: volume", "mean of found and true, ml", "found − true, ml",
            SvgChart.Around(there.Select(one => Mean(one.Score)).Append(0)), SvgChart.Around(there.Select(one => one.Score.VolumeErrorMl).Concat(lines)));
        if (summary.VolumeAgreement is { } agreement)
            chart.Level(agreement.UpperLimit, Ml("+1.96 SD", agreement.UpperLimit), Grey)
                .Level(agreement.Bias, Ml("bias", agreement.Bias), Orange, dashed: false)
                .Level(agreement.LowerLimit, Ml("−1.96 SD", agreement.LowerLimit), Grey);
        return chart.Points(there.Select(one => (Mean(one.Score), one.Score.VolumeErrorMl, one.Row.Name)), Blue);

        static double Mean(ClassScore score) => (score.TruthMl + score.FoundMl) / 2;

        static string Ml(string name, double value) => string.Create(CultureInfo.InvariantCulture, $"{name} {value:F1}");
    }

    private static SvgChart OverlapByVolume((SegmentationRow Row, ClassScore Score)[] there)
    {
        double least = there.Min(one => one.Score.TruthMl), most = there.Max(one => one.Score.TruthMl);
        return new SvgChart("IoU by true volume", "true volume, ml", "IoU", (Math.Max(1e-3, least / 1.3), Math.Max(1e-2, most * 1.3)), (0, 1), logX: true)
            .Level(0.8, "0.8", Grey).Level(0.6, "0.6", Grey)
            .Points(there.Select(one => (one.Score.TruthMl, one.Score.Overlap.Iou ?? 0,
                string.Create(CultureInfo.InvariantCulture, $"{one.Row.Name}: {one.Score.TruthMl:F1} ml, IoU {one.Score.Overlap.Iou:F3}"))), Blue);
    }
}
