using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HematomaPacsAgent.Dicom;

/// <summary>A data set: items in tag order. Values are kept as the bytes they came as and decoded when asked for.</summary>
/// <remarks>PS3.5 §7.</remarks>
public sealed class DicomDataset : IEnumerable<DicomItem>
{
    private readonly SortedDictionary<DicomTag, DicomItem> items = [];
    private DicomDataset? parent;

    public int Count => items.Count;

    /// <summary>The character set of text values: this data set's own, or the one of the data set that encloses it.</summary>
    /// <remarks>PS3.3 §C.12.1.1.2.</remarks>
    public CharacterSet CharacterSet => items.TryGetValue(DicomTag.SpecificCharacterSet, out DicomItem? item) && item is DicomElement element
        ? CharacterSet.Parse(System.Text.Encoding.ASCII.GetString(element.Bytes.Span))
        : parent?.CharacterSet ?? CharacterSet.Default;

    public bool Contains(DicomTag tag) => items.ContainsKey(tag);

    public bool TryGetItem(DicomTag tag, [NotNullWhen(true)] out DicomItem? item) => items.TryGetValue(tag, out item);

    /// <summary>Puts an item under its tag, in the place of one that is there.</summary>
    public DicomDataset AddOrUpdate(DicomItem item)
    {
        if (item is DicomSequence sequence)
            foreach (DicomDataset child in sequence.Items) child.parent = this;
        items[item.Tag] = item;
        return this;
    }

    /// <summary>Text values; numbers as text for DS and IS. An empty list writes an empty value.</summary>
    /// <exception cref="ArgumentException">A value does not fit the tag's representation; the message names tag and rule, never the value.</exception>
    public DicomDataset AddOrUpdate(DicomTag tag, params string[] values)
    {
        DicomVR vr = DicomDictionary.Lookup(tag).VR;
        if (vr == DicomVR.SQ && values.Length == 0) return AddOrUpdate(new DicomSequence(tag, []));
        if (!vr.IsText && values.Length > 0) throw new ArgumentException($"{tag} has VR {vr}, which is not text", nameof(tag));
        foreach (string value in values)
        {
            if (value.Length > vr.Longest) throw new ArgumentException($"a value of {tag} has {value.Length} characters; {vr} allows {vr.Longest}", nameof(values));
            if (vr.IsMultiValued && value.Contains('\\')) throw new ArgumentException($"a value of {tag} holds a backslash, which separates values in {vr}", nameof(values));
        }

        return AddOrUpdate(new DicomElement(tag, vr, (vr.UsesCharacterSet ? CharacterSet : CharacterSet.Default).Encode(string.Join('\\', values))));
    }

    public DicomDataset AddOrUpdate(DicomTag tag, DicomUID value) => AddOrUpdate(tag, value.Value);

