namespace HematomaPacsAgent.Dicom;

/// <summary>A tag's entry in the data dictionary.</summary>
/// <param name="VR">Its value representation; where the standard leaves a choice, the one used when nothing else decides.</param>
public sealed record DicomDictionaryEntry(DicomTag Tag, string Keyword, DicomVR VR);

/// <summary>PS3.6, generated; see generate.py.</summary>
public static partial class DicomDictionary
{
    private static readonly Lazy<Dictionary<string, DicomTag>> ByKeyword = new(IndexKeywords);

    /// <summary>The entry of a tag; of an unknown one an entry with VR UN, of a private creator one with LO.</summary>
    public static DicomDictionaryEntry Lookup(DicomTag tag)
    {
        if (tag.IsPrivateCreator) return new DicomDictionaryEntry(tag, "PrivateCreator", DicomVR.LO);
        if (tag.IsGroupLength) return new DicomDictionaryEntry(tag, "GroupLength", DicomVR.UL);
        int at = FindRepeating(tag);
        return at < 0 ? new DicomDictionaryEntry(tag, "Unknown", DicomVR.UN) : new DicomDictionaryEntry(tag, Entries[at].Keyword, VROf(Entries[at].VR));
    }

    /// <summary>The representation of a tag alone.</summary>
    internal static DicomVR VROf(DicomTag tag) =>
        tag.IsPrivateCreator ? DicomVR.LO : tag.IsGroupLength ? DicomVR.UL : FindRepeating(tag) is var at and >= 0 ? VROf(Entries[at].VR) : DicomVR.UN;

    /// <summary>Whether a tag's values are US or SS as Pixel Representation says.</summary>
    internal static bool FollowsPixelRepresentation(DicomTag tag) => Find(tag.Value) is var at and >= 0 && Entries[at].VR == "xs";

    private static DicomVR VROf(string vr) => vr switch
    {
        "ox" or "px" or "lt" => DicomVR.OW,
        "xs" => DicomVR.US,
        "up" => DicomVR.UL,
        _ => DicomVR.Find(vr) ?? DicomVR.UN,
    };

    // Overlays and curves repeat every second group (PS3.5 §7.6).
    private static int FindRepeating(DicomTag tag) => Find((tag.Group & 0xFF01) switch
    {
        0x5000 => tag with { Group = 0x5000 },
        0x6000 => tag with { Group = 0x6000 },
        _ => tag,
    } is var asked ? asked.Value : 0);

    /// <summary>The tag of a keyword; null when there is none such.</summary>
    public static DicomTag? Find(string keyword) => ByKeyword.Value.TryGetValue(keyword, out DicomTag tag) ? tag : null;

    private static Dictionary<string, DicomTag> IndexKeywords()
    {
        Dictionary<string, DicomTag> tags = [];
        foreach (var (tag, _, keyword) in Entries) tags.TryAdd(keyword, new DicomTag((ushort)(tag >> 16), (ushort)tag));
        return tags;
    }

    private static int Find(uint tag)
    {
        int low = 0, high = Entries.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (Entries[middle].Tag == tag) return middle;
            if (Entries[middle].Tag < tag) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }
}
