using System.Collections.Frozen;

namespace HematomaPacsAgent.Dicom;

/// <summary>A value representation: how a data element's bytes are to be read.</summary>
/// <remarks>PS3.5 §6.2.</remarks>
public sealed class DicomVR
{
    private static readonly Dictionary<string, DicomVR> All = [];

    private DicomVR(string code, int valueSize = 1, int longest = int.MaxValue, bool text = false, bool charset = false,
        bool multiple = true, bool wide = false)
    {
        (Code, ValueSize, Longest, IsText, UsesCharacterSet, IsMultiValued, HasLongLength) = (code, valueSize, longest, text, charset,
            multiple, wide);
        All[code] = this;
    }

    public string Code { get; }

    /// <summary>Bytes of one binary value; 1 for text and byte strings.</summary>
    public int ValueSize { get; }

    /// <summary>Bytes that big endian turns round together.</summary>
    internal int WordSize => Code == "AT" ? 2 : ValueSize;

    /// <summary>Most characters of one text value.</summary>
    public int Longest { get; }

    public bool IsText { get; }

    /// <summary>Whether Specific Character Set (0008,0005) applies.</summary>
    public bool UsesCharacterSet { get; }

    /// <summary>Whether a backslash separates values; in LT, ST, UT and UR it is a character like any other.</summary>
    public bool IsMultiValued { get; }

    /// <summary>Whether a blank before a value is part of it (PS3.5 table 6.2-1).</summary>
    internal bool KeepsLeadingBlanks => !IsMultiValued || Code == "UC";

    /// <summary>Whether explicit VR writes two reserved bytes and a 32-bit length (PS3.5 §7.1.2).</summary>
    public bool HasLongLength { get; }

    /// <summary>Fills a value to even length: a space for text, zero for UIDs and bytes.</summary>
    public byte Padding => IsText && Code != "UI" ? (byte)' ' : (byte)0;

    public static DicomVR AE { get; } = new("AE", longest: 16, text: true);
    public static DicomVR AS { get; } = new("AS", longest: 4, text: true);
    public static DicomVR AT { get; } = new("AT", valueSize: 4);
    public static DicomVR CS { get; } = new("CS", longest: 16, text: true);
    public static DicomVR DA { get; } = new("DA", longest: 18, text: true);
    public static DicomVR DS { get; } = new("DS", longest: 16, text: true);
    public static DicomVR DT { get; } = new("DT", longest: 54, text: true);
    public static DicomVR FD { get; } = new("FD", valueSize: 8);
    public static DicomVR FL { get; } = new("FL", valueSize: 4);
    public static DicomVR IS { get; } = new("IS", longest: 12, text: true);
    public static DicomVR LO { get; } = new("LO", longest: 64, text: true, charset: true);
    public static DicomVR LT { get; } = new("LT", longest: 10240, text: true, charset: true, multiple: false);
    public static DicomVR OB { get; } = new("OB", wide: true);
    public static DicomVR OD { get; } = new("OD", valueSize: 8, wide: true);
    public static DicomVR OF { get; } = new("OF", valueSize: 4, wide: true);
    public static DicomVR OL { get; } = new("OL", valueSize: 4, wide: true);
    public static DicomVR OV { get; } = new("OV", valueSize: 8, wide: true);
    public static DicomVR OW { get; } = new("OW", valueSize: 2, wide: true);
    public static DicomVR PN { get; } = new("PN", longest: 194, text: true, charset: true);
    public static DicomVR SH { get; } = new("SH", longest: 16, text: true, charset: true);
    public static DicomVR SL { get; } = new("SL", valueSize: 4);
    public static DicomVR SQ { get; } = new("SQ", wide: true);
    public static DicomVR SS { get; } = new("SS", valueSize: 2);
    public static DicomVR ST { get; } = new("ST", longest: 1024, text: true, charset: true, multiple: false);
    public static DicomVR SV { get; } = new("SV", valueSize: 8, wide: true);
    public static DicomVR TM { get; } = new("TM", longest: 28, text: true);
    public static DicomVR UC { get; } = new("UC", text: true, charset: true, wide: true);
    public static DicomVR UI { get; } = new("UI", longest: 64, text: true);
    public static DicomVR UL { get; } = new("UL", valueSize: 4);
    public static DicomVR UN { get; } = new("UN", wide: true);
    public static DicomVR UR { get; } = new("UR", text: true, multiple: false, wide: true);
    public static DicomVR US { get; } = new("US", valueSize: 2);
    public static DicomVR UT { get; } = new("UT", text: true, charset: true, multiple: false, wide: true);
    public static DicomVR UV { get; } = new("UV", valueSize: 8, wide: true);

    private static readonly FrozenDictionary<string, DicomVR> Lookup = All.ToFrozenDictionary();

    /// <summary>The representation of a two-letter code; null when the standard has none such.</summary>
    public static DicomVR? Find(string code) => Lookup.GetValueOrDefault(code);

    public override string ToString() => Code;
}
