namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>What every output says about itself.</summary>
public static class Notices
{
    public const string Demonstration =
        "DEMONSTRATION: the models were trained on computer-made phantoms, without any clinical data. Not validated. Not for clinical use.";

    public const string Supersedes = "This report supersedes an earlier one of the same study: more images arrived after it was made.";

    public const string ProbabilityWithheld =
        "The probability of expansion is withheld: the nomogram is for demonstration, and this site has not allowed demonstration results (AllowDemonstrationModels).";
}
