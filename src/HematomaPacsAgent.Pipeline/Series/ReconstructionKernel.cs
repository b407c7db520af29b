using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>How sharp a reconstruction is.</summary>
internal enum KernelSharpness
{
    Soft,
    Unknown,
    Sharp,
}

/// <summary>ConvolutionKernel (0018,1210) as the vendors write it, to how sharp it is.</summary>
internal static partial class ReconstructionKernel
{
    private static readonly ConcurrentDictionary<string, Regex> Expressions = [];

    /// <summary>A pattern of the rules. Without backtracking: no pattern can take longer than the text is long.</summary>
    /// <exception cref="ArgumentException">It is no regular expression.</exception>
    /// <exception cref="NotSupportedException">It needs backtracking.</exception>
    public static Regex Expression(string pattern) => Expressions.GetOrAdd(pattern,
        text => new Regex($"^(?:{text})$", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant));

    /// <param name="kernel">The first value; further ones tell of iterative reconstruction. Empty where none is stated.</param>
    /// <param name="rules">The lists and the first sharp number.</param>
    public static KernelSharpness Of(string kernel, SeriesRules rules)
    {
        if (kernel.Length == 0) return KernelSharpness.Unknown;
        if (rules.SharpKernelsOrDefault.Any(pattern => Expression(pattern).IsMatch(kernel))) return KernelSharpness.Sharp;
        if (rules.SoftKernelsOrDefault.Any(pattern => Expression(pattern).IsMatch(kernel))) return KernelSharpness.Soft;
        // Siemens: body part, one or two letters; sharpness 10 to 99; speed or version.
        return Numbered().Match(kernel) is { Success: true } name
            ? int.Parse(name.Groups["sharpness"].ValueSpan, CultureInfo.InvariantCulture) < rules.SharpFromNumber ? KernelSharpness.Soft
                : KernelSharpness.Sharp
            : KernelSharpness.Unknown;
    }

    [GeneratedRegex("^[A-Z][a-z]?(?<sharpness>[1-9][0-9])[a-z]{0,2}$", RegexOptions.CultureInvariant)]
    private static partial Regex Numbered();
}
