using System.Globalization;
using HematomaPacsAgent.Analysis;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Signs;

namespace HematomaPacsAgent.Pipeline.Findings;

/// <summary>The published criteria's answer to a sign (docs/sign-rules.md).</summary>
/// <param name="State"><c>present</c>, <c>absent</c> or <c>indeterminate</c>.</param>
/// <param name="KeySlice">Slice (from 0, inferior first) that shows it, or the largest.</param>
/// <param name="Because">One sentence with the figures.</param>
/// <param name="Measures">The figures by name, units in the names.</param>
public sealed record RuleFindings(string State, int KeySlice, string Because, IReadOnlyDictionary<string, double> Measures);

/// <summary>Sets the network's signs beside the rules'. Neither corrects the other: where they contradict, a reader must look.</summary>
internal static class SignCrossCheck
{
    /// <summary>By the rules; blood in the ventricles is none within brain.</summary>
    public static IReadOnlyList<SignRuling> Judge(Volume volume, HematomaSegmentation segmentation)
    {
        Mask? ventricles = segmentation.Masks.GetValueOrDefault("ivh");
        // A model whose classes overlap may call all of it both; then there is nothing to take away.
        bool left = ventricles is not null && segmentation.Mask.Voxels.Where((blood, i) => blood && !ventricles.Voxels[i]).Any();
        return SignRules.Judge(volume, segmentation.Mask, exclude: left ? ventricles : null);
    }

    public static IReadOnlyList<SignFindings> Of(IReadOnlyList<SignPrediction> signs, IReadOnlyList<SignRuling> rulings, ModelPackage package) =>
        [.. signs.Select(sign => Of(new SignFindings(sign.Code, sign.Probability, Name(sign.State), sign.KeySlice, package.Id, package.Version, package.Sha256,
            package.IntendedUse), rulings.FirstOrDefault(ruling => ruling.Code == sign.Code)))];

    /// <param name="sign">By the network.</param>
    /// <param name="ruling">Null for a sign that has no rule.</param>
    internal static SignFindings Of(SignFindings sign, SignRuling? ruling) => ruling is null ? sign : sign with
    {
        Rule = new RuleFindings(Name(ruling.State), ruling.KeySlice, ruling.Because, ruling.Measures),
        Agreement = Compare(Enum.Parse<SignState>(sign.State, ignoreCase: true), ruling.State),
    };

    /// <summary>A sentence for each sign on which network and rules contradict.</summary>
    public static IEnumerable<string> Warnings(IEnumerable<SignFindings> signs) => signs.Where(sign => sign.Agreement == "disagree").Select(sign =>
        string.Create(CultureInfo.InvariantCulture,
            $"{sign.Code}: the network says {sign.State} ({sign.Probability:F2}), "
            + $"the rules {sign.Rule!.State}: {sign.Rule.Because} (slice {sign.Rule.KeySlice + 1}); a reader must look"));

    internal static string Compare(SignState network, SignState? rule) =>
        rule is null or SignState.Indeterminate || network == SignState.Indeterminate ? "undecided" : network == rule ? "agree" : "disagree";

    private static string Name(SignState state) => state.ToString().ToLowerInvariant();
}
