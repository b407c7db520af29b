using System.Globalization;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>One value of a framework's JSON or YAML file, with its place for messages. The file comes from outside: nothing of it is taken on trust.</summary>
internal sealed class SourceValue
{
    private const long LargestBytes = 8 * 1024 * 1024;
    private const int Deepest = 64;

    private readonly JsonElement element;

    private SourceValue(string file, string key, JsonElement element) => (File, Key, this.element) = (file, key, element);

    /// <summary>Name of the file.</summary>
    public string File { get; }

    /// <summary>Where in it, e.g. <c>configurations.3d_fullres.spacing</c>; empty at the root.</summary>
    public string Key { get; }

    /// <exception cref="ModelImportException">Missing, too large, too deep, or no such file.</exception>
    public static SourceValue Read(string path)
    {
        string name = Path.GetFileName(path);
        if (!System.IO.File.Exists(path)) throw new ModelImportException($"{path} is not there. Remedy: name the folder that holds {name}");
        if (new FileInfo(path).Length > LargestBytes) throw new ModelImportException($"{name} is larger than {LargestBytes} bytes: no {name} of a model");
        try
        {
            string text = System.IO.File.ReadAllText(path);
            if (Path.GetExtension(path) is ".yaml" or ".yml") text = JsonOf(text);
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = Deepest });
            return new SourceValue(name, "", document.RootElement.Clone());
        }
        catch (Exception broken) when (broken is JsonException or YamlException)
        {
            throw new ModelImportException($"{name} cannot be read: {broken.Message} Remedy: take the file as the framework wrote it", broken);
        }
    }

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;
    public bool IsObject => element.ValueKind == JsonValueKind.Object;
    public bool IsList => element.ValueKind == JsonValueKind.Array;

    public string Text => IsText ? element.GetString()! : throw Bad("a text");
    public bool IsText => element.ValueKind == JsonValueKind.String;

    public bool Bool => element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Bad("true or false"),
    };

    public double Number => element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out double number) && double.IsFinite(number)
        ? number : throw Bad("a finite number");

    public int Int => Number is var number && number == Math.Truncate(number) && Math.Abs(number) <= int.MaxValue ? (int)number : throw Bad("a whole number");

    public IReadOnlyList<SourceValue> List => IsList
        ? [.. element.EnumerateArray().Select((item, index) => new SourceValue(File, string.Create(CultureInfo.InvariantCulture, $"{Key}[{index}]"), item))]
        : throw Bad("a list");

    public double[] Numbers => [.. List.Select(item => item.Number)];
    public int[] Ints => [.. List.Select(item => item.Int)];

    /// <summary>An object's entries, in the file's order.</summary>
    public IReadOnlyList<(string Name, SourceValue Value)> Entries => IsObject
        ? [.. element.EnumerateObject().Select(entry => (entry.Name, new SourceValue(File, Below(entry.Name), entry.Value)))]
        : throw Bad("an object");

    /// <summary>Null where the key is missing or null.</summary>
    public SourceValue? Find(string name) =>
        !IsObject ? throw Bad("an object")
        : element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? new SourceValue(File, Below(name), value) : null;

    public SourceValue this[string name] => Find(name) ?? throw new ModelImportException($"{File} has no {Below(name)}. Remedy: take the file as the "
        + "framework wrote it");

    public ModelImportException Bad(string expected) => new($"{File}: {(Key == "" ? "it" : Key)} is {Shown}, where {expected} is expected");

    public string Shown
    {
        get
        {
            string raw = IsNull ? "null" : element.GetRawText();
            return raw.Length <= 80 ? raw : raw[..80] + "…";
        }
    }

    private string Below(string name) => Key == "" ? name : $"{Key}.{name}";

    private static string JsonOf(string yaml)
    {
        // Aliases multiply and nesting overflows the stack: both are looked for before anything is built.
        Parser events = new(new StringReader(yaml));
        int depth = 0;
        while (events.MoveNext())
        {
            if (events.Current is AnchorAlias alias) throw new YamlException(alias.Start, alias.End, "an alias (*name), which is not read");
            depth += events.Current!.NestingIncrease;
            if (depth > Deepest) throw new YamlException(events.Current.Start, events.Current.End, $"values nested more than {Deepest} deep");
        }

        object? read = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build().Deserialize(new StringReader(yaml));
        return new SerializerBuilder().JsonCompatible().WithMaximumRecursion(Deepest + 1).Build().Serialize(read ?? new object());
    }
}
