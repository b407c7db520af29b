namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Probabilities as the logarithm of their odds, in which networks answer.</summary>
internal static class LogOdds
{
    // What a float can tell from 0 and from 1: a certain answer is very sure, not infinitely so.
    private const double Least = 1e-7;

    /// <param name="probability">0 to 1.</param>
    public static double Of(double probability) => Math.Log(probability / (1 - probability));

    /// <summary>Finite for 0 and 1 as well.</summary>
    public static double OfMeasured(double probability) => Of(Math.Clamp(probability, Least, 1 - Least));

    public static double ToProbability(double logOdds) => 1 / (1 + Math.Exp(-logOdds));
}
