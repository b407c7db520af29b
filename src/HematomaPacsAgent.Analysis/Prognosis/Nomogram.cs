using System.Security.Cryptography;

namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>
/// A logistic model of early hematoma expansion over the probabilities of the non-contrast CT signs and a Radscore: logit(p) = intercept +
/// sum of beta (t(x) - mean) / sd. The structure follows Feng et al., Eur Radiol 2024;34:2908; the coefficients come from a file, as the
/// paper publishes none.
/// </summary>
public sealed class Nomogram
{
    /// <summary>Code of the term that takes the Radscore.</summary>
    public const string RadscoreCode = "radscore";

    private const int MaxFileBytes = 1 << 20;

    private readonly NomogramFile file;

    private Nomogram(NomogramFile file, string sha256) => (this.file, Sha256) = (file, sha256);

    /// <summary>The signs a term can name.</summary>
    public static IReadOnlyList<string> SignCodes { get; } =
    [
        "blend-sign", "black-hole-sign", "swirl-sign", "intrahematoma-hypodensity", "island-sign", "satellite-sign", "irregular-shape",
        "heterogeneous-density", "fluid-level",
    ];

    public string Id => file.Id;

    public string Version => file.Version;

    /// <summary>Digest of the file, lower-case hex.</summary>
    public string Sha256 { get; }

    /// <summary><c>demonstration</c>, <c>research</c> or <c>clinical</c>; a demonstration marks every output.</summary>
    public string IntendedUse => file.IntendedUse;

    public bool IsDemonstration => IntendedUse == "demonstration";

    /// <summary>What the probability is of, e.g. <c>HE_6_33</c>: growth above 6 mL or 33 %.</summary>
    public string OutcomeId => file.OutcomeId;

    /// <summary>Where the probabilities come from: <c>published</c>, <c>fitted</c> or <c>none</c>.</summary>
    public string ProbabilityProvenance => file.ProbabilityProvenance;

    /// <summary>Plain words on what the numbers are worth.</summary>
    public string Statement => file.Statement;

    /// <summary>Radiomic features that the Radscore is made of, by their columns.</summary>
    public IEnumerable<string> RadscoreFeatures => file.RadscoreTerms.Select(term => term.Code);

    /// <summary>Probability below which the grade is low, and from which it is high.</summary>
    public (double Low, double High) Thresholds => (file.LowThreshold, file.HighThreshold);

    /// <summary>Reads and checks a nomogram file.</summary>
    /// <exception cref="NomogramException">The file is missing, too large, no JSON, or breaks the contract; every fault is
    /// named.</exception>
    public static Nomogram Load(string path)
    {
        byte[] bytes;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes } large)
                throw new NomogramException($"{path}: {large.Length} bytes, at most {MaxFileBytes}: this is no nomogram");
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new NomogramException($"{path}: cannot be read: {cause.Message}", cause);
        }

        return new Nomogram(NomogramFile.Parse(path, bytes), Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>
    /// Scores one case. An input that is absent or NaN is missing: the probability then takes it at its mean, and the bounds hold every
    /// value that it could have. An input outside its term's range counts as the nearest end and is marked.
    /// </summary>
    /// <param name="signProbabilities">Sign code to probability, 0 to 1.</param>
    /// <param name="radiomics">Radiomic feature name to value.</param>
    /// <exception cref="ArgumentException">A sign's probability is below 0 or above 1.</exception>
    /// <exception cref="NomogramException">An input is missing that the file calls required.</exception>
    public NomogramScore Score(IReadOnlyDictionary<string, double> signProbabilities, IReadOnlyDictionary<string, double> radiomics)
    {
        foreach ((string code, double probability) in signProbabilities)
            if (probability is < 0 or > 1)
                throw new ArgumentException($"{code} has probability {probability}, not 0 to 1", nameof(signProbabilities));

        List<string> missing = [], required = [];
        Radscore radscore = MeasureRadscore(radiomics, missing, required);
        double intercept = file.Intercept, predictor = intercept, low = intercept, high = intercept;
        List<NomogramContribution> contributions = [];
        foreach (NomogramTerm term in file.Terms)
        {
            TermInput input = term.Code == RadscoreCode
                ? TermInput.Between(term, radscore.Value, radscore.Low, radscore.High, radscore.Missing)
                : TermInput.Of(term, signProbabilities);
            if (input.Missing && term.Required) required.Add(term.Code);
            // A missing Radscore is named by its features.
            else if (input.Missing && term.Code != RadscoreCode) missing.Add(term.Code);
            double contribution = term.Contribution(input.Value);
            predictor += contribution;
            low += input.LowestContribution(term);
            high += input.HighestContribution(term);
            contributions.Add(new NomogramContribution(term.Code, term.Name, input.Value, contribution, PointsOf(term, contribution),
                input.Missing, input.Clamped || term.Code == RadscoreCode && radscore.Clamped));
        }

        if (required.Count > 0) throw new NomogramException($"{Id} {Version}: required inputs are missing: {string.Join(", ", required)}");
        double chance = Logistic(predictor);
        // Sums in another order can differ in the last digit; the bounds must still hold the probability.
        return new NomogramScore(radscore.Value, predictor, contributions.Sum(part => part.Points), chance,
            Math.Min(chance, Logistic(low)), Math.Max(chance, Logistic(high)), Grade(chance), contributions, missing);
    }

    private readonly record struct Radscore(double Value, double Low, double High, bool Missing, bool Clamped);

    private Radscore MeasureRadscore(IReadOnlyDictionary<string, double> radiomics, List<string> missing, List<string> required)
    {
        if (file.RadscoreTerms.Count == 0) return new Radscore(double.NaN, double.NaN, double.NaN, Missing: false, Clamped: false);
        double value = file.RadscoreIntercept, low = value, high = value;
        bool unknown = false, clamped = false;
        foreach (NomogramTerm term in file.RadscoreTerms)
        {
            TermInput input = TermInput.Of(term, radiomics);
            value += term.Contribution(input.Value);
            low += input.LowestContribution(term);
            high += input.HighestContribution(term);
            clamped |= input.Clamped;
            if (!input.Missing) continue;
            unknown = true;
            (term.Required ? required : missing).Add(term.Code);
        }

        return new Radscore(value, Math.Min(low, value), Math.Max(high, value), unknown, clamped);
    }

    private double PointsOf(NomogramTerm term, double contribution) => (contribution - term.LowestContribution) * 100 / file.WidestSpan;

    private string Grade(double probability) =>
        probability < file.LowThreshold ? "low" : probability < file.HighThreshold ? "intermediate" : "high";

    private static double Logistic(double logit) => 1 / (1 + Math.Exp(-logit));
}
