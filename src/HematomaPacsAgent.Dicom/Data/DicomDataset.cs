using System.Buffers.Binary;
using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace HematomaPacsAgent.Dicom;

/// <summary>A data set: items in tag order. Values are kept as the bytes they came as and decoded when asked for.</summary>
/// <remarks>PS3.5 §7.</remarks>
public sealed class DicomDataset : IEnumerable<DicomItem>
{
    // What a file made to take memory may have of it: real texts stay far below.
    private const int LongestText = 16 << 20, LongestValues = 1 << 20, LongestTerms = 1024;

    // In tag order. Objects are read and written in that order, so a list beats a tree in time and memory.
    private readonly List<DicomItem> items = [];

    public DicomDataset() { }

    /// <summary>Items as read; out of order they are sorted, and of several under one tag the last counts.</summary>
    internal DicomDataset(List<DicomItem> read)
    {
        items = read;
        for (int i = 1; i < read.Count; i++)
        {
            if (read[i - 1].Tag < read[i].Tag) continue;
            items = [.. read.GroupBy(item => item.Tag).OrderBy(group => group.Key).Select(group => group.Last())];
            break;
        }

        foreach (DicomItem item in items) Adopt(item);
    }

    /// <summary>The data set whose sequence this one is an item of; null at the top.</summary>
    internal DicomDataset? Parent { get; private set; }

    public int Count => items.Count;

    /// <summary>The character set of text values: this data set's own, or the one of the data set that encloses it.</summary>
    /// <remarks>PS3.3 §C.12.1.1.2.</remarks>
    public CharacterSet CharacterSet =>
        TryGetItem(DicomTag.SpecificCharacterSet, out DicomItem? item) && item is DicomElement { Length: <= LongestTerms } element
        ? CharacterSet.Parse(System.Text.Encoding.ASCII.GetString(element.Bytes.Span))
        : Parent?.CharacterSet ?? CharacterSet.Default;

    public bool Contains(DicomTag tag) => Find(tag) >= 0;

    public bool TryGetItem(DicomTag tag, [NotNullWhen(true)] out DicomItem? item)
    {
        int at = Find(tag);
        item = at < 0 ? null : items[at];
        return item is not null;
    }

    /// <summary>Puts an item under its tag, in the place of one that is there.</summary>
    public DicomDataset AddOrUpdate(DicomItem item)
    {
        Adopt(item);
        return Put(item);
    }

    /// <summary>Text values; numbers as text for DS and IS. An empty list writes an empty value.</summary>
    /// <exception cref="ArgumentException">A value does not fit the tag's representation; the message names tag and rule, never the
    /// value.</exception>
    public DicomDataset AddOrUpdate(DicomTag tag, params string[] values)
    {
        DicomVR vr = DicomDictionary.Lookup(tag).VR;
        if (vr == DicomVR.SQ && values.Length == 0) return AddOrUpdate(new DicomSequence(tag, []));
        if (!vr.IsText && values.Length > 0) throw new ArgumentException($"{tag} has VR {vr}, which is not text", nameof(tag));
        foreach (string value in values)
        {
            if (value.Length > vr.Longest)
                throw new ArgumentException($"a value of {tag} has {value.Length} characters; {vr} allows {vr.Longest}", nameof(values));
            if (vr.IsMultiValued && value.Contains('\\'))
                throw new ArgumentException($"a value of {tag} holds a backslash, which separates values in {vr}", nameof(values));
        }

        CharacterSet charset = vr.UsesCharacterSet ? CharacterSet : CharacterSet.Default;
        return AddOrUpdate(new DicomElement(tag, vr, charset.Encode(string.Join('\\', values))));
    }

    public DicomDataset AddOrUpdate(DicomTag tag, DicomUID value) => AddOrUpdate(tag, value.Value);