    public DicomDataset AddOrUpdate(DicomTag tag, DicomTag value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), value.Element);
        return AddOrUpdate(new DicomElement(tag, DicomVR.AT, bytes));
    }

    public DicomDataset AddOrUpdate(DicomTag tag, params DicomDataset[] sequenceItems) => AddOrUpdate(new DicomSequence(tag, sequenceItems));

    public DicomDataset AddOrUpdate(DicomTag tag, params int[] values) => AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params uint[] values) => AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params short[] values) => AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params ushort[] values) => AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params double[] values) => AddNumbers(tag, null, values);

    /// <remarks>Written through its own shortest decimal form, so that 0.1f becomes 0.1 in a DS.</remarks>
    public DicomDataset AddOrUpdate(DicomTag tag, params float[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)));

    public DicomDataset AddOrUpdate(DicomVR vr, DicomTag tag, byte[] value) => AddOrUpdate(new DicomElement(tag, vr, value));
    public DicomDataset AddOrUpdate(DicomVR vr, DicomTag tag, params double[] values) => AddNumbers(tag, vr, values);

    public bool Remove(DicomTag tag) => items.Remove(tag);

    /// <summary>Takes over items as they are, byte for byte; tags that the source lacks are passed over.</summary>
    public DicomDataset CopyItemsFrom(DicomDataset source, params ReadOnlySpan<DicomTag> tags)
    {
        foreach (DicomTag tag in tags)
            if (source.items.TryGetValue(tag, out DicomItem? item)) items[tag] = item;
        return this;
    }

    /// <summary>The whole value as text, without padding; several values stay separated by backslashes.</summary>
    /// <exception cref="DicomValueException">The tag is not there or not text.</exception>
    public string GetString(DicomTag tag) =>
        TryGetString(tag, out string? text) ? text : throw new DicomValueException($"{tag} {DicomDictionary.Lookup(tag).Keyword} is missing");

    public string GetStringOrEmpty(DicomTag tag) => TryGetString(tag, out string? text) ? text : "";

    public bool TryGetString(DicomTag tag, [NotNullWhen(true)] out string? text)
    {
        text = items.TryGetValue(tag, out DicomItem? item) && item is DicomElement element ? Text(element) : null;
        return text is not null;
    }

    /// <summary>The values of a text element; none when the tag is missing or empty.</summary>
    public string[] GetStrings(DicomTag tag) => TryGetString(tag, out string? text) && text.Length > 0
        ? DicomDictionary.Lookup(tag).VR.IsMultiValued ? [.. text.Split('\\').Select(value => value.Trim(' ', '\0'))] : [text]
        : [];

    /// <summary>One number, from a binary element or from DS or IS.</summary>
    /// <exception cref="DicomValueException">The tag is missing, empty, or no number of this type.</exception>
    public T GetSingleValue<T>(DicomTag tag) where T : struct, IConvertible =>
        TryGetSingleValue(tag, out T value) ? value : throw new DicomValueException($"{tag} {DicomDictionary.Lookup(tag).Keyword} is missing or no number");

    public bool TryGetSingleValue<T>(DicomTag tag, out T value) where T : struct, IConvertible
    {
        value = default;
        double[] numbers = GetNumbers(tag);
        if (numbers.Length == 0 || !double.IsFinite(numbers[0])) return false;
        try
        {
            value = (T)Convert.ChangeType(numbers[0], typeof(T), CultureInfo.InvariantCulture);
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>All numbers of an element; none when it is missing, empty or no number.</summary>
    public double[] GetNumbers(DicomTag tag)
    {
        if (!items.TryGetValue(tag, out DicomItem? item) || item is not DicomElement element) return [];
        if (element.VR.IsText)
            return [.. Text(element).Split('\\', StringSplitOptions.RemoveEmptyEntries).Select(part =>
                double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)];
        return BinaryNumbers.Read(element);
    }

    /// <exception cref="DicomValueException">The tag is missing or no sequence.</exception>
    public DicomSequence GetSequence(DicomTag tag) =>
        TryGetSequence(tag, out DicomSequence? sequence) ? sequence : throw new DicomValueException($"{tag} is missing or no sequence");

    public bool TryGetSequence(DicomTag tag, [NotNullWhen(true)] out DicomSequence? sequence)
    {
        sequence = items.TryGetValue(tag, out DicomItem? item) ? item as DicomSequence : null;
        return sequence is not null;
    }

    public IEnumerator<DicomItem> GetEnumerator() => items.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string Text(DicomElement element) =>
        (element.VR.UsesCharacterSet ? CharacterSet : CharacterSet.Default).Decode(element.Bytes.Span, element.VR).Trim(' ', '\0');

    private DicomDataset AddNumbers(DicomTag tag, DicomVR? stated, double[] values)
    {
        DicomVR vr = stated ?? DicomDictionary.Lookup(tag).VR;
        if (vr == DicomVR.DS) return AddOrUpdate(tag, [.. values.Select(DicomDecimalString.Format)]);
        if (vr.IsText) return AddOrUpdate(tag, [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))]);
        return AddOrUpdate(new DicomElement(tag, vr, BinaryNumbers.Write(tag, vr, values)));
    }
}
