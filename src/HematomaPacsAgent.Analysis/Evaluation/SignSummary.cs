using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>One sign over all cases that have a hematoma and know the sign.</summary>
/// <param name="Sign">Code.</param>
/// <param name="Positive">Cases that have it.</param>
/// <param name="Negative">Cases that do not.</param>
/// <param name="Roc">AUC with DeLong's interval, and the curve.</param>
/// <param name="Threshold">The package's.</param>
/// <param name="Sensitivity">From the threshold on, whether indeterminate or not.</param>
/// <param name="Specificity">Below the threshold, whether indeterminate or not.</param>
/// <param name="Indeterminate">Answers within the package's band around the threshold.</param>
/// <param name="Calibration">Brier score and reliability curve.</param>
public sealed record SignSummary(string Sign, int Positive, int Negative, RocCurve Roc, double Threshold, Proportion Sensitivity, Proportion Specificity,
    Proportion Indeterminate, Reliability Calibration)
{
    public static SignSummary Of(ModelClass sign, IEnumerable<SignRow> rows)
    {
        ArgumentNullException.ThrowIfNull(sign);
        SignScore[] scores = [.. rows.SelectMany(row => row.Signs).Where(score => score.Sign == sign.Key)];
        SignScore[] positive = [.. scores.Where(score => score.Truth)], negative = [.. scores.Where(score => !score.Truth)];
        double threshold = sign.Threshold ?? throw new ArgumentException($"the sign {sign.Key} has no threshold", nameof(sign));
        return new SignSummary(sign.Key, positive.Length, negative.Length,
            RocCurve.Of([.. positive.Select(score => score.Probability)], [.. negative.Select(score => score.Probability)]), threshold,
            Proportion.Of(positive, score => score.Probability >= threshold), Proportion.Of(negative, score => score.Probability < threshold),
            Proportion.Of(scores, score => score.State == SignState.Indeterminate),
            Reliability.Of([.. scores.Select(score => (score.Probability, score.Truth))]));
    }
}