    public DicomDataset AddOrUpdate(DicomTag tag, DicomTag value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), value.Element);
        return AddOrUpdate(new DicomElement(tag, DicomVR.AT, bytes));
    }

    public DicomDataset AddOrUpdate(DicomTag tag, params DicomDataset[] sequenceItems) =>
        AddOrUpdate(new DicomSequence(tag, sequenceItems));

    public DicomDataset AddOrUpdate(DicomTag tag, params int[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params uint[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params short[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params ushort[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => (double)value));
    public DicomDataset AddOrUpdate(DicomTag tag, params double[] values) => AddNumbers(tag, null, values);

    /// <remarks>Written through its own shortest decimal form, so that 0.1f becomes 0.1 in a DS.</remarks>
    public DicomDataset AddOrUpdate(DicomTag tag, params float[] values) =>
        AddNumbers(tag, null, Array.ConvertAll(values, value => double.Parse(value.ToString("R", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture)));

    public DicomDataset AddOrUpdate(DicomVR vr, DicomTag tag, byte[] value) => AddOrUpdate(new DicomElement(tag, vr, value));
    public DicomDataset AddOrUpdate(DicomVR vr, DicomTag tag, params double[] values) => AddNumbers(tag, vr, values);

    /// <summary>The full tag of a private element: in the block that <paramref name="creator"/> has reserved, or else in the first free
    /// one, which is
    /// reserved for it.</summary>
    /// <param name="group">Odd.</param>
    /// <param name="creator">At most 64 characters.</param>
    /// <param name="element">Within the block.</param>
    /// <exception cref="ArgumentException">The group is not a private one, or all its blocks are taken.</exception>
    /// <remarks>PS3.5 §7.8.1</remarks>
    public DicomTag PrivateTag(ushort group, string creator, byte element)
    {
        if (group % 2 == 0 || group < 9 || group == 0xFFFF)
            throw new ArgumentException($"group {group:X4} is no private group", nameof(group));
        for (ushort block = 0x10; block <= 0xFF; block++)
        {
            DicomTag reservation = new(group, block);
            if (!Contains(reservation)) AddOrUpdate(reservation, creator);
            else if (GetStringOrEmpty(reservation) != creator) continue;
            return new DicomTag(group, (ushort)(block << 8 | element));
        }

        throw new ArgumentException($"all blocks of private group {group:X4} are taken", nameof(group));
    }

    public bool Remove(DicomTag tag)
    {
        int at = Find(tag);
        if (at >= 0) items.RemoveAt(at);
        return at >= 0;
    }

    /// <summary>Takes over items as they are, byte for byte; tags that the source lacks are passed over.</summary>
    public DicomDataset CopyItemsFrom(DicomDataset source, params ReadOnlySpan<DicomTag> tags)
    {
        foreach (DicomTag tag in tags)
            if (source.TryGetItem(tag, out DicomItem? item)) Put(item);
        return this;
    }

    /// <summary>The whole value as text, without padding; several values stay separated by backslashes.</summary>
    /// <exception cref="DicomValueException">The tag is not there or not text.</exception>
    public string GetString(DicomTag tag) =>
        TryGetString(tag, out string? text) ? text
            : throw new DicomValueException($"{tag} {DicomDictionary.Lookup(tag).Keyword} is missing");

    public string GetStringOrEmpty(DicomTag tag) => TryGetString(tag, out string? text) ? text : "";

    public bool TryGetString(DicomTag tag, [NotNullWhen(true)] out string? text)
    {
        text = TryGetItem(tag, out DicomItem? item) && item is DicomElement element ? Text(element) : null;
        return text is not null;
    }

    /// <summary>The values of a text element; none when the tag is missing or empty.</summary>
    public string[] GetStrings(DicomTag tag) =>
        TryGetItem(tag, out DicomItem? item) && item is DicomElement element && GetTexts(element) is var texts and not [""] ? texts : [];

    /// <summary>The text values of an element of this data set, an empty one at least, without padding.</summary>
    internal string[] GetTexts(DicomElement element)
    {
        string text = Text(element);
        if (!element.VR.IsMultiValued) return [text];
        return [.. text.Split('\\').Select(value => element.VR.KeepsLeadingBlanks ? value.TrimEnd(' ', '\0') : value.Trim(' ', '\0'))];
    }

    /// <summary>One number, from a binary element or from DS or IS.</summary>
    /// <exception cref="DicomValueException">The tag is missing, empty, or no number of this type.</exception>
    public T GetSingleValue<T>(DicomTag tag) where T : struct, IConvertible =>
        TryGetSingleValue(tag, out T value) ? value
            : throw new DicomValueException($"{tag} {DicomDictionary.Lookup(tag).Keyword} is missing or no number");

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
        if (!TryGetItem(tag, out DicomItem? item) || item is not DicomElement element) return [];
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
        sequence = TryGetItem(tag, out DicomItem? item) ? item as DicomSequence : null;
        return sequence is not null;
    }

    public IEnumerator<DicomItem> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private int Find(DicomTag tag)
    {
        int low = 0, high = items.Count - 1;
        // Most questions while building come in tag order.
        if (high >= 0 && items[high].Tag < tag) return ~items.Count;
        while (low <= high)
        {
            int middle = (low + high) / 2, order = items[middle].Tag.CompareTo(tag);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return ~low;
    }

    private DicomDataset Put(DicomItem item)
    {
        int at = Find(item.Tag);
        if (at >= 0) items[at] = item;
        else items.Insert(~at, item);
        return this;
    }

    private void Adopt(DicomItem item)
    {
        if (item is not DicomSequence sequence) return;
        foreach (DicomDataset child in sequence.Items) child.Parent = this;
    }

    private string Text(DicomElement element)
    {
        int longest = element.VR.IsMultiValued ? LongestValues : LongestText;
        if (element.Length > longest) throw new DicomFormatException($"{element.Tag} holds {element.Length} bytes of text; {longest} are read");
        string text = (element.VR.UsesCharacterSet ? CharacterSet : CharacterSet.Default).Decode(element.Bytes.Span, element.VR);
        return element.VR.KeepsLeadingBlanks ? text.TrimEnd(' ', '\0') : text.Trim(' ', '\0');
    }

    private DicomDataset AddNumbers(DicomTag tag, DicomVR? stated, double[] values)
    {
        DicomVR vr = stated ?? DicomDictionary.Lookup(tag).VR;
        if (vr == DicomVR.DS) return AddOrUpdate(tag, [.. values.Select(DicomDecimalString.Format)]);
        if (vr.IsText) return AddOrUpdate(tag, [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))]);
        return AddOrUpdate(new DicomElement(tag, vr, BinaryNumbers.Write(tag, vr, values)));
    }
}
