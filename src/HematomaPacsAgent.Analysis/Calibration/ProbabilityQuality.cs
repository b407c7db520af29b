using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>How good probabilities are, and the decisions made of them.</summary>
/// <param name="Brier">Mean squared distance from the truth (Brier 1950); 0 is best.</param>
/// <param name="Ece">Expected calibration error: ten bins of equal width, each one's distance between mean probability and share that is there, weighted
/// with its samples (Guo et al. 2017); 0 is best.</param>
/// <param name="Sensitivity">At the threshold, share of what is there.</param>
/// <param name="Specificity">At the threshold, share of what is not there.</param>
/// <param name="Dice">At the threshold; 0 where neither has anything.</param>
public sealed record ProbabilityQuality(double Brier, double Ece, double Sensitivity, double Specificity, double Dice)
{
    /// <param name="samples">At least one.</param>
    /// <param name="calibration">Null leaves the network's probability.</param>
    /// <param name="threshold">Probability from which something counts as there.</param>
    internal static ProbabilityQuality Of(LabelledLogits samples, ModelCalibration? calibration, double threshold)
    {
        (double Probability, bool Truth)[] told = new (double, bool)[samples.Count];
        for (int i = 0; i < told.Length; i++)
        {
            (float logit, bool isThere) = samples[i];
            told[i] = (calibration?.Probability(logit) ?? LogOdds.ToProbability(logit), isThere);
        }

        Reliability reliability = Reliability.Of(told);
        int hits = told.Count(one => one.Truth && one.Probability >= threshold), alarms = told.Count(one => !one.Truth && one.Probability >= threshold);
        int set = hits + alarms + samples.Positives;
        return new ProbabilityQuality(reliability.Brier!.Value, reliability.ExpectedCalibrationError!.Value, Share(hits, samples.Positives),
            Share(samples.Negatives - alarms, samples.Negatives), set == 0 ? 0 : 2.0 * hits / set);
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
