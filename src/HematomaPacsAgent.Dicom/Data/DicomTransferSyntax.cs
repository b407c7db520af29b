namespace HematomaPacsAgent.Dicom;

/// <summary>How a data set is written as bytes.</summary>
/// <remarks>PS3.5 §10; annex A.</remarks>
public sealed record DicomTransferSyntax(DicomUID Uid, bool IsExplicitVR = true, bool IsBigEndian = false, bool IsDeflated = false,
    bool IsEncapsulated = false)
{
    public static DicomTransferSyntax ImplicitVRLittleEndian { get; } = new(new DicomUID("1.2.840.10008.1.2"), IsExplicitVR: false);
    public static DicomTransferSyntax ExplicitVRLittleEndian { get; } = new(new DicomUID("1.2.840.10008.1.2.1"));
    public static DicomTransferSyntax DeflatedExplicitVRLittleEndian { get; } = new(new DicomUID("1.2.840.10008.1.2.1.99"),
        IsDeflated: true);
    public static DicomTransferSyntax ExplicitVRBigEndian { get; } = new(new DicomUID("1.2.840.10008.1.2.2"), IsBigEndian: true);

    /// <summary>Every syntax of PS3.6, retired ones too: for a receiver that only stores.</summary>
    public static IReadOnlyList<DicomTransferSyntax> All { get; } = [.. DicomUID.TransferSyntaxes.Select(uid => Lookup(new DicomUID(uid)))];

    public string Name => Uid.Name;

    /// <summary>The syntax of a UID. Any other than the four native ones is taken as encapsulated explicit VR little endian, as PS3.5 §10
    /// demands of all since.</summary>
    public static DicomTransferSyntax Lookup(DicomUID uid) => uid.Value switch
    {
        "1.2.840.10008.1.2" => ImplicitVRLittleEndian,
        "1.2.840.10008.1.2.1" => ExplicitVRLittleEndian,
        "1.2.840.10008.1.2.1.99" => DeflatedExplicitVRLittleEndian,
        "1.2.840.10008.1.2.2" => ExplicitVRBigEndian,
        _ => new DicomTransferSyntax(uid, IsEncapsulated: true),
    };
}
