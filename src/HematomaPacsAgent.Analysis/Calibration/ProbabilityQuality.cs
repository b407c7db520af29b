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
    private const int Bins = 10;

    /// <param name="samples">At least one.</param>
    /// <param name="calibration">Null leaves the network's probability.</param>
    /// <param name="threshold">Probability from which something counts as there.</param>
    internal static ProbabilityQuality Of(LabelledLogits samples, ModelCalibration? calibration, double threshold)
    {
        double squares = 0, off = 0;
        int hits = 0, alarms = 0;
        (double Probability, int There)[] bins = new (double, int)[Bins];
        for (int i = 0; i < samples.Count; i++)
        {
            (float logit, bool isThere) = samples[i];
            double probability = calibration?.Probability(logit) ?? LogOdds.ToProbability(logit), away = probability - (isThere ? 1 : 0);
            squares += away * away;
            ref (double Probability, int There) bin = ref bins[Math.Min((int)(probability * Bins), Bins - 1)];
            bin = (bin.Probability + probability, bin.There + (isThere ? 1 : 0));
            if (probability < threshold) continue;
            if (isThere) hits++;
            else alarms++;
        }

        foreach ((double probability, int there) in bins) off += Math.Abs(probability - there);
        int set = hits + alarms + samples.Positives;
        return new ProbabilityQuality(squares / samples.Count, off / samples.Count, Share(hits, samples.Positives),
            Share(samples.Negatives - alarms, samples.Negatives), set == 0 ? 0 : 2.0 * hits / set);
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;
}
