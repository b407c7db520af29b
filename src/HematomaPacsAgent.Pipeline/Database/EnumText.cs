using System.Text;
using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Pipeline.Database;

/// <summary>
/// The text an enum value has in the database: <c>NotEligible</c> is <c>not-eligible</c>. A renamed value breaks a test, not a row.
/// </summary>
internal static class EnumText<T> where T : struct, Enum
{
    private static readonly Dictionary<string, T> Values = Enum.GetValues<T>().ToDictionary(value => SqlName.Kebab(value.ToString()));
    private static readonly Dictionary<T, string> Texts = Values.ToDictionary(pair => pair.Value, pair => pair.Key);

    public static IEnumerable<string> All => Values.Keys;

    public static string Of(T value) => Texts[value];

    /// <exception cref="FormatException">The text is none of the enum's.</exception>
    public static T Parse(string text) => Values.TryGetValue(text, out T value)
        ? value
        : throw new FormatException($"'{text}' is no {typeof(T).Name}; known: {string.Join(", ", Values.Keys)}");

    /// <summary>A CHECK expression: only the known texts.</summary>
    public static string Check(string column) => $"{column} in ({string.Join(", ", Values.Keys.Select(text => $"'{text}'"))})";
}

internal static partial class SqlName
{
    public static string Snake(string pascal) => Separate(pascal, '_');

    public static string Kebab(string pascal) => Separate(pascal, '-');

    private static string Separate(string pascal, char separator)
    {
        StringBuilder text = new();
        foreach (Match word in Word().Matches(pascal))
            text.Append(text.Length == 0 ? "" : separator).Append(word.Value.ToLowerInvariant());
        return text.ToString();
    }

    [GeneratedRegex("[A-Z][a-z]*[0-9]*")]
    private static partial Regex Word();
}
