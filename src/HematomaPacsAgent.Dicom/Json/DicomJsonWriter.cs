using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace HematomaPacsAgent.Dicom.Json;

/// <summary>Writes a data set as DICOM JSON: an object with a member for each attribute. Text comes out as Unicode whatever it was stored
/// in.</summary>
/// <param name="json">Where to. Flushed after each large value, so that memory stays small.</param>
/// <param name="bulkDataUri">Asked for each binary value: where it can be had instead of standing in the text; null writes it in the text.
/// Encapsulated pixel data has no form in the text: without a URI it is left out but for its representation.</param>
/// <remarks>PS3.18 annex F.2</remarks>
internal sealed class DicomJsonWriter(Utf8JsonWriter json, Func<DicomItem, string?>? bulkDataUri)
{
    private const int Piece = 48 * 1024; // divisible by 3: no padding but at the end

    public void Write(DicomDataset dataset)
    {
        json.WriteStartObject();
        foreach (DicomItem item in dataset)
        {
            if (item.Tag.IsGroupLength) continue; // PS3.18 §F.2.2
            json.WriteStartObject($"{item.Tag.Group:X4}{item.Tag.Element:X4}");
            json.WriteString("vr"u8, item.VR.Code);
            Write(dataset, item);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private void Write(DicomDataset dataset, DicomItem item)
    {
        switch (item)
        {
            case DicomSequence { Items.Count: > 0 } sequence:
                json.WriteStartArray("Value"u8);
                foreach (DicomDataset child in sequence.Items) Write(child);
                json.WriteEndArray();
                break;
            case DicomFragmentSequence when bulkDataUri?.Invoke(item) is { } uri:
                json.WriteString("BulkDataURI"u8, uri);
                break;
            case DicomElement { Length: > 0 } element when IsBinary(element.VR):
                if (bulkDataUri?.Invoke(item) is { } place) json.WriteString("BulkDataURI"u8, place);
                else WriteBinary(element);
                break;
            case DicomElement element when element.Length > 0 || element.Tag == DicomTag.SpecificCharacterSet:
                WriteValues(dataset, element);
                break;
        }
    }

    private static bool IsBinary(DicomVR vr) => vr.Code is "OB" or "OD" or "OF" or "OL" or "OV" or "OW" or "UN";

    private void WriteBinary(DicomElement element)
    {
        json.WritePropertyName("InlineBinary"u8);
        byte[] piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            using Stream value = element.OpenRead();
            for (long left = element.Length; left > 0;)
            {
                int count = (int)Math.Min(left, Piece);
                if (value.ReadAtLeast(piece.AsSpan(0, count), count, throwOnEndOfStream: false) < count)
                    throw new DicomFormatException($"value of {element.Tag} ends early; the file was changed after it was opened");
                left -= count;
                json.WriteBase64StringSegment(piece.AsSpan(0, count), isFinalSegment: left == 0);
                if (element.Length > Piece) json.Flush();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private void WriteValues(DicomDataset dataset, DicomElement element)
    {
        if (!element.VR.IsText)
        {
            if (element.Length < element.VR.ValueSize) return; // a piece of a number is none
            json.WriteStartArray("Value"u8);
            ReadOnlySpan<byte> bytes = element.Bytes.Span;
            for (; bytes.Length >= element.VR.ValueSize; bytes = bytes[element.VR.ValueSize..]) WriteNumber(element.VR, bytes);
            json.WriteEndArray();
            return;
        }

        string[] values = element.Tag == DicomTag.SpecificCharacterSet ? [DicomJson.CharacterSet] : dataset.GetTexts(element);
        // A name of nothing but delimiters names nobody.
        if (element.VR == DicomVR.PN) values = Array.ConvertAll(values, name => name.AsSpan().ContainsAnyExcept('^', '=') ? name : "");
        if (values is [""]) return;
        json.WriteStartArray("Value"u8);
        foreach (string value in values)
        {
            if (value.Length == 0) json.WriteNullValue();
            else if (element.VR == DicomVR.PN) WriteName(value);
            else if ((element.VR == DicomVR.DS || element.VR == DicomVR.IS && IsWhole(value)) && Number(value) is { } number) json.WriteRawValue(number);
            else json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private void WriteNumber(DicomVR vr, ReadOnlySpan<byte> bytes)
    {
        switch (vr.Code)
        {
            case "AT": json.WriteStringValue($"{BinaryPrimitives.ReadUInt16LittleEndian(bytes):X4}{BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]):X4}"); break;
            case "US": json.WriteNumberValue(BinaryPrimitives.ReadUInt16LittleEndian(bytes)); break;
            case "SS": json.WriteNumberValue(BinaryPrimitives.ReadInt16LittleEndian(bytes)); break;
            case "UL": json.WriteNumberValue(BinaryPrimitives.ReadUInt32LittleEndian(bytes)); break;
            case "SL": json.WriteNumberValue(BinaryPrimitives.ReadInt32LittleEndian(bytes)); break;
            case "UV": json.WriteNumberValue(BinaryPrimitives.ReadUInt64LittleEndian(bytes)); break;
            case "SV": json.WriteNumberValue(BinaryPrimitives.ReadInt64LittleEndian(bytes)); break;
            case "FL" when BinaryPrimitives.ReadSingleLittleEndian(bytes) is var single
                && float.IsFinite(single): json.WriteNumberValue(single); break;
            case "FD" when BinaryPrimitives.ReadDoubleLittleEndian(bytes) is var number
                && double.IsFinite(number): json.WriteNumberValue(number); break;
            // JSON has no such numbers; PS3.18 §F.2.2 has them as strings.
            default:
                double odd = vr == DicomVR.FL ? BinaryPrimitives.ReadSingleLittleEndian(bytes)
                    : BinaryPrimitives.ReadDoubleLittleEndian(bytes);
                json.WriteStringValue(double.IsNaN(odd) ? "NaN" : odd > 0 ? "inf" : "-inf");
                break;
        }
    }

    private void WriteName(string value)
    {
        string[] groups = value.Split('=');
        json.WriteStartObject();
        for (int i = 0; i < Math.Min(groups.Length, DicomJson.NameGroups.Length); i++)
            if (groups[i].AsSpan().ContainsAnyExcept('^')) json.WriteString(DicomJson.NameGroups[i], groups[i]);
        json.WriteEndObject();
    }

    private static bool IsWhole(string text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    /// <summary>The digits of a DS or IS as JSON wants them, none lost; null when they are no number.</summary>
    private static string? Number(string text)
    {
        if (!double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value)) return null;
        int exponent = text.AsSpan().IndexOfAny('e', 'E');
        ReadOnlySpan<char> mantissa = exponent < 0 ? text : text.AsSpan(0, exponent);
        StringBuilder digits = new(text.Length + 2);
        if (mantissa[0] == '-') digits.Append('-');
        mantissa = mantissa.TrimStart("+-");
        int point = mantissa.IndexOf('.');
        ReadOnlySpan<char> whole = (point < 0 ? mantissa : mantissa[..point]).TrimStart('0'), fraction = point < 0
            ? "" : mantissa[(point + 1)..];
        digits.Append(whole.IsEmpty ? "0" : whole);
        if (!fraction.IsEmpty) digits.Append('.').Append(fraction);
        return exponent < 0 ? digits.ToString() : digits.Append(text.AsSpan(exponent)).ToString();
    }
}
