namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>What every output says about itself.</summary>
public static class Notices
{
    public const string Demonstration =
        "DEMONSTRATION: models behind this result were made from computer-made phantoms, without any clinical data. Not validated. Not for clinical use.";

    public const string Research = "RESEARCH: a model behind this result is for research; this site has not validated it. Not for clinical use.";

    public const string Supersedes = "This report supersedes an earlier one of the same study: more images arrived after it was made.";

    public const string ProbabilityWithheld =
        "The probability of expansion is withheld: the nomogram is for demonstration, and this site has not allowed demonstration results (AllowDemonstrationModels).";

    /// <summary>By the intended uses of all that went into the findings; empty where the site has validated everything.</summary>
    public static IReadOnlyList<string> Of(HematomaFindings findings)
    {
        string?[] uses = [findings.Segmentation?.IntendedUse, .. findings.Signs.Select(sign => sign.IntendedUse), findings.Nomogram?.IntendedUse];
        return [.. new[] { ("demonstration", Demonstration), ("research", Research) }.Where(notice => uses.Contains(notice.Item1)).Select(notice => notice.Item2)];
    }

    /// <summary>The first word of <see cref="Of"/>, for labels with little room; null without a notice.</summary>
    internal static string? Mark(HematomaFindings findings) => Of(findings) is [var first, ..] ? first[..first.IndexOf(':', StringComparison.Ordinal)] : null;

    /// <summary>The mark of one model.</summary>
    internal static string? Mark(string intendedUse) => intendedUse is "demonstration" or "research" ? intendedUse.ToUpperInvariant() : null;
}
