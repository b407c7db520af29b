using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>
/// From which probability a sign is present, and between which ones nobody should say. The threshold is that of the largest Youden index (sensitivity +
/// specificity - 1; Youden 1950). The band grows from it to either side until at most <see cref="MostWrong"/> of the cases with the sign are called absent
/// and at most as many of those without it present, but takes in at most <see cref="MostOpen"/> of all cases on each side.
/// </summary>
/// <param name="Threshold">Above 0, below 1.</param>
/// <param name="Low">Lower end of the band, 0 to the threshold.</param>
/// <param name="High">Upper end of the band, the threshold to 1.</param>
/// <param name="WrongAbsent">Share of the cases with the sign that are called absent.</param>
/// <param name="WrongPresent">Share of the cases without the sign that are called present.</param>
/// <param name="Open">Share of all cases inside the band.</param>
public sealed record OperatingPoint(double Threshold, double Low, double High, double WrongAbsent, double WrongPresent, double Open)
{
    public const double MostWrong = 0.1, MostOpen = 0.2;

    private const int Digits = 4; // as model.json has them; what is said of a threshold holds of the rounded one

    /// <param name="samples">At least one of each kind.</param>
    /// <param name="calibration">What makes probabilities of them.</param>
    internal static OperatingPoint Choose(LabelledLogits samples, ModelCalibration calibration)
    {
        double[] there = Probabilities(samples, calibration, true), absent = Probabilities(samples, calibration, false);
        double[] all = [.. there.Concat(absent).Order()];
        double[] between = [.. all.Zip(all.Skip(1), (a, b) => Math.Clamp(Math.Round((a + b) / 2, Digits), 1e-4, 1 - 1e-4)).Distinct()];
        // Of equals the one nearest to even odds.
        double threshold = between.MaxBy(cut => (Math.Round(Share(there, p => p >= cut) + Share(absent, p => p < cut), 9), -Math.Abs(cut - 0.5)));
        double[] below = [.. between.Where(cut => cut <= threshold).Append(0).Where(cut => Share(all, p => p > cut && p < threshold) <= MostOpen)];
        double[] above = [.. between.Where(cut => cut >= threshold).Append(1).Where(cut => Share(all, p => p >= threshold && p < cut) <= MostOpen)];
        double low = below.Where(cut => WrongAbsentAt(cut) <= MostWrong).DefaultIfEmpty(below.Min()).Max();
        double high = above.Where(cut => WrongPresentAt(cut) <= MostWrong).DefaultIfEmpty(above.Max()).Min();
        return new OperatingPoint(threshold, low, high, WrongAbsentAt(low), WrongPresentAt(high), Share(all, p => p > low && p < high));

        // As SignClassifier.Decide has it: the ends of the band are outside it.
        double WrongAbsentAt(double cut) => Share(there, p => p <= cut && p < threshold);
        double WrongPresentAt(double cut) => Share(absent, p => p >= cut && p >= threshold);
    }

    private static double[] Probabilities(LabelledLogits samples, ModelCalibration calibration, bool ofWhatIsThere) =>
        [.. Enumerable.Range(0, samples.Count).Select(i => samples[i]).Where(sample => sample.IsThere == ofWhatIsThere)
            .Select(sample => calibration.Probability(sample.Logit))];

    private static double Share(double[] of, Func<double, bool> those) => (double)of.Count(those) / of.Length;
}
