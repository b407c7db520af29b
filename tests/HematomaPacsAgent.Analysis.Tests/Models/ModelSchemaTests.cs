using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.TestKit;
using Json.Schema;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>docs/model.schema.json is what the code reads. <c>HEMATOMA_UPDATE_DOCS=1</c> writes it anew.</summary>
public sealed class ModelSchemaTests
{
    private static readonly string SchemaPath = Path.Combine(SharedFiles.Repository, "docs", "model.schema.json");
    private static readonly JsonSchema Schema = JsonSchema.FromText(ModelSchema.Text());

    [Fact]
    public void The_published_schema_is_the_one_that_the_records_give()
    {
        string made = ModelSchema.Text();
        if (Environment.GetEnvironmentVariable("HEMATOMA_UPDATE_DOCS") == "1") File.WriteAllText(SchemaPath, made);
        Assert.Equal(made, File.ReadAllText(SchemaPath));
    }

    [Fact]
    public void Every_key_has_words_and_no_object_takes_unknown_ones()
    {
        List<string> silent = [];
        int objects = 0;
        Walk(JsonNode.Parse(ModelSchema.Text())!, "");
        Assert.True(objects > 10, $"{objects} objects");
        Assert.Empty(silent);

        void Walk(JsonNode node, string path)
        {
            if (node["properties"] is not JsonObject properties)
            {
                if (node["items"] is { } items) Walk(items, path + "[]");
                return;
            }

            objects++;
            Assert.False(node["additionalProperties"]!.GetValue<bool>());
            foreach ((string name, JsonNode? property) in properties)
            {
                if (property!["description"]?.GetValue<string>() is null or "") silent.Add($"{path}.{name}");
                Walk(property, $"{path}.{name}");
            }
        }
    }

