using System.Security.Cryptography;

namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>One term of a patient's nomogram.</summary>
/// <param name="Value">NaN when it is missing.</param>
/// <param name="Points">On the nomogram's scale.</param>
public sealed record NomogramContribution(string Code, string Name, double Value, double Points);

/// <param name="Radscore">NaN when a feature is missing.</param>
/// <param name="LinearPredictor">Logit of the probability; missing terms stand at the middle of their range.</param>
/// <param name="Points">Total points.</param>
/// <param name="Probability">0 to 1.</param>
/// <param name="ProbabilityLow">Over all that is missing, the lowest probability; the probability itself when nothing is.</param>
/// <param name="ProbabilityHigh">The highest.</param>
/// <param name="Grade"><c>low</c>, <c>intermediate</c> or <c>high</c>.</param>
/// <param name="Missing">Codes of the terms without a value.</param>
public sealed record NomogramScore(double Radscore, double LinearPredictor, double Points, double Probability, double ProbabilityLow, double ProbabilityHigh, string Grade,
    IReadOnlyList<NomogramContribution> Contributions, IReadOnlyList<string> Missing);

/// <summary>A logistic model over sign probabilities and a Radscore: logit p = b0 + sum of b x. What is missing gives bounds, never a silent "no".</summary>
public sealed class Nomogram
{
    private const string RadscoreCode = "radscore";
    private readonly NomogramFile file;
    private readonly double strongest;

    private Nomogram(NomogramFile file, string sha256)
    {
        (this.file, Sha256) = (file, sha256);
        // The classic scale: the term that can move the predictor most spans 0 to 100 points.
        strongest = file.Terms.Max(term => Math.Abs(term.Beta) * (term.Max - term.Min));
    }

    public string Id => file.Id;
    public string Version => file.Version;
    public string IntendedUse => file.IntendedUse;

    /// <summary>Digest of the file, lower-case hex.</summary>
    public string Sha256 { get; }

    /// <exception cref="NomogramException">The file is missing or refused; the message lists all that is wrong.</exception>
    public static Nomogram Load(string path)
    {
        if (!File.Exists(path)) throw new NomogramException($"{path} is not there. Remedy: name the nomogram file in the configuration (Models:Nomogram)");
        byte[] json = File.ReadAllBytes(path);
        return new Nomogram(NomogramFile.Parse(path, json), Convert.ToHexStringLower(SHA256.HashData(json)));
    }

    /// <param name="signProbabilities">By sign code, 0 to 1.</param>
    /// <param name="radiomics">By feature name.</param>
    public NomogramScore Score(IReadOnlyDictionary<string, double> signProbabilities, IReadOnlyDictionary<string, double> radiomics)
    {
        double radscore = Radscore(radiomics), predictor = file.Intercept, lowest = file.Intercept, highest = file.Intercept, points = 0;
        List<NomogramContribution> contributions = [];
        List<string> missing = [];
        foreach (NomogramTerm term in file.Terms)
        {
            double value = term.Code == RadscoreCode ? radscore : signProbabilities.GetValueOrDefault(term.Code, double.NaN);
            bool known = double.IsFinite(value);
            if (known) value = Math.Clamp(value, term.Min, term.Max);
            else missing.Add(term.Code);
            double used = known ? value : (term.Min + term.Max) / 2;
            predictor += term.Beta * used;
            lowest += known ? term.Beta * value : Math.Min(term.Beta * term.Min, term.Beta * term.Max);
            highest += known ? term.Beta * value : Math.Max(term.Beta * term.Min, term.Beta * term.Max);
            double share = strongest > 0 ? 100 * Math.Abs(term.Beta) * (term.Beta >= 0 ? used - term.Min : term.Max - used) / strongest : 0;
            points += share;
            contributions.Add(new NomogramContribution(term.Code, term.Name, known ? value : double.NaN, share));
        }

        double probability = Logistic(predictor);
        string grade = probability < file.Thresholds.Low ? "low" : probability < file.Thresholds.High ? "intermediate" : "high";
        return new NomogramScore(radscore, predictor, points, probability, Logistic(lowest), Logistic(highest), grade, contributions, missing);
    }

    private double Radscore(IReadOnlyDictionary<string, double> radiomics)
    {
        double score = file.Radscore.Intercept;
        foreach (RadscoreTerm term in file.Radscore.Terms)
        {
            double value = radiomics.GetValueOrDefault(term.Feature, double.NaN);
            if (term.Transform == "log") value = value > 0 ? Math.Log(value) : double.NaN;
            score += term.Beta * (value - term.Mean) / term.Sd;
        }

        return double.IsNaN(score) ? double.NaN : Math.Clamp(score, file.Radscore.Min, file.Radscore.Max);
    }

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));
}
