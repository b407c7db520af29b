namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Which decoder takes which transfer syntax, and so what can be received for analysis.</summary>
/// <remarks>PS3.5 §10, annex A</remarks>
public static class PixelDecoders
{
    private static readonly DicomTransferSyntax[] Native =
    [
        DicomTransferSyntax.ExplicitVRLittleEndian, DicomTransferSyntax.ImplicitVRLittleEndian,
        DicomTransferSyntax.DeflatedExplicitVRLittleEndian, DicomTransferSyntax.ExplicitVRBigEndian,
    ];

    private static readonly (string Uid, IPixelDecoder Decoder)[] Managed =
    [
        ("1.2.840.10008.1.2.4.70", JpegLosslessDecoder.Instance), ("1.2.840.10008.1.2.4.57", JpegLosslessDecoder.Instance),
        ("1.2.840.10008.1.2.4.80", JpegLsDecoder.Instance), ("1.2.840.10008.1.2.5", RleDecoder.Instance),
        ("1.2.840.10008.1.2.4.51", JpegDctDecoder.Instance), ("1.2.840.10008.1.2.4.50", JpegDctDecoder.Instance),
        ("1.2.840.10008.1.2.4.81", JpegLsDecoder.Instance),
    ];

    private static readonly string[] Jpeg2000Uids =
    [
        "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.203",
    ];

    /// <summary>Lossy by nature or by choice: what went through one of these may have lost detail.</summary>
    private static readonly string[] Lossy = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81"];

    private static readonly string[] PerhapsLossy = ["1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203"];

    /// <summary>JPEG 2000 and High-Throughput JPEG 2000; null where they cannot be decoded, which is so until the program sets
    /// it.</summary>
    public static Jpeg2000Decoder? Jpeg2000 { get; set; }

    /// <summary>Every syntax whose pixels can be read here: native ones first, then lossless, then the others.</summary>
    public static IReadOnlyList<DicomTransferSyntax> Readable => List(Jpeg2000 is not null);

    /// <summary>What is readable where libopenjp2 is here, and where it is not.</summary>
    internal static IReadOnlyList<DicomTransferSyntax> List(bool withJpeg2000) =>
    [
        .. Native[..2],
        .. Managed.Select(entry => entry.Uid).Concat(withJpeg2000 ? Jpeg2000Uids : []).OrderBy(uid => Lossy.Contains(uid))
            .Select(uid => DicomTransferSyntax.Lookup(new DicomUID(uid))),
        .. Native[2..],
    ];

    /// <summary>The decoder of a compressed syntax; null when none is here.</summary>
    public static IPixelDecoder? Find(DicomTransferSyntax syntax) =>
        Managed.FirstOrDefault(entry => entry.Uid == syntax.Uid.Value).Decoder
            ?? (Jpeg2000Uids.Contains(syntax.Uid.Value) ? Jpeg2000 : null);

    /// <summary>Whether the pixels have lost detail for certain, whatever the data set says of it.</summary>
    public static bool IsLossy(DicomTransferSyntax syntax) => Lossy.Contains(syntax.Uid.Value);

    /// <summary>Whether only the data set can tell if the pixels have lost detail (LossyImageCompression).</summary>
    public static bool MayBeLossy(DicomTransferSyntax syntax) => PerhapsLossy.Contains(syntax.Uid.Value);
}
