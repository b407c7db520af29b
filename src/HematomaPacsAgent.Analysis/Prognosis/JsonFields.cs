using System.Text.Json;

namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>Reads a JSON object field by field and collects every fault instead of stopping at the first; a faulty field reads as empty or
/// 0.</summary>
internal sealed class JsonFields
{
    private readonly Dictionary<string, JsonElement> fields = [];
    private readonly HashSet<string> read = [];
    private readonly List<string> faults;
    private readonly string path;
    private bool unreadable;

    /// <param name="element">The object; anything else is a fault.</param>
    /// <param name="path">Where it lies, for messages; empty at the root.</param>
    /// <param name="faults">Where faults go.</param>
    public JsonFields(JsonElement element, string path, List<string> faults)
    {
        (this.path, this.faults) = (path, faults);
        if (element.ValueKind != JsonValueKind.Object)
        {
            unreadable = true;
            Fault($"must be an object, not {Kind(element)}");
            return;
        }

        foreach (JsonProperty property in element.EnumerateObject())
            if (!fields.TryAdd(property.Name, property.Value)) Fault($"{property.Name} occurs twice");
    }

    /// <summary>Whether a fault was found in this object's own fields.</summary>
    public bool HasFault { get; private set; }

    public void Fault(string message)
    {
        HasFault = true;
        faults.Add(path == "" ? message : $"{path}: {message}");
    }

    public string Text(string name)
    {
        if (Find(name) is not { } value) return "";
        if (value.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(value.GetString())) return value.GetString()!;
        Fault($"{name} must be a text that is not empty, not {Kind(value)}");
        return "";
    }

    public string Choice(string name, params string[] choices)
    {
        string text = Text(name);
        if (text != "" && !choices.Contains(text)) Fault($"{name} is \"{text}\", must be {string.Join(" or ", choices)}");
        return text;
    }

    public double Number(string name)
    {
        if (Find(name) is not { } value) return 0;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)) return number;
        Fault($"{name} must be a finite number, not {Kind(value)}");
        return 0;
    }

    public JsonFields Object(string name) =>
        Find(name) is { } value ? new JsonFields(value, Below(name), faults) : new JsonFields(default, Below(name), []);

    public JsonFields? OptionalObject(string name)
    {
        read.Add(name);
        return fields.TryGetValue(name, out JsonElement value) ? new JsonFields(value, Below(name), faults) : null;
    }

    public IReadOnlyList<JsonFields> Objects(string name)
    {
        if (Find(name) is not { } value) return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0)
            return [.. value.EnumerateArray().Select((item, index) => new JsonFields(item, $"{Below(name)}[{index}]", faults))];
        Fault($"{name} must be a list with at least one object, not {Kind(value)}");
        return [];
    }

    /// <summary>Every field not asked for by now is a fault: a misspelt key must not read as an absent one.</summary>
    public void NoOthers()
    {
        foreach (string name in fields.Keys.Where(name => !read.Contains(name))) Fault($"{name} is not a known key");
    }

    private JsonElement? Find(string name)
    {
        read.Add(name);
        if (fields.TryGetValue(name, out JsonElement value)) return value;
        if (!unreadable) Fault($"{name} is missing");
        return null;
    }

    private string Below(string name) => path == "" ? name : $"{path}.{name}";

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => element.GetArrayLength() == 0 ? "an empty list" : "a list",
        JsonValueKind.String => $"\"{element.GetString()}\"",
        _ => element.GetRawText(),
    };
}
