using System.Globalization;

namespace HematomaPacsAgent.Dicom;

/// <summary>The address of a data element: group and element number. Standard tags are static properties by keyword.</summary>
/// <remarks>PS3.5 §7.1.1; PS3.6.</remarks>
public readonly partial record struct DicomTag(ushort Group, ushort Element) : IComparable<DicomTag>
{
    internal uint Value => (uint)Group << 16 | Element;

    public bool IsPrivate => (Group & 1) == 1;

    /// <summary>Reserves a block of a private group (PS3.5 §7.8.1).</summary>
    public bool IsPrivateCreator => IsPrivate && Element is >= 0x10 and <= 0xFF;

    public bool IsGroupLength => Element == 0;

    public int CompareTo(DicomTag other) => Value.CompareTo(other.Value);

    public override string ToString() => $"({Group:X4},{Element:X4})";

    /// <summary>Reads <c>gggg,eeee</c> (with or without parentheses) or a dictionary keyword.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static DicomTag Parse(string text)
    {
        ReadOnlySpan<char> digits = text.AsSpan().Trim("()");
        if (digits.Length == 9 && digits[4] == ',' && ushort.TryParse(digits[..4], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort group)
            && ushort.TryParse(digits[5..], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ushort element))
            return new DicomTag(group, element);
        return DicomDictionary.Find(text) ?? throw new FormatException($"'{text}' is neither gggg,eeee nor a keyword of PS3.6");
    }

    public static bool operator <(DicomTag left, DicomTag right) => left.CompareTo(right) < 0;
    public static bool operator >(DicomTag left, DicomTag right) => left.CompareTo(right) > 0;
    public static bool operator <=(DicomTag left, DicomTag right) => left.CompareTo(right) <= 0;
    public static bool operator >=(DicomTag left, DicomTag right) => left.CompareTo(right) >= 0;
}
