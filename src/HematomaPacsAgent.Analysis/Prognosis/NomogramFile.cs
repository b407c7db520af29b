using System.Text.Json;
using System.Text.Json.Serialization;

namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>The nomogram file is missing or refused; the message lists all that is wrong with it.</summary>
public sealed class NomogramException : Exception
{
    public NomogramException(string message) : base(message) { }

    public NomogramException(string message, Exception inner) : base(message, inner) { }
}

/// <param name="Feature">Radiomics feature by name.</param>
/// <param name="Transform"><c>identity</c> or <c>log</c> (natural), before standardising.</param>
/// <param name="Mean">Of the transformed feature in the cohort.</param>
/// <param name="Sd">Of the transformed feature in the cohort, above 0.</param>
/// <param name="Beta">Per standard deviation.</param>
public sealed record RadscoreTerm(string Feature, string Transform, double Mean, double Sd, double Beta);

/// <param name="Intercept">Added to the terms.</param>
/// <param name="Terms">A weighted sum of standardised features.</param>
/// <param name="Min">Lowest Radscore that the cohort showed; also the bound when it is missing. Scores beyond are clamped.</param>
/// <param name="Max">Highest.</param>
public sealed record RadscoreModel(double Intercept, IReadOnlyList<RadscoreTerm> Terms, double Min, double Max);

/// <param name="Code"><c>radscore</c> or the code of a sign.</param>
/// <param name="Beta">Per unit.</param>
/// <param name="Min">Lowest value the term can take; its bound when missing.</param>
/// <param name="Max">Highest.</param>
/// <param name="ExpectedSign"><c>+</c> or <c>-</c>: the direction the literature gives. A coefficient against it is refused.</param>
public sealed record NomogramTerm(string Code, string Name, double Beta, double Min, double Max, string ExpectedSign);

/// <param name="Low">Probability below which the grade is low.</param>
/// <param name="High">Probability from which the grade is high.</param>
public sealed record NomogramThresholds(double Low, double High);

/// <summary>What <c>nomogram.json</c> holds. Unknown keys are errors.</summary>
public sealed record NomogramFile(string Schema, string Id, string Version, string IntendedUse, string Statement, string Outcome, double Intercept,
    RadscoreModel Radscore, IReadOnlyList<NomogramTerm> Terms, NomogramThresholds Thresholds)
{
    private const string KnownSchema = "hematoma-nomogram/1";

    // Larger effects per standard deviation (or over a sign's whole range) than this come from unit errors, not from patients.
    private const double LargestBeta = 3;

    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <exception cref="NomogramException">Not JSON of this shape, or with values that no fitted model has.</exception>
    public static NomogramFile Parse(string path, byte[] json)
    {
        NomogramFile file;
        try
        {
            file = JsonSerializer.Deserialize<NomogramFile>(json, Strict) ?? throw new JsonException("the file holds null");
        }
        catch (JsonException wrong)
        {
            throw new NomogramException($"{path}: {wrong.Message}", wrong);
        }

        string[] faults = [.. file.Faults()];
        return faults.Length == 0 ? file : throw new NomogramException($"{path}: {string.Join("; ", faults)}");
    }

    private IEnumerable<string> Faults()
    {
        if (Schema != KnownSchema) yield return $"schema is '{Schema}', this version reads '{KnownSchema}'";
        if (Terms.Count == 0) yield return "there are no terms";
        if (Terms.Select(term => term.Code).Distinct().Count() != Terms.Count) yield return "a term is there twice";
        if (!double.IsFinite(Intercept)) yield return "the intercept is no number";
        foreach (NomogramTerm term in Terms)
        {
            if (!(Math.Abs(term.Beta) <= LargestBeta)) yield return $"beta of {term.Code} is {term.Beta}: beyond {LargestBeta} it is a unit error";
            if (!(term.Min < term.Max)) yield return $"range of {term.Code} is empty";
            if (term.ExpectedSign is not ("+" or "-")) yield return $"expectedSign of {term.Code} is '{term.ExpectedSign}', not + or -";
            else if (term.Beta != 0 && term.Beta > 0 != (term.ExpectedSign == "+"))
                yield return $"beta of {term.Code} is {term.Beta}, against its expected sign {term.ExpectedSign}";
        }

        foreach (RadscoreTerm term in Radscore.Terms)
        {
            if (!(term.Sd > 0) || !double.IsFinite(term.Mean) || !double.IsFinite(term.Sd)) yield return $"mean or sd of {term.Feature} is no number, or sd is not above 0";
            if (!(Math.Abs(term.Beta) <= LargestBeta)) yield return $"beta of {term.Feature} is {term.Beta}: beyond {LargestBeta} per standard deviation it is a unit error";
            if (term.Transform is not ("identity" or "log")) yield return $"transform of {term.Feature} is '{term.Transform}', not identity or log";
        }

        if (!(Radscore.Min < Radscore.Max)) yield return "range of the Radscore is empty";
        if (!(Thresholds.Low > 0 && Thresholds.Low < Thresholds.High && Thresholds.High < 1)) yield return "thresholds must be 0 < low < high < 1";
    }
}
