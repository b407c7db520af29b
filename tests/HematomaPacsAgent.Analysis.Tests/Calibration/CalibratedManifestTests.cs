using System.Text.Json.Nodes;
using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Tests.Models;

namespace HematomaPacsAgent.Analysis.Tests.Calibration;

public sealed class CalibratedManifestTests
{
    private static readonly ClassFit Fitted = new("swirl-sign", 9, 20, new ModelCalibration(0.75, -1.25, "phantoms – “A”", 29),
        new OperatingPoint(0.2, 0.05, 0.45, 0, 0, 0), null, null, "");
    private static readonly ClassFit Left = new("blend-sign", 2, 27, null, null, null, null, "left as it is");

    [Fact]
    public void Only_the_version_and_the_fitted_class_change()
    {
        string folder = Copy("written"), path = Path.Combine(folder, ModelPackage.ManifestName);
        JsonNode expected = JsonNode.Parse(File.ReadAllText(path))!;
        string numbers = expected["normalization"]!.ToJsonString();
        JsonObject sign = expected["output"]!["classes"]!.AsArray().Select(one => one!.AsObject()).Single(one => one["key"]!.GetValue<string>() == Fitted.Key);
        expected["version"] = "9.0.0";
        sign.Remove("indeterminate");
        sign["threshold"] = 0.2;
        sign["indeterminateBand"] = new JsonArray(0.05, 0.45);
        sign["calibration"] = new JsonObject { ["slope"] = 0.75, ["intercept"] = -1.25, ["fittedOn"] = "phantoms – “A”", ["n"] = 29 };
        ModelPackage now = CalibratedManifest.Write(ModelPackage.Load(folder), [Left, Fitted], "9.0.0");
        JsonNode written = JsonNode.Parse(File.ReadAllText(path))!;
        Assert.True(JsonNode.DeepEquals(expected, written));
        Assert.Equal(("9.0.0", Fitted.Calibration), (now.Version, now.Manifest.Output.Classes.Single(one => one.Key == Fitted.Key).Calibration));
        Assert.Equal(numbers, written["normalization"]!.ToJsonString()); // digit by digit as they were
        Assert.Contains("– “A”", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Equal(Directory.GetFiles(Packages.Signs).Select(Path.GetFileName).Order(), Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_would_not_load_is_not_written()
    {
        string folder = Copy("not-written"), path = Path.Combine(folder, ModelPackage.ManifestName);
        byte[] before = File.ReadAllBytes(path);
        ModelPackage package = ModelPackage.Load(folder);
        ClassFit wrong = Fitted with { Calibration = Fitted.Calibration! with { Slope = -1 } };
        Refused<ModelPackageException>("slope above 0", wrong, "9.0.0");
        Refused<ArgumentException>("another version", Fitted, package.Version);
        Refused<ArgumentException>("nothing to write", Left, "9.0.0");
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.DoesNotContain(Directory.GetFiles(folder), file => file.Contains("calibrating", StringComparison.Ordinal));

        void Refused<T>(string told, ClassFit fit, string version) where T : Exception =>
            Assert.Contains(told, Assert.Throws<T>(() => CalibratedManifest.Write(package, [fit], version)).Message, StringComparison.Ordinal);
    }

    private static string Copy(string name) => Packages.Copy(Packages.Signs, name, ModelPackage.ManifestName, bytes => bytes);
}
