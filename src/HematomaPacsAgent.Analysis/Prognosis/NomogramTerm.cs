namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>What a term does to its input before standardising it.</summary>
internal enum TermTransform
{
    Identity,

    /// <summary>Natural logarithm.</summary>
    Log,
}

/// <summary>One weighted input: beta (t(x) - mean) / sd, over x from Minimum to Maximum.</summary>
/// <param name="Code">Sign code, <c>radscore</c>, or radiomic feature name.</param>
/// <param name="Name">For people.</param>
/// <param name="Beta">Weight of one standard deviation.</param>
/// <param name="Transform">t.</param>
/// <param name="Mean">Of t(x).</param>
/// <param name="StandardDeviation">Of t(x), above 0.</param>
/// <param name="Minimum">Smallest x the term is meant for.</param>
/// <param name="Maximum">Largest.</param>
/// <param name="Required">Without it there is no score; otherwise a missing input gives bounds.</param>
internal sealed record NomogramTerm(string Code, string Name, double Beta, TermTransform Transform, double Mean, double StandardDeviation,
    double Minimum, double Maximum, bool Required)
{
    /// <summary>x whose contribution is 0.</summary>
    public double TypicalValue => Transform == TermTransform.Log ? Math.Exp(Mean) : Mean;

    public double Apply(double value) => Transform == TermTransform.Log ? Math.Log(value) : value;

    public double Contribution(double value) => Beta * (Apply(Math.Clamp(value, Minimum, Maximum)) - Mean) / StandardDeviation;

    public double LowestContribution => Math.Min(Contribution(Minimum), Contribution(Maximum));

    public double HighestContribution => Math.Max(Contribution(Minimum), Contribution(Maximum));
}

/// <summary>An input with what is known of it: where missing, low and high span all it can be.</summary>
internal readonly record struct TermInput(double Value, double Low, double High, bool Missing, bool Clamped)
{
    public static TermInput Of(NomogramTerm term, IReadOnlyDictionary<string, double> inputs)
    {
        if (!inputs.TryGetValue(term.Code, out double value) || double.IsNaN(value))
            return new TermInput(term.TypicalValue, term.Minimum, term.Maximum, Missing: true, Clamped: false);
        double within = Math.Clamp(value, term.Minimum, term.Maximum);
        return new TermInput(within, within, within, Missing: false, Clamped: within != value);
    }

    /// <summary>The same for a value that is itself between two bounds.</summary>
    public static TermInput Between(NomogramTerm term, double value, double low, double high, bool missing) =>
        new(Math.Clamp(value, term.Minimum, term.Maximum), Math.Clamp(low, term.Minimum, term.Maximum),
            Math.Clamp(high, term.Minimum, term.Maximum),
            missing, value < term.Minimum || value > term.Maximum);

    public double LowestContribution(NomogramTerm term) => Math.Min(term.Contribution(Low), term.Contribution(High));

    public double HighestContribution(NomogramTerm term) => Math.Max(term.Contribution(Low), term.Contribution(High));
}
