namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>What a nomogram says of one case.</summary>
/// <param name="Radscore">Intercept plus weighted features; NaN for a nomogram without one. Where a feature is missing, with its
/// mean.</param>
/// <param name="LinearPredictor">Logit of <paramref name="Probability"/>: intercept plus the contributions.</param>
/// <param name="Points">Sum of the terms' points, 0 upwards; the strongest term spans 0 to 100. Linear in
/// <paramref name="LinearPredictor"/>.</param>
/// <param name="Probability">Of the outcome, 0 to 1; each missing input counts with its mean.</param>
/// <param name="ProbabilityLow">Lowest probability over all values that the missing inputs can have; the probability itself when none is
/// missing.</param>
/// <param name="ProbabilityHigh">Highest.</param>
/// <param name="Grade"><c>low</c>, <c>intermediate</c> or <c>high</c>, from <paramref name="Probability"/> and the file's
/// thresholds.</param>
/// <param name="Contributions">One a term, in the file's order.</param>
/// <param name="Missing">Codes and feature names that were absent or NaN, in the file's order.</param>
public sealed record NomogramScore(double Radscore, double LinearPredictor, double Points, double Probability, double ProbabilityLow,
    double ProbabilityHigh, string Grade, IReadOnlyList<NomogramContribution> Contributions, IReadOnlyList<string> Missing);

/// <summary>One term's part in a score.</summary>
/// <param name="Code">The term's code.</param>
/// <param name="Name">For people.</param>
/// <param name="Value">The input as used: the mean where missing, the nearest end of the term's range where it lies outside.</param>
/// <param name="Contribution">To the linear predictor.</param>
/// <param name="Points">To the total points.</param>
/// <param name="Missing">Whether the input, or a feature of the Radscore, was not known.</param>
/// <param name="Clamped">Whether the input lay outside the term's range, and the nearest end counted.</param>
public sealed record NomogramContribution(string Code, string Name, double Value, double Contribution, double Points, bool Missing,
    bool Clamped);
