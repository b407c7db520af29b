using System.Globalization;
using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Commands;

/// <summary>What <c>models calibrate</c> prints: plain lines, which a file and a narrow terminal take alike.</summary>
internal static class CalibrationTable
{
    public static void Print(CalibrationReport report, ModelManifest manifest)
    {
        bool signs = manifest.Kind == ModelKind.Signs;
        Say($"{report.Cases} cases: {report.Used} used, {report.Refused} not analysed"
            + (signs ? $", {report.WithoutHematoma} without a hematoma or labels, {report.Missed} whose hematoma the segmentation missed" : ""));
        Say($"after is measured on the cases that it was fitted on. Samples are {(signs ? "cases" : "voxels in and near the regions")}");
        string form = "{0,-26} {1,8} {2,8}  {3,7} {4,9}  {5,-15} {6,-15} " + (signs ? "{7,9} {8,-15} {9,5} {10,5} {11,5}  {12}" : "{7,9} {8,-15}  {12}");
        Line(form, "class", "with", "without", "slope", "intercept", "Brier", "ECE", "threshold", signs ? "band" : "Dice", "sens", "spec", "open", "");
        foreach (ClassFit one in report.Classes)
        {
            ModelClass now = manifest.Output.Classes.First(c => c.Key == one.Key);
            ProbabilityQuality? shown = one.After ?? one.Before;
            Line(form, one.Key, one.Positives, one.Negatives, Number(one.Calibration?.Slope), Number(one.Calibration?.Intercept),
                Change(one.Before?.Brier, one.After?.Brier), Change(one.Before?.Ece, one.After?.Ece), Number(one.Point?.Threshold ?? now.Threshold),
                !signs ? Change(one.Before?.Dice, one.After?.Dice) : one.Point is { } point ? $"{Number(point.Low)} to {Number(point.High)}" : "",
                Number(shown?.Sensitivity, "F2"), Number(shown?.Specificity, "F2"), Number(one.Point?.Open, "F2"), one.Note);
        }
    }

    private static string Change(double? before, double? after) => after is null ? Number(before) : $"{Number(before)} > {Number(after)}";

    private static string Number(double? value, string format = "F3") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    private static void Line(string form, params object[] cells) => Say(string.Format(CultureInfo.InvariantCulture, form, cells));

    private static void Say(string text) => Console.WriteLine(text.TrimEnd());
}
