namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// A MONAI bundle's <c>inference.json</c> or <c>inference.yaml</c>, read without Python: plain references (<c>@key</c>, <c>@key::0::key</c>) are followed, an
/// expression (<c>$…</c>) or a macro (<c>%…</c>) is refused where its value is needed, and passed over where it is not.
/// </summary>
internal sealed class MonaiConfig(SourceValue root)
{
    private const int MostReferences = 16;

    public string File => root.File;

    /// <summary>Null where the key is missing or null; references followed.</summary>
    public SourceValue? Find(SourceValue of, string key) => of.Find(key) is { } value ? Followed(value) : null;

    public SourceValue? Find(string key) => Find(root, key);

    /// <summary>A list's items, references followed.</summary>
    public IReadOnlyList<SourceValue> List(SourceValue list) => [.. list.List.Select(Followed)];

    public double[] Numbers(SourceValue list) => [.. List(list).Select(item => item.Number)];

    /// <summary>The transforms of <c>preprocessing</c> or <c>postprocessing</c>, with their plain names, less those that are switched off.</summary>
    public IReadOnlyList<(string Name, SourceValue Settings)> Transforms(string chain)
    {
        if (Find(chain) is not { } value) return [];
        SourceValue list = value.IsList ? value : Find(value, "transforms") ?? value["transforms"];
        return [.. List(list).Where(transform => Find(transform, "_disabled_") is not { Bool: true }).Select(transform => (Name(transform), transform))];
    }

    /// <summary>The class that <c>_target_</c> names, without its module and the dictionary ending: <c>monai.transforms.Orientationd</c> is
    /// Orientation.</summary>
    public string Name(SourceValue component)
    {
        string name = (Find(component, "_target_") ?? component["_target_"]).Text.Split('.')[^1];
        foreach (string ending in (string[])["Dict", "D", "d"])
            if (name.EndsWith(ending, StringComparison.Ordinal)) return name[..^ending.Length];
        return name;
    }

    private SourceValue Followed(SourceValue value)
    {
        SourceValue at = value;
        for (int i = 0; at.IsText && at.Text.StartsWith('@'); i++)
        {
            if (i == MostReferences) throw value.Bad("a reference that does not lead in a circle");
            at = Referred(at);
        }

        if (at.IsText && at.Text is ['$' or '%', ..])
            throw new ModelImportException($"{File}: {at.Key} is {at.Shown}, which only Python can work out. Remedy: write its value there in place of "
                + "the expression");
        return at;
    }

    private SourceValue Referred(SourceValue reference)
    {
        SourceValue at = root;
        foreach (string part in reference.Text[1..].Replace("#", "::", StringComparison.Ordinal).Split("::"))
        {
            SourceValue? next = at.IsList ? at.List.Where((_, index) => $"{index}" == part).FirstOrDefault() : at.IsObject ? at.Find(part) : null;
            at = next ?? throw reference.Bad($"a reference to a key of the file ('{part}' is none)");
        }

        return at;
    }
}
