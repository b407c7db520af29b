using System.Text.Json;
using System.Text.Json.Serialization;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>A folder does not hold a labelled case, or not a whole one. The message names the file, the cause and the remedy.</summary>
public sealed class CaseFolderException : Exception
{
    public CaseFolderException(string message) : base(message) { }

    public CaseFolderException(string message, Exception inner) : base(message, inner) { }
}

/// <summary><c>case.json</c>: what image and mask do not say.</summary>
internal sealed record CaseFile
{
    public const string Name = "case.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
    };

    /// <summary>Scanner or hospital.</summary>
    public string? Regime { get; init; }

    /// <summary>Truth by sign code.</summary>
    public IReadOnlyDictionary<string, bool>? Signs { get; init; }

    /// <summary>Classes that the mask knows: one that is named and has no voxel is known to be absent. Null: the hematoma alone.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Of a phantom.</summary>
    public int? Seed { get; init; }

    /// <summary>For readers: slices, rows, columns.</summary>
    public IReadOnlyList<double>? SpacingMm { get; init; }

    /// <summary>For readers.</summary>
    public IReadOnlyDictionary<string, double>? VolumesMl { get; init; }

    /// <summary>
    /// Where the first pixel of each slice lies, LPS mm, from the lowest slice up; NIfTI knows neither gantry tilt nor uneven slices. Null: as the
    /// NIfTI file says.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<double>>? SliceOriginsMm { get; init; }

    /// <exception cref="CaseFolderException">The file is no JSON, has a key that is not known, or the values are out of range.</exception>
    public static CaseFile Read(string folder, IReadOnlyDictionary<string, int> labels)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path)) return new CaseFile();
        CaseFile file;
        try
        {
            using FileStream stream = File.OpenRead(path);
            file = JsonSerializer.Deserialize<CaseFile>(stream, Json) ?? throw new JsonException("the file holds null.");
        }
        catch (JsonException wrong)
        {
            throw new CaseFolderException($"{path}: {wrong.Message} Write the keys as docs/evaluation.md has them", wrong);
        }

        if (file.Classes?.FirstOrDefault(key => !labels.ContainsKey(key)) is { } unknown)
            throw new CaseFolderException($"{path}: the class '{unknown}' is not known. Classes are {string.Join(", ", labels.Keys)}");
        if (file.Classes is not null && !file.Classes.Contains("hematoma"))
            throw new CaseFolderException($"{path}: classes lack 'hematoma', which every case must know. Add it, also where the mask has none");
        if (file.SliceOriginsMm?.Any(origin => origin is not { Count: 3 } || !origin.All(double.IsFinite)) == true)
            throw new CaseFolderException($"{path}: each entry of sliceOriginsMm must be three numbers, x, y and z in mm. Correct it, or leave the key out");
        return file;
    }

    public void Write(string folder) => File.WriteAllText(Path.Combine(folder, Name), JsonSerializer.Serialize(this, Json));
}