    [Fact]
    public void Every_package_of_the_repository_is_valid()
    {
        string[] manifests = Directory.GetFiles(Path.Combine(SharedFiles.Repository, "models"), ModelPackage.ManifestName, SearchOption.AllDirectories);
        Assert.True(manifests.Length >= 2);
        foreach (string manifest in manifests)
        {
            EvaluationResults results = Schema.Evaluate(JsonDocument.Parse(File.ReadAllText(manifest)).RootElement,
                new EvaluationOptions { OutputFormat = OutputFormat.List });
            Assert.True(results.IsValid, manifest + ": " + string.Join("; ", (results.Details ?? []).Where(detail => detail.Errors is not null)
                .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}"))));
        }
    }

    [Fact]
    public void The_example_of_the_docs_is_valid_but_for_its_network()
    {
        string docs = File.ReadAllText(Path.Combine(SharedFiles.Repository, "docs", "model-packages.md"));
        int start = docs.IndexOf("{\n  \"schema\"", StringComparison.Ordinal);
        string example = docs[start..docs.IndexOf("```", start, StringComparison.Ordinal)];
        Assert.True(Schema.Evaluate(JsonDocument.Parse(example).RootElement).IsValid);
        string folder = Packages.Copy(Packages.Segmentation, "docs-example", ModelPackage.ManifestName, _ => System.Text.Encoding.UTF8.GetBytes(example));
        string told = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder)).Message;
        Assert.Contains("model.onnx: digest", told, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id", "\"../out\"")]
    [InlineData("version", "\"\"")]
    [InlineData("kind", "\"detection\"")]
    [InlineData("surprise", "1")]
    [InlineData("files", "[]")]
    [InlineData("files.0.path", "\"../model.onnx\"")]
    [InlineData("files.0.path", "\"..\"")]
    [InlineData("files.0.sha256", "\"ABC\"")]
    [InlineData("files.0.goldenTolerance", "1")]
    [InlineData("input.channels.0.offsetMm", "101")]
    [InlineData("input.channels.0.windowHu", "[40]")]
    [InlineData("geometry.orientation", "\"SPL\"")]
    [InlineData("geometry.axes", "\"xxy\"")]
    [InlineData("geometry.spacingMm", "[1, 1]")]
    [InlineData("geometry.spacingMm", "[0.1, 1, 1]")]
    [InlineData("geometry.imageOrder", "2")]
    [InlineData("geometry.outputOrder", "3")]
    [InlineData("geometry.separateZRatio", "1")]
    [InlineData("geometry.cropMarginMm", "-1")]
    [InlineData("geometry.size", "[null, 15, 224]")]
    [InlineData("normalization.clipHu", "[1, 2, 3]")]
    [InlineData("normalization.sd", "0")]
    [InlineData("inferer.patch", "[0, 224]")]
    [InlineData("inferer.context", "513")]
    [InlineData("inferer.overlap", "1")]
    [InlineData("inferer.sigmaScale", "0")]
    [InlineData("inferer.batch", "257")]
    [InlineData("inferer.mirrorAxes", "\"xx\"")]
    [InlineData("output.channels", "0")]
    [InlineData("output.classes", "[]")]
    [InlineData("output.classes.0.key", "\"ICH\"")]
    [InlineData("output.classes.0.threshold", "1")]
    [InlineData("output.classes.0.indeterminate", "1")]
    [InlineData("output.classes.0.colorRgb", "[0, 0, 256]")]
    [InlineData("output.classes.0.indeterminateBand", "[0.4, 0.5, 0.6]")]
    [InlineData("output.classes.0.indeterminateBand", "[-0.1, 0.6]")]
    [InlineData("output.classes.0.calibration", "{\"slope\": 0, \"intercept\": 0, \"fittedOn\": \"x\", \"n\": 1}")]
    [InlineData("output.classes.0.calibration", "{\"slope\": 1, \"intercept\": -101, \"fittedOn\": \"x\", \"n\": 1}")]
    [InlineData("output.classes.0.calibration", "{\"slope\": 1, \"intercept\": 0, \"fittedOn\": \"\", \"n\": 1}")]
    [InlineData("output.classes.0.calibration", "{\"slope\": 1, \"intercept\": 0, \"fittedOn\": \"x\", \"n\": 0}")]
    [InlineData("output.classes.0.calibration", "{\"slope\": 1}")]
    [InlineData("postprocessing.1.value", "-1")]
    [InlineData("abstain", "{\"minSlices\": 0}")]
    [InlineData("abstain", "{\"maxEnsembleSd\": 0}")]
    public void What_the_schema_refuses_the_agent_refuses_too(string key, string value)
    {
        string text = Edited(key, value);
        Assert.False(Schema.Evaluate(JsonDocument.Parse(text).RootElement).IsValid);
        string folder = Packages.Copy(Packages.Segmentation, "schema-case", ModelPackage.ManifestName, _ => System.Text.Encoding.UTF8.GetBytes(text));
        Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder));
    }

    [Fact]
    public void All_that_is_wrong_with_a_manifest_is_said_in_one_go()
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Packages.Segmentation, ModelPackage.ManifestName)))!;
        manifest["id"] = "a/b";
        manifest["geometry"]!["axes"] = "xxy";
        manifest["inferer"]!["batch"] = 0;
        manifest["output"]!["classes"]![0]!["threshold"] = 2;
        string folder = Packages.Copy(Packages.Segmentation, "schema-all", ModelPackage.ManifestName, _ => JsonSerializer.SerializeToUtf8Bytes(manifest));
        string told = Assert.Throws<ModelPackageException>(() => ModelPackage.Load(folder)).Message;
        foreach (string part in (string[])["id 'a/b'", "geometry.axes", "inferer.batch", "thresholds lie between"])
            Assert.Contains(part, told, StringComparison.Ordinal);
    }

    private static string Edited(string key, string value)
    {
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(Packages.Segmentation, ModelPackage.ManifestName)))!, at = manifest;
        string[] path = key.Split('.');
        foreach (string part in path[..^1]) at = at is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : at[part]!;
        at[path[^1]] = JsonNode.Parse(value);
        return manifest.ToJsonString();
    }
}
