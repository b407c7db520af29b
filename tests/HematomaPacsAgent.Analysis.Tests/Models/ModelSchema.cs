using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>The JSON Schema of <c>model.json</c>: shape from the records, words from their doc comments, limits as ManifestRules has them.</summary>
internal static partial class ModelSchema
{
    private static readonly Dictionary<string, XElement> Documented =
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, "HematomaPacsAgent.Analysis.xml")).Descendants("member")
            .ToDictionary(member => member.Attribute("name")!.Value);

    private const string Share = """{"exclusiveMinimum": 0, "exclusiveMaximum": 1}""", FileName = """{"pattern": "^(?!\\.{1,2}$)[^/]+$"}""",
        Pair = """{"minItems": 2, "maxItems": 2}""", Above0 = """{"exclusiveMinimum": 0}""", From0ToBelow1 = """{"minimum": 0, "exclusiveMaximum": 1}""";

    /// <summary>By record and key. What depends on two keys at once (kind and layout, say) only the agent checks.</summary>
    private static readonly Dictionary<string, string> Limits = new()
    {
        ["ModelManifest.schema"] = """{"const": "hematoma-model/2"}""",
        ["ModelManifest.id"] = """{"pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"}""",
        ["ModelManifest.version"] = """{"minLength": 1}""",
        ["ModelManifest.intendedUse"] = """{"minLength": 1}""",
        ["ModelManifest.files"] = """{"minItems": 1, "maxItems": 64}""",
        ["ModelFile.path"] = FileName,
        ["ModelFile.goldenInput"] = FileName,
        ["ModelFile.goldenOutput"] = FileName,
        ["ModelFile.sha256"] = """{"pattern": "^[0-9a-f]{64}$"}""",
        ["ModelFile.goldenTolerance"] = Share,
        ["ModelInput.channels"] = """{"minItems": 1, "maxItems": 512}""",
        ["ModelChannel.offsetMm"] = """{"minimum": -100, "maximum": 100}""",
        ["ModelChannel.windowHu"] = Pair,
        ["ModelGeometry.orientation"] = """{"pattern": "^[LR][PA][SI]$"}""",
        ["ModelGeometry.axes"] = """{"enum": ["zyx", "zxy", "yzx", "yxz", "xzy", "xyz"]}""",
        ["ModelGeometry.spacingMm"] = """{"minItems": 3, "maxItems": 3, "items": {"exclusiveMinimum": 0.1, "exclusiveMaximum": 20}}""",
        ["ModelGeometry.imageOrder"] = """{"enum": [0, 1, 3]}""",
        ["ModelGeometry.orderZ"] = """{"enum": [0, 1, 3]}""",
        ["ModelGeometry.outputOrder"] = """{"enum": [0, 1]}""",
        ["ModelGeometry.separateZRatio"] = """{"exclusiveMinimum": 1}""",
        ["ModelGeometry.cropMarginMm"] = """{"minimum": 0, "maximum": 200}""",
        ["ModelGeometry.size"] = """{"minItems": 3, "maxItems": 3, "items": {"minimum": 16, "maximum": 2048}}""",
        ["ModelNormalization.clipHu"] = Pair,
        ["ModelNormalization.outRange"] = Pair,
        ["ModelNormalization.sd"] = Above0,
        ["ModelInferer.patch"] = """{"minItems": 2, "maxItems": 3, "items": {"minimum": 1, "maximum": 2048}}""",
        ["ModelInferer.context"] = """{"minimum": 0, "maximum": 512}""",
        ["ModelInferer.overlap"] = From0ToBelow1,
        ["ModelInferer.sigmaScale"] = """{"exclusiveMinimum": 0, "maximum": 1}""",
        ["ModelInferer.batch"] = """{"minimum": 1, "maximum": 256}""",
        ["ModelInferer.mirrorAxes"] = """{"pattern": "^(?!.*(.).*\\1)[xyz]*$"}""",
        ["ModelOutput.channels"] = """{"minimum": 1, "maximum": 512}""",
        ["ModelOutput.classes"] = """{"minItems": 1}""",
        ["ModelClass.index"] = """{"minimum": 0, "maximum": 511}""",
        ["ModelClass.key"] = """{"pattern": "^[a-z0-9-]+$"}""",
        ["ModelClass.threshold"] = Share,
        ["ModelClass.indeterminate"] = From0ToBelow1,
        ["ModelClass.colorRgb"] = """{"minItems": 3, "maxItems": 3, "items": {"minimum": 0, "maximum": 255}}""",
        ["ModelClass.indeterminateBand"] = """{"minItems": 2, "maxItems": 2, "items": {"minimum": 0, "maximum": 1}}""",
        ["ModelCalibration.slope"] = """{"exclusiveMinimum": 0, "maximum": 100}""",
        ["ModelCalibration.intercept"] = """{"minimum": -100, "maximum": 100}""",
        ["ModelCalibration.fittedOn"] = """{"minLength": 1}""",
        ["ModelCalibration.n"] = """{"minimum": 1}""",
        ["PostprocessingStep.value"] = """{"minimum": 0}""",
        ["ModelAbstention.minSlices"] = """{"minimum": 1}""",
        ["ModelAbstention.maxSliceSpacingMm"] = Above0,
        ["ModelAbstention.maxEnsembleSd"] = Above0,
    };

    public static string Text()
    {
        ModelPackage.Json.MakeReadOnly(populateMissingResolver: true);
        HashSet<string> unused = [.. Limits.Keys];
        JsonNode exported = ModelPackage.Json.GetJsonSchemaAsNode(typeof(ModelManifest), new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, node) =>
            {
                if (context.PropertyInfo is not { } property || node is not JsonObject schema) return node;
                // A type that occurs again is a reference, beside which 2020-12 allows other keys.
                string key = $"{property.DeclaringType.Name}.{property.Name}";
                if (Limits.TryGetValue(key, out string? limits)) Merge(schema, JsonNode.Parse(limits)!.AsObject());
                unused.Remove(key);
                schema.Remove("description");
                schema.Insert(0, "description", Description(property));
                return schema;
            },
        });
        if (unused.Count > 0) throw new InvalidOperationException($"limits for keys that no record has: {string.Join(", ", unused)}");
        JsonObject whole = new()
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "model.json of a HematomaPacsAgent model package (hematoma-model/2)",
            ["description"] = Plain(Documented["T:HematomaPacsAgent.Analysis.Models.ModelManifest"].Element("summary")!),
        };
        foreach ((string name, JsonNode? value) in exported.AsObject().ToArray())
        {
            exported.AsObject().Remove(name);
            whole[name] = value;
        }

        JsonSerializerOptions written = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        return whole.ToJsonString(written) + "\n";
    }

    private static void Merge(JsonObject into, JsonObject more)
    {
        foreach ((string key, JsonNode? value) in more)
            if (value is JsonObject deeper && into[key] is JsonObject there) Merge(there, deeper);
            else into[key] = value?.DeepClone();
    }

    private static string Description(JsonPropertyInfo property)
    {
        MemberInfo member = (MemberInfo)property.AttributeProvider!;
        string said = Documented.GetValueOrDefault($"P:{property.DeclaringType.FullName}.{member.Name}")?.Element("summary") is { } summary ? Plain(summary)
            : Documented.GetValueOrDefault($"T:{property.DeclaringType.FullName}")?.Elements("param")
                .FirstOrDefault(one => one.Attribute("name")!.Value == member.Name) is { } param
                ? Plain(param)
            : Documented.GetValueOrDefault($"T:{property.PropertyType.FullName}")?.Element("summary") is { } type ? Plain(type) : "";
        Type plain = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (!plain.IsEnum) return said;
        IEnumerable<string> values = Enum.GetNames(plain).Select(name =>
            Documented.GetValueOrDefault($"F:{plain.FullName}.{name}")?.Element("summary") is { } value
                ? $" {JsonNamingPolicy.KebabCaseLower.ConvertName(name)}: {Plain(value)}" : "");
        return said + string.Concat(values);
    }

    private static string Plain(XElement element)
    {
        foreach (XElement reference in element.Descendants("see").ToArray())
        {
            string[] path = reference.Attribute("cref")!.Value.Split('.');
            reference.ReplaceWith(reference.Attribute("cref")!.Value[0] switch
            {
                'P' => JsonNamingPolicy.CamelCase.ConvertName(path[^1]),
                'F' => JsonNamingPolicy.KebabCaseLower.ConvertName(path[^1]),
                _ => path[^1],
            });
        }

        return Spaces().Replace(element.Value, " ").Trim();
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
