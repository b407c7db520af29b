using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>Puts what was fitted into a package's <c>model.json</c>. Every other key keeps its value, numbers as they were written.</summary>
public static class CalibratedManifest
{
    private static readonly JsonSerializerOptions Written = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="package">The package; its folder is written to.</param>
    /// <param name="classes">Those with a fit are changed.</param>
    /// <param name="version">The package's new version: another one than it has, since its results change.</param>
    /// <returns>The package as it is now.</returns>
    /// <exception cref="ArgumentException">The version is empty or the present one, or no class has a fit.</exception>
    /// <exception cref="ModelPackageException">The package would not load with it; its file was not touched.</exception>
    public static ModelPackage Write(ModelPackage package, IReadOnlyList<ClassFit> classes, string version)
    {
        if (version.Length == 0 || version == package.Version)
            throw new ArgumentException($"{package.Id} is version '{package.Version}' already: results change with a calibration, so it needs another version");
        if (classes.All(one => one.Calibration is null)) throw new ArgumentException($"no class of {package.Id} was fitted: there is nothing to write");
        string path = package.PathOf(ModelPackage.ManifestName);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["version"] = version;
        foreach (JsonNode? output in manifest["output"]!["classes"]!.AsArray())
            if (classes.FirstOrDefault(one => one.Key == output!["key"]!.GetValue<string>()) is { Calibration: not null } fit) Put(output!.AsObject(), fit);
        // Beside its place: a move within one file system is atomic.
        string making = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}.calibrating");
        try
        {
            using (FileStream file = new(making, FileMode.Create))
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString(Written) + "\n"));
                file.Flush(flushToDisk: true);
            }

            ModelPackage.CheckManifest(making);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(making, File.GetUnixFileMode(path));
            File.Move(making, path, overwrite: true);
        }
        finally
        {
            File.Delete(making);
        }

        return ModelPackage.Load(package.Folder);
    }

    private static void Put(JsonObject output, ClassFit fit)
    {
        output["calibration"] = JsonSerializer.SerializeToNode(fit.Calibration, ModelPackage.Json);
        if (fit.Point is not { } point) return;
        output["threshold"] = point.Threshold;
        output.Remove("indeterminate");
        output["indeterminateBand"] = new JsonArray(point.Low, point.High);
    }
}
