using System.Text.Json;
using HematomaPacsAgent.Analysis.Radiomics;

namespace HematomaPacsAgent.Commands;

/// <summary>The results as a JSON array, one object a case; valid even where the batch was stopped.</summary>
internal sealed class RadiomicsJson : IDisposable
{
    private readonly FileStream file;
    private readonly Utf8JsonWriter json;
    private readonly RadiomicsCaseList list;

    public RadiomicsJson(string path, RadiomicsCaseList list)
    {
        (this.list, file) = (list, new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read));
        json = new Utf8JsonWriter(file, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
    }

    public void Write(CaseOutcome outcome)
    {
        json.WriteStartObject();
        json.WriteStartObject("case");
        foreach ((string column, string cell) in list.Columns.Zip(outcome.Case.Carried)) json.WriteString(column, cell);
        json.WriteEndObject();
        json.WriteString("status", outcome.Status);
        if (outcome.Reason is not null) json.WriteString("reason", outcome.Reason);
        if (outcome.Region is not null) json.WriteString("region", outcome.Region);
        if (outcome.Measured is { } measured)
        {
            json.WriteString("profile", measured.Profile);
            Texts("diagnostics", measured.Diagnostics);
            json.WriteStartObject("values");
            foreach ((string name, double value) in measured.Values)
                if (double.IsFinite(value)) json.WriteNumber(name, value);
                else json.WriteNull(name);
            json.WriteEndObject();
            json.WriteStartArray("classes");
            foreach (FeatureClassStatus status in measured.Classes)
            {
                json.WriteStartObject();
                json.WriteString("imageType", status.ImageType);
                json.WriteString("class", status.FeatureClass);
                json.WriteBoolean("computed", status.Computed);
                if (status.Reason is not null) json.WriteString("reason", status.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("warnings");
        foreach (string warning in outcome.Warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    public void Dispose()
    {
        json.WriteEndArray();
        json.Dispose();
        file.Dispose();
    }

    private void Texts(string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach ((string key, string text) in texts) json.WriteString(key, text);
        json.WriteEndObject();
    }
}
