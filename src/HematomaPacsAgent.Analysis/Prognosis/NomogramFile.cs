using System.Text.Json;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>A nomogram file as checked: schema <c>hematoma-nomogram/1</c>.</summary>
internal sealed record NomogramFile
{
    private const string Schema = "hematoma-nomogram/1";

    /// <summary>
    /// Largest |beta| of one standard deviation. A published model once carried -8.6 because an outlier had stretched a scale; odds ratios
    /// of e^3 = 20 per standard deviation are not seen in this field.
    /// </summary>
    private const double LargestBeta = 3;

    private static readonly string[] RadscoreDirections = ["positive", "negative", "any"];

    public required string Id { get; init; }
    public required string Version { get; init; }
    public required string IntendedUse { get; init; }
    public required string Statement { get; init; }
    public required string OutcomeId { get; init; }
    public required string ProbabilityProvenance { get; init; }
    public required double Intercept { get; init; }
    public required IReadOnlyList<NomogramTerm> Terms { get; init; }
    public required double RadscoreIntercept { get; init; }

    /// <summary>Empty for a nomogram without Radscore.</summary>
    public required IReadOnlyList<NomogramTerm> RadscoreTerms { get; init; }

    public required double LowThreshold { get; init; }
    public required double HighThreshold { get; init; }

    /// <summary>Widest range of a term's contribution: what 100 points stand for in the linear predictor.</summary>
    public double WidestSpan => Terms.Max(term => term.HighestContribution - term.LowestContribution);

    /// <exception cref="NomogramException">Any fault; all are named at once, each with where it is.</exception>
    public static NomogramFile Parse(string path, ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            List<string> faults = [];
            NomogramFile file = Read(new JsonFields(document.RootElement, "", faults));
            if (faults.Count > 0)
                throw new NomogramException($"{path}: {faults.Count} found wrong:\n  " + string.Join("\n  ", faults));
            return file;
        }
        catch (JsonException cause)
        {
            throw new NomogramException($"{path}: not JSON: {cause.Message}", cause);
        }
    }

    private static NomogramFile Read(JsonFields root)
    {
        root.Choice("schema", Schema);
        JsonFields thresholds = root.Object("thresholds");
        JsonFields? radscore = root.OptionalObject("radscore");
        NomogramFile file = new()
        {
            Id = root.Text("id"),
            Version = root.Text("version"),
            IntendedUse = root.Choice("intendedUse", "demonstration", "research", "clinical"),
            Statement = root.Text("statement"),
            OutcomeId = root.Text("outcomeId"),
            ProbabilityProvenance = root.Choice("probabilityProvenance", "published", "fitted", "none"),
            Intercept = root.Number("intercept"),
            Terms = [.. root.Objects("terms").Select(term => ReadTerm(term, "code", "positive", "negative"))],
            RadscoreIntercept = radscore?.Number("intercept") ?? 0,
            RadscoreTerms = radscore is null ? [] :
                [.. radscore.Objects("terms").Select(term => ReadTerm(term, "feature", RadscoreDirections))],
            LowThreshold = thresholds.Number("low"),
            HighThreshold = thresholds.Number("high"),
        };
        string citation = root.Text("citation");
        root.Choice("link", "logit");
        root.NoOthers();
        thresholds.NoOthers();
        radscore?.NoOthers();

        if (!(file.LowThreshold > 0 && file.LowThreshold < file.HighThreshold && file.HighThreshold < 1))
            thresholds.Fault($"low {file.LowThreshold} and high {file.HighThreshold} must satisfy 0 < low < high < 1");
        if (file.ProbabilityProvenance == "none" && file.IntendedUse != "demonstration")
            root.Fault($"probabilityProvenance none is for demonstration only, not for {file.IntendedUse} use");
        if (file.ProbabilityProvenance == "published" && citation == "none")
            root.Fault("probabilityProvenance published needs a citation");
        CheckCodes(root, file, radscore is not null);
        return file;
    }

    private static NomogramTerm ReadTerm(JsonFields fields, string key, params string[] directions)
    {
        NomogramTerm term = new(fields.Text(key), fields.Text("name"), fields.Number("beta"),
            fields.Choice("transform", "identity", "log") == "log" ? TermTransform.Log : TermTransform.Identity,
            fields.Number("mean"), fields.Number("sd"), fields.Number("min"), fields.Number("max"),
            fields.Choice("missing", "bounds", "required") == "required");
        string direction = fields.Choice("expectedSign", directions);
        fields.Text("unit");
        fields.NoOthers();
        if (fields.HasFault) return term;

        if (term.Beta == 0) fields.Fault("beta 0 does nothing: leave the term out");
        if (Math.Abs(term.Beta) > LargestBeta)
            fields.Fault($"beta {term.Beta} per standard deviation is beyond ±{LargestBeta}: " +
                "check mean and sd for a wrong unit or an outlier");
        if (direction == "positive" && term.Beta < 0 || direction == "negative" && term.Beta > 0)
            fields.Fault($"beta {term.Beta} contradicts the expected sign, {direction}");
        if (term.StandardDeviation <= 0) fields.Fault($"sd {term.StandardDeviation} must be above 0");
        if (term.Minimum >= term.Maximum) fields.Fault($"min {term.Minimum} must be below max {term.Maximum}");
        if (term.Transform == TermTransform.Log && term.Minimum <= 0)
            fields.Fault($"min {term.Minimum} must be above 0 for the logarithm");
        else if (term.Mean < term.Apply(term.Minimum) || term.Mean > term.Apply(term.Maximum))
            fields.Fault($"mean {term.Mean} lies outside {term.Apply(term.Minimum):G6} to {term.Apply(term.Maximum):G6}, " +
                "which min and max span after the transform");
        return term;
    }

    private static void CheckCodes(JsonFields root, NomogramFile file, bool hasRadscore)
    {
        string[] known = [.. Nomogram.SignCodes, Nomogram.RadscoreCode];
        // A misspelt input would be missing for ever, and only widen the bounds.
        foreach (NomogramTerm term in file.Terms)
            if (term.Code != "" && !known.Contains(term.Code))
                root.Fault($"terms: unknown code {term.Code}; known are {string.Join(", ", known)}");
        foreach (NomogramTerm term in file.RadscoreTerms)
            if (term.Code != "" && FeatureDictionary.Describe(term.Code) is null)
                root.Fault($"radscore: this program does not compute the feature {term.Code}");
        foreach ((string code, int count) in file.Terms.Concat(file.RadscoreTerms).CountBy(term => term.Code))
            if (count > 1 && code != "") root.Fault($"{code} occurs more than once");
        if (hasRadscore != file.Terms.Any(term => term.Code == Nomogram.RadscoreCode))
            root.Fault(hasRadscore
                ? "radscore is defined, but no term has the code radscore"
                : "a term has the code radscore, but radscore is not defined");
        foreach (NomogramTerm term in file.Terms)
            if (Nomogram.SignCodes.Contains(term.Code) && (term.Minimum < 0 || term.Maximum > 1))
                root.Fault($"terms: {term.Code} is a probability, but min to max is {term.Minimum} to {term.Maximum}");
    }
}
