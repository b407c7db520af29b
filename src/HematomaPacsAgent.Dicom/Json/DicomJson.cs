using System.Text.Encodings.Web;
using System.Text.Json;

namespace HematomaPacsAgent.Dicom.Json;

/// <summary>Data sets as DICOM JSON and back.</summary>
/// <remarks>PS3.18 annex F</remarks>
public static class DicomJson
{
    /// <summary>JSON is Unicode, so this is what (0008,0005) says in it, whatever the data set was stored in (PS3.18 §F.2.2).</summary>
    internal const string CharacterSet = "ISO_IR 192";

    internal static readonly string[] NameGroups = ["Alphabetic", "Ideographic", "Phonetic"];

    /// <summary>Writes one data set. Group lengths are left out, as the standard asks.</summary>
    /// <param name="target">Gets UTF-8.</param>
    /// <param name="dataset">File meta information is written only as a data set of its own.</param>
    /// <param name="indented">For people.</param>
    /// <param name="bulkDataUri">Where a binary value can be had; null, or a null answer, puts it in the text as base64. Encapsulated pixel
    /// data can
    /// only be had elsewhere.</param>
    public static void Write(Stream target, DicomDataset dataset, bool indented = false, Func<DicomItem, string?>? bulkDataUri = null)
    {
        // Names in Japanese are for reading; nothing of this goes into a page as it is.
        using Utf8JsonWriter json = new(target, new JsonWriterOptions
        {
            Indented = indented, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000,
        });
        new DicomJsonWriter(json, bulkDataUri).Write(dataset);
    }

    /// <summary>One data set as UTF-8.</summary>
    public static byte[] Serialize(DicomDataset dataset)
    {
        using MemoryStream target = new();
        Write(target, dataset);
        return target.ToArray();
    }

    /// <summary>Reads one object, or an array of them. Text is kept as UTF-8 (ISO_IR 192). Values that lie elsewhere (BulkDataURI) are left
    /// out.</summary>
    /// <exception cref="DicomFormatException">It is no DICOM JSON; the message names the place.</exception>
    public static IReadOnlyList<DicomDataset> Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = 3 * DicomReadLimits.Default.Depth });
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            JsonElement root = document.RootElement;
            return root.ValueKind == JsonValueKind.Array
                ? [.. root.EnumerateArray().Select(DicomJsonReader.Read)] : [DicomJsonReader.Read(root)];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: a string that is no Unicode
        {
            throw new DicomFormatException($"no JSON: {e.Message}", e);
        }
    }
}
