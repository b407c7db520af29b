using System.Collections.Frozen;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>The encodings that Specific Character Set (0008,0005) names: one to begin with, and those that ISO 2022 escape sequences switch
/// to.</summary>
/// <remarks>PS3.3 §C.12.1.1.2; PS3.5 §6.1.2 and annexes H to K.</remarks>
public sealed class CharacterSet
{
    private const byte Escape = 0x1B;

    static CharacterSet() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    // Defined terms to code pages; the multi-byte sets come in by escape sequence.
    private static readonly FrozenDictionary<string, int> CodePages = new Dictionary<string, int>
    {
        ["6"] = 20127, ["100"] = 28591, ["101"] = 28592, ["109"] = 28593, ["110"] = 28594, ["144"] = 28595, ["127"] = 28596,
        ["126"] = 28597, ["138"] = 28598, ["148"] = 28599, ["203"] = 28605, ["166"] = 874, ["13"] = 932, ["192"] = 65001,
        ["87"] = 20932, ["159"] = 20932, ["149"] = 949, ["58"] = 936,
    }.ToFrozenDictionary();

    // What follows ESC, and the set it selects (PS3.3 table C.12-3, C.12-4).
    private static readonly (string Sequence, string Set)[] Escapes =
    [
        ("(B", "6"), ("-A", "100"), ("-B", "101"), ("-C", "109"), ("-D", "110"), ("-L", "144"), ("-G", "127"), ("-F", "126"),
        ("-H", "138"), ("-M", "148"), ("-b", "203"), ("-T", "166"), (")I", "13"), ("(J", "13"), ("$B", "87"), ("$(D", "159"), ("$)C", "149"), ("$)A", "58"),
    ];

    private readonly Encoding first, writer;
    private readonly bool extended;

    /// <param name="codePage">Of the first set; null for seven bits, whose upper half is read as Latin-1 but never written.</param>
    /// <param name="extended">Whether escape sequences switch to others.</param>
    private CharacterSet(int? codePage, bool extended)
    {
        first = codePage is { } page ? Encoding.GetEncoding(page) : Encoding.Latin1;
        writer = Encoding.GetEncoding(codePage ?? 20127, EncoderFallback.ExceptionFallback, DecoderFallback.ReplacementFallback);
        this.extended = extended;
    }

    /// <summary>The defined terms read, as (0008,0005) may hold them.</summary>
    public static IEnumerable<string> DefinedTerms =>
        CodePages.Keys.OrderBy(int.Parse).SelectMany(set => (string[])(set is "87" or "159" or "149" or "58" ? [$"ISO 2022 IR {set}"]
            : set == "192" ? [$"ISO_IR {set}"] : [$"ISO_IR {set}", $"ISO 2022 IR {set}"])).Concat(["GB18030", "GBK"]);

    /// <summary>ISO IR 6: seven bits. Bytes above are read as Latin-1, so that nothing is lost.</summary>
    public static CharacterSet Default { get; } = new(null, false);

    /// <summary>Reads the value of (0008,0005). An unknown term is read as the default repertoire.</summary>
    public static CharacterSet Parse(string value)
    {
        string[] terms = value.Split('\\');
        string term = terms[0].Trim(' ', '\0');
        bool extensions = terms.Length > 1 || term.StartsWith("ISO 2022", StringComparison.Ordinal);
        int? codePage = term switch
        {
            "GB18030" => 54936,
            "GBK" => 936,
            // What is only ever reached by escape sequences cannot come first.
            _ when term.LastIndexOf(' ') is var blank and >= 0 && CodePages.TryGetValue(term[(blank + 1)..], out int page)
                && page is not (20127 or 20932 or 949) => page,
            _ => null,
        };
        return new CharacterSet(codePage, extensions);
    }

    /// <exception cref="ArgumentException">A character is not in the set; the message does not repeat it, since it may be part of a
    /// name.</exception>
    public byte[] Encode(string text)
    {
        try
        {
            return writer.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("the text has a character that the data set's character set lacks; set SpecificCharacterSet to ISO_IR 192 first", e);
        }
    }

    public string Decode(ReadOnlySpan<byte> bytes, DicomVR vr)
    {
        if (!extended || !bytes.Contains(Escape)) return first.GetString(bytes);
        StringBuilder text = new();
        string set = "";
        int start = 0;
        for (int i = 0; i <= bytes.Length; i++)
        {
            bool end = i == bytes.Length;
            // The sets in force return to the first at each delimiter (PS3.5 §6.1.2.5.3).
            bool resets = !end && (bytes[i] is (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\t'
                || vr.IsMultiValued && bytes[i] == '\\' || vr == DicomVR.PN && bytes[i] is (byte)'^' or (byte)'=' && vr == DicomVR.PN);
            // A byte of a two-byte character may look like a delimiter.
            if (resets && set is "87" or "159" && (i - start) % 2 == 1) resets = false;
            if (!end && bytes[i] != Escape && !resets) continue;
            text.Append(Part(bytes[start..i], set));
            start = i;
            if (end) break;
            if (resets) set = "";
            else if (Follows(bytes[(i + 1)..]) is { } escape)
            {
                set = escape.Set;
                start = i + 1 + escape.Sequence.Length;
                i = start - 1;
            }
        }

        return text.ToString();
    }

    private static (string Sequence, string Set)? Follows(ReadOnlySpan<byte> bytes)
    {
        foreach (var escape in Escapes)
            if (bytes.Length >= escape.Sequence.Length
                && bytes[..escape.Sequence.Length].SequenceEqual(Encoding.ASCII.GetBytes(escape.Sequence))) return escape;
        return null;
    }

    private string Part(ReadOnlySpan<byte> bytes, string set)
    {
        if (bytes.IsEmpty) return "";
        byte[] copy = bytes.ToArray();
        switch (set)
        {
            case "":
                return first.GetString(bytes);
            case "87": // G0: the seven-bit codes of JIS X 0208 are EUC without the high bits.
                for (int i = 0; i < copy.Length; i++) copy[i] |= 0x80;
                break;
            case "159": // Code page 20932 tells JIS X 0212 from JIS X 0208 by a second byte without its high bit; 51932 mangles it.
                for (int i = 0; i < copy.Length; i += 2) copy[i] |= 0x80;
                break;
        }

        return Encoding.GetEncoding(CodePages[set]).GetString(copy);
    }
}
