using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace HematomaPacsAgent.Analysis.Radiomics.Parameters;

/// <summary>One value of a parameter file, with its place in it for messages.</summary>
internal sealed class YamlValue(string file, string key, YamlNode node)
{
    public string Key => key;

    public bool IsNull => node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain or YamlDotNet.Core.ScalarStyle.Any } scalar
        && scalar.Value is null or "" or "~" or "null" or "Null" or "NULL";

    public string Text => node is YamlScalarNode { Value: { } text } ? text : throw Bad("one value");

    public bool Bool => Text.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" => true,
        "false" or "no" or "off" => false,
        _ => throw Bad("true or false"),
    };

    public int Int => int.TryParse(Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) ? number : throw Bad("a whole number");

    public double Number => double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number)
        ? number
        : throw Bad("a number");

    public IReadOnlyList<YamlValue> List => node is YamlSequenceNode sequence
        ? [.. sequence.Children.Select(child => new YamlValue(file, key, child))]
        : throw Bad("a list, such as [1, 2]");

    public IReadOnlyList<int> Ints => [.. List.Select(item => item.Int)];

    public IReadOnlyList<double> Numbers => [.. List.Select(item => item.Number)];

    /// <summary>The entries of a mapping; a null has none. A key twice is an error of the parser already.</summary>
    public IReadOnlyList<YamlValue> Entries => IsNull
        ? []
        : node is YamlMappingNode mapping
            ? [.. mapping.Children.Select(child =>
                new YamlValue(file, child.Key is YamlScalarNode { Value: { } name } ? name : throw Bad("plain keys"), child.Value))]
            : throw Bad("a mapping of keys and values");

    public T OneOf<T>(IReadOnlyDictionary<string, T> names) =>
        names.TryGetValue(Text, out T? found) ? found : throw Bad($"one of {string.Join(", ", names.Keys)}");

    /// <summary>A value that a setting refuses keeps its place in the message.</summary>
    public T At<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (RadiomicsException refused) when (!refused.Message.StartsWith(file, StringComparison.Ordinal))
        {
            throw new RadiomicsException($"{Place}: {refused.Message}", refused);
        }
    }

    public RadiomicsException Unknown(string what, IEnumerable<string> known) => new($"{Place}: unknown {what} {key}; known are {string.Join(", ", known)}");

    public RadiomicsException Lacks(string name, IEnumerable<string> known) => new($"{Place}: {key} has no feature {name}; it has {string.Join(", ", known)}");

    public RadiomicsException Bad(string expected) =>
        new($"{Place}: {key} must be {expected}{(node is YamlScalarNode scalar ? $", not \"{scalar.Value}\"" : "")}");

    private string Place => $"{file}, line {node.Start.Line}";
}
