using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HematomaPacsAgent.Dicom.Json;

/// <summary>Makes data sets of DICOM JSON.</summary>
/// <remarks>PS3.18 annex F.2</remarks>
internal static class DicomJsonReader
{
    /// <exception cref="DicomFormatException">It is no DICOM JSON.</exception>
    public static DicomDataset Read(JsonElement json)
    {
        DicomDataset dataset = ReadItems(json, "");
        dataset.AddOrUpdate(DicomTag.SpecificCharacterSet, DicomJson.CharacterSet);
        return dataset;
    }

    private static DicomDataset ReadItems(JsonElement json, string path)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(path, "an object is expected");
        List<DicomItem> items = [];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            string place = path.Length == 0 ? member.Name : $"{path}/{member.Name}";
            if (member.Name.Length != 8 || !uint.TryParse(member.Name, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture,
                out uint tag))
                throw Wrong(place, "a tag of eight hexadecimal digits is expected");
            if (Read(new DicomTag((ushort)(tag >> 16), (ushort)tag), member.Value, place) is { } item) items.Add(item);
        }

        return new DicomDataset(items);
    }

    private static DicomItem? Read(DicomTag tag, JsonElement json, string place)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong(place, "an object is expected");
        // The whole object becomes UTF-8; what it was stored in before counts no more.
        if (tag == DicomTag.SpecificCharacterSet) return new DicomElement(tag, DicomVR.CS, Encoding.ASCII.GetBytes(DicomJson.CharacterSet));
        string code = json.TryGetProperty("vr"u8, out JsonElement vrMember) && vrMember.ValueKind == JsonValueKind.String
            ? vrMember.GetString()! : "";
        DicomVR vr = code.Length == 0 ? DicomDictionary.VROf(tag) : DicomVR.Find(code)
            ?? throw Wrong(place, $"'{code}' is no value representation");
        if (json.TryGetProperty("BulkDataURI"u8, out _)) return null;
        if (json.TryGetProperty("InlineBinary"u8, out JsonElement binary))
        {
            if (vr == DicomVR.SQ || binary.ValueKind != JsonValueKind.String || !binary.TryGetBytesFromBase64(out byte[]? bytes))
                throw Wrong(place, "InlineBinary is no base64 of a binary value");
            return new DicomElement(tag, vr, bytes);
        }

        JsonElement[] values = !json.TryGetProperty("Value"u8, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? []
            : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : throw Wrong(place, "Value is no array");
        if (vr == DicomVR.SQ)
            return new DicomSequence(tag, [.. values.Select((item, i) => item.ValueKind == JsonValueKind.Null
                ? new DicomDataset() : ReadItems(item, $"{place}/{i}"))]);
        if (vr.IsText)
            return new DicomElement(tag, vr, Encoding.UTF8.GetBytes(string.Join('\\', values.Select(each => Text(vr, each, place)))));
        if (vr.Code is "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "UN")
            return values.Length == 0 ? new DicomElement(tag, vr, Array.Empty<byte>())
                : throw Wrong(place, $"a value of {vr} stands in InlineBinary");
        byte[] numbers = new byte[values.Length * vr.ValueSize];
        for (int i = 0; i < values.Length; i++) Put(numbers.AsSpan(i * vr.ValueSize), vr, values[i], place);
        return new DicomElement(tag, vr, numbers);
    }

    private static string Text(DicomVR vr, JsonElement value, string place)
    {
        string text = value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number when vr.Code is "DS" or "IS" => Digits(vr, value),
            JsonValueKind.Object when vr == DicomVR.PN => string.Join('=', DicomJson.NameGroups.Select(group =>
                value.TryGetProperty(group, out JsonElement name) && name.ValueKind == JsonValueKind.String
                    ? name.GetString() : "")).TrimEnd('='),
            _ => throw Wrong(place, $"{value.ValueKind} is no value of {vr}"),
        };
        return vr.IsMultiValued && text.Contains('\\') ? throw Wrong(place, "a value holds a backslash, which separates values") : text;
    }

    private static string Digits(DicomVR vr, JsonElement value)
    {
        string digits = value.GetRawText();
        return digits.Length <= vr.Longest ? digits : vr == DicomVR.DS ? DicomDecimalString.Format(value.GetDouble())
            : value.GetDouble().ToString("0", CultureInfo.InvariantCulture);
    }

    private static void Put(Span<byte> target, DicomVR vr, JsonElement value, string place)
    {
        // Numbers too large for some readers' doubles come as strings.
        string text = value.ValueKind switch
        {
            JsonValueKind.String => value.GetString()!,
            JsonValueKind.Number => value.GetRawText(),
            _ => throw Wrong(place, $"{value.ValueKind} is no value of {vr}"),
        };
        NumberFormatInfo format = CultureInfo.InvariantCulture.NumberFormat;
        try
        {
            switch (vr.Code)
            {
                case "AT": BinaryPrimitives.WriteUInt32LittleEndian(target, Turn(uint.Parse(text, NumberStyles.AllowHexSpecifier,
                    format))); break;
                case "US": BinaryPrimitives.WriteUInt16LittleEndian(target, ushort.Parse(text, format)); break;
                case "SS": BinaryPrimitives.WriteInt16LittleEndian(target, short.Parse(text, format)); break;
                case "UL": BinaryPrimitives.WriteUInt32LittleEndian(target, uint.Parse(text, format)); break;
                case "SL": BinaryPrimitives.WriteInt32LittleEndian(target, int.Parse(text, format)); break;
                case "UV": BinaryPrimitives.WriteUInt64LittleEndian(target, ulong.Parse(text, format)); break;
                case "SV": BinaryPrimitives.WriteInt64LittleEndian(target, long.Parse(text, format)); break;
                case "FL": BinaryPrimitives.WriteSingleLittleEndian(target, (float)Real(text)); break;
                default: BinaryPrimitives.WriteDoubleLittleEndian(target, Real(text)); break;
            }
        }
        catch (Exception e) when (e is FormatException or OverflowException)
        {
            throw Wrong(place, $"a value is no {vr}: {e.Message}");
        }
    }

    private static uint Turn(uint tag) => tag << 16 | tag >> 16;

    private static double Real(string text) => text switch
    {
        "inf" or "Infinity" => double.PositiveInfinity,
        "-inf" or "-Infinity" => double.NegativeInfinity,
        "NaN" or "nan" => double.NaN,
        _ => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture),
    };

    private static DicomFormatException Wrong(string place, string why) => new($"DICOM JSON, {(place.Length > 0 ? place : "top")}: {why}");
}
