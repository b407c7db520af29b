using System.ComponentModel.DataAnnotations;

namespace HematomaPacsAgent;

/// <summary>Models and where they run (sections <c>Models</c> and <c>Inference</c>).</summary>
public sealed class ModelOptions
{
    /// <summary>Folder of model packages; relative to the program.</summary>
    [Required]
    public string Folder { get; set; } = "models";

    /// <summary>Package that segments.</summary>
    [Required]
    public string Segmentation { get; set; } = "hematoma-seg-phantom";

    /// <summary>Package that classifies the signs.</summary>
    [Required]
    public string Signs { get; set; } = "sign-effb0-phantom";

    /// <summary>Parameter file of the radiomics (PyRadiomics' YAML); relative to the program.</summary>
    [Required]
    public string Radiomics { get; set; } = "config/radiomics.yaml";

    /// <summary>Nomogram file; relative to the program.</summary>
    [Required]
    public string Nomogram { get; set; } = "config/nomogram.json";
}

/// <summary>The job page (section <c>Dashboard</c>). It listens on loopback only.</summary>
public sealed class DashboardOptions
{
    /// <value>Default 8105; 0 takes a free one.</value>
    [Range(0, 65535)]
    public int Port { get; set; } = 8105;
}

/// <summary>
/// Where settings come from, later ones winning: <c>config/appsettings.json</c> beside the program, the file given with <c>--config</c>,
/// environment variables
/// <c>HEMATOMA_Section__Key</c>.
/// </summary>
internal static class AgentSettings
{
    /// <exception cref="FileNotFoundException">The file given is not there.</exception>
    /// <exception cref="FormatException">A file is not JSON; the message names file and place.</exception>
    public static IConfigurationRoot Load(string? file, IReadOnlyDictionary<string, string?>? overrides = null)
    {
        if (file is not null && !File.Exists(file))
            throw new FileNotFoundException($"configuration file {file} is not there. config/appsettings.Example.json shows every key");
        ConfigurationBuilder builder = new();
        builder.AddJsonFile(Path.Combine(AppContext.BaseDirectory, "config", "appsettings.json"), optional: true);
        if (file is not null) builder.AddJsonFile(Path.GetFullPath(file), optional: false);
        builder.AddEnvironmentVariables("HEMATOMA_");
        if (overrides is not null) builder.AddInMemoryCollection(overrides);
        try
        {
            return builder.Build();
        }
        catch (InvalidDataException broken)
        {
            throw new FormatException($"{broken.Message} {broken.InnerException?.Message}", broken);
        }
    }

    private static readonly string[] Sections =
        ["DataFolder", "ConnectionStrings", "Dicom", "Intake", "Jobs", "Delivery", "Series", "Models", "Inference", "Results", "Dashboard", "Logging"];

    /// <summary>Sections that the agent does not know: a misspelled one would be passed over, and what it was to guard left open.</summary>
    public static IEnumerable<string> UnknownSections(IConfiguration settings) => settings.GetChildren()
        .Where(section => !Sections.Contains(section.Key, StringComparer.OrdinalIgnoreCase))
        .Select(section => $"'{section.Key}' is no section of the configuration; known are {string.Join(", ", Sections)}");

    /// <summary>Keys of a section that the options do not have, and lists that are written as a single value.</summary>
    public static IEnumerable<string> Misshapen(IConfigurationSection section, Type options)
    {
        if (section.Value is { Length: > 0 }) yield return $"{section.Path} is '{section.Value}' where a section in braces is expected";
        foreach (IConfigurationSection key in section.GetChildren())
        {
            System.Reflection.PropertyInfo? property = options.GetProperties().FirstOrDefault(p => p.Name.Equals(key.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                yield return $"{key.Path} is no key of the configuration; known in {section.Path} are {string.Join(", ", options.GetProperties().Select(p => p.Name))}";
                continue;
            }

            if (property.PropertyType is { IsClass: true, Namespace: { } space } && space.StartsWith("HematomaPacsAgent", StringComparison.Ordinal))
                foreach (string wrong in Misshapen(key, property.PropertyType)) yield return wrong;
            if (property.PropertyType == typeof(string) || !typeof(System.Collections.IEnumerable).IsAssignableFrom(property.PropertyType)) continue;
            if (key.Value is { Length: > 0 }) yield return $"{key.Path} is a list: write [\"{key.Value}\"]";
            if (property.PropertyType.GetGenericArguments() is [{ IsClass: true } item] && item != typeof(string))
                foreach (string wrong in key.GetChildren().SelectMany(entry => Misshapen(entry, item))) yield return wrong;
        }
    }

    /// <summary>A path of the configuration: absolute, or relative to the folder of the program.</summary>
    public static string BesideProgram(string path) => Path.GetFullPath(path, AppContext.BaseDirectory);
}
