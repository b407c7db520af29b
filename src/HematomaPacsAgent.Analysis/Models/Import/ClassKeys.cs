using System.Text;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>The agent's class keys for a framework's label names: as the person says, else guessed from the name.</summary>
internal static class ClassKeys
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["hematoma"] = "hematoma", ["haematoma"] = "hematoma", ["ich"] = "hematoma", ["iph"] = "hematoma", ["hemorrhage"] = "hematoma",
        ["haemorrhage"] = "hematoma",
        ["intracerebral-hemorrhage"] = "hematoma", ["intracerebral-haemorrhage"] = "hematoma", ["intraparenchymal-hemorrhage"] = "hematoma",
        ["intraparenchymal-haemorrhage"] = "hematoma", ["intraparenchymal"] = "hematoma", ["parenchymal-hemorrhage"] = "hematoma",
        ["ivh"] = "ivh", ["intraventricular"] = "ivh", ["intraventricular-hemorrhage"] = "ivh", ["intraventricular-haemorrhage"] = "ivh",
        ["edema"] = "edema", ["oedema"] = "edema", ["phe"] = "edema", ["perihematomal-edema"] = "edema", ["perihaematomal-oedema"] = "edema",
        ["eah"] = "extra-axial", ["extra-axial"] = "extra-axial", ["extraaxial"] = "extra-axial", ["extra-axial-hemorrhage"] = "extra-axial",
    };

    /// <param name="file">Where the labels come from, for messages.</param>
    /// <param name="labels">Names of the foreground labels.</param>
    /// <param name="map">Key to label name; see <see cref="ImportOptions.Map"/>.</param>
    /// <param name="notes">Told of every key that was guessed.</param>
    /// <exception cref="ModelImportException">The map names what is not there, two labels have one key, or none is the hematoma.</exception>
    public static IReadOnlyList<string> Of(string file, IReadOnlyList<string> labels, IReadOnlyDictionary<string, string> map, ICollection<string> notes)
    {
        string listed = string.Join(", ", labels);
        foreach ((string key, string label) in map)
        {
            if (key != Slug(key) || key.Length == 0) throw new ModelImportException($"--map: '{key}' is no class key. Remedy: lower-case letters, digits "
                + "and dashes, e.g. hematoma=ICH");
            if (!labels.Contains(label, StringComparer.Ordinal)) throw new ModelImportException($"--map {key}={label}: {file} has no label '{label}', it "
                + $"has {listed}");
        }

        if (map.Values.GroupBy(label => label, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
            throw new ModelImportException($"--map names the label '{twice.Key}' for two classes. Remedy: one class for each label");
        List<string> keys = [];
        foreach (string label in labels)
        {
            string? told = map.FirstOrDefault(entry => entry.Value == label).Key;
            string slug = Slug(label), key = told ?? Known.GetValueOrDefault(slug, slug);
            if (key.Length == 0) throw new ModelImportException($"{file}: the label '{label}' has no plain name. Remedy: give it one with --map KEY='{label}'");
            if (told is null) notes.Add($"label '{label}' is taken as the class '{key}', by its name alone");
            keys.Add(key);
        }

        foreach (IGrouping<string, int> same in Enumerable.Range(0, keys.Count).GroupBy(i => keys[i]).Where(group => group.Count() > 1))
            throw new ModelImportException($"{file}: the labels {string.Join(" and ", same.Select(i => labels[i]))} would all be the class '{same.Key}'. "
                + $"Remedy: say which is which with --map, e.g. --map hematoma={labels[same.First()]},other={labels[same.Last()]}");
        return keys.Contains("hematoma") ? keys
            : throw new ModelImportException($"{file}: no label is known as the hematoma; it has {listed}. Remedy: name it with --map hematoma=LABEL");
    }

    private static string Slug(string name)
    {
        StringBuilder slug = new();
        foreach (char letter in name.Normalize(NormalizationForm.FormKC).ToLowerInvariant())
            if (char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)) slug.Append(letter);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        return slug.ToString().TrimEnd('-');
    }
}
