using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>A DICOM file: file meta information and a data set.</summary>
/// <remarks>PS3.10 §7.</remarks>
public sealed class DicomFile
{
    private const int Preamble = 128, ItemHeader = 8;

    private readonly string? path;

    /// <summary>A file to be written.</summary>
    /// <exception cref="ArgumentException">The data set lacks SOP class or instance UID.</exception>
    public DicomFile(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        if (!dataset.Contains(DicomTag.SOPClassUID) || !dataset.Contains(DicomTag.SOPInstanceUID))
            throw new ArgumentException("a DICOM file needs SOPClassUID and SOPInstanceUID", nameof(dataset));
        (Dataset, TransferSyntax) = (dataset, syntax);
        FileMetaInformation = MetaInformation(new DicomUID(dataset.GetString(DicomTag.SOPClassUID)),
            new DicomUID(dataset.GetString(DicomTag.SOPInstanceUID)), syntax);
    }

    private DicomFile(DicomDataset meta, DicomDataset dataset, DicomTransferSyntax syntax, string path) =>
        (FileMetaInformation, Dataset, TransferSyntax, this.path) = (meta, dataset, syntax, path);

    /// <summary>Group 0002; empty for a file without it.</summary>
    public DicomDataset FileMetaInformation { get; }

    public DicomDataset Dataset { get; }
    public DicomTransferSyntax TransferSyntax { get; }

    /// <summary>Group 0002 as this implementation writes it.</summary>
    public static DicomDataset MetaInformation(DicomUID sopClass, DicomUID sopInstance, DicomTransferSyntax syntax) => new DicomDataset()
        .AddOrUpdate(DicomVR.OB, DicomTag.FileMetaInformationVersion, [0, 1])
        .AddOrUpdate(DicomTag.MediaStorageSOPClassUID, sopClass)
        .AddOrUpdate(DicomTag.MediaStorageSOPInstanceUID, sopInstance)
        .AddOrUpdate(DicomTag.TransferSyntaxUID, syntax.Uid)
        .AddOrUpdate(DicomTag.ImplementationClassUID, DicomImplementation.ClassUid)
        .AddOrUpdate(DicomTag.ImplementationVersionName, DicomImplementation.VersionName);

    /// <summary>Preamble, "DICM" and a group 0002 with its length.</summary>
    public static byte[] HeaderBytes(DicomDataset meta)
    {
        using MemoryStream header = new();
        header.Write(new byte[Preamble]);
        header.Write("DICM"u8);
        header.Write([0x02, 0x00, 0x00, 0x00, (byte)'U', (byte)'L', 4, 0]); // (0002,0000), its value known once the group is written
        long length = header.Position;
        header.Write(new byte[4]);
        new DicomWriter(header, DicomTransferSyntax.ExplicitVRLittleEndian).Write(meta);
        BinaryPrimitives.WriteUInt32LittleEndian(header.GetBuffer().AsSpan((int)length), (uint)(header.Length - length - 4));
        return header.ToArray();
    }

    /// <summary>Reads a file. Values above 64 KiB stay in it until asked for. Files without preamble, or without meta information, are read
    /// by their looks.</summary>
    /// <exception cref="DicomFormatException">It is not DICOM, is cut off, or is in a syntax not read here; the message names file, place
    /// and cause.</exception>
    public static DicomFile Open(string path, DicomReadLimits? limits = null)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 16 * 1024);
        string name = Path.GetFileName(path);
        SkipPreamble(stream);
        long start = stream.Position;
        DicomReader reader = new(stream, name, path, limits);
        DicomDataset meta = StartsWithGroup2(stream)
            ? reader.ReadDataset(DicomTransferSyntax.ExplicitVRLittleEndian, stopAt: tag => tag.Group != 2) : new DicomDataset();
        DicomTransferSyntax syntax = meta.TryGetString(DicomTag.TransferSyntaxUID, out string? uid)
            ? DicomTransferSyntax.Lookup(new DicomUID(uid)) : Guess(stream, name);
        DicomDataset dataset = reader.ReadDataset(syntax);
        return dataset.Count == 0 && stream.Length > start && meta.Count == 0
            ? throw new DicomFormatException($"{name}: no DICOM data set")
            : new DicomFile(meta, dataset, syntax, path);
    }

    /// <summary>Where a binary value lies: <c>file:///…?offset=O&amp;length=L</c>, of encapsulated pixel data with its item headers. Null
    /// when the file
    /// was never read, or is deflated.</summary>
    public string? BulkDataUri(DicomItem item)
    {
        if (path is null || TransferSyntax.IsDeflated) return null;
        (long offset, long end) = item switch
        {
            DicomFragmentSequence { Fragments: [var first, .., var last] } => (first.Offset - ItemHeader, last.Offset + last.Length),
            DicomFragmentSequence { Fragments: [var only] } => (only.Offset - ItemHeader, only.Offset + only.Length),
            DicomElement element => (element.Offset, element.Offset + element.Length),
            _ => (0, 0),
        };
        return offset <= 0 ? null : $"{new Uri(Path.GetFullPath(path))}?offset={offset}&length={end - offset}";
    }

    /// <summary>Writes the file anew; large values stream from where they are.</summary>
    public void Save(string path)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 64 * 1024);
        Save(stream);
        stream.Flush(flushToDisk: true);
    }

    public void Save(Stream stream)
    {
        stream.Write(HeaderBytes(FileMetaInformation));
        new DicomWriter(stream, TransferSyntax).Write(Dataset);
    }

    private static void SkipPreamble(FileStream stream)
    {
        Span<byte> start = stackalloc byte[Preamble + 4];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = read == start.Length && start[Preamble..].SequenceEqual("DICM"u8) ? start.Length : 0;
    }

    private static bool StartsWithGroup2(FileStream stream)
    {
        Span<byte> group = stackalloc byte[2];
        long at = stream.Position;
        int read = stream.ReadAtLeast(group, 2, throwOnEndOfStream: false);
        stream.Position = at;
        return read == 2 && group[0] == 2 && group[1] == 0;
    }

    /// <summary>Without a stated syntax: group 0008 or so comes first, which tells the byte order; explicit VR when two capital letters
    /// stand where
    /// they would, else implicit.</summary>
    private static DicomTransferSyntax Guess(FileStream stream, string name)
    {
        Span<byte> first = stackalloc byte[8];
        long at = stream.Position;
        int read = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
        stream.Position = at;
        bool isBigEndian = first[0] == 0 && first[1] != 0;
        if (read < first.Length || (isBigEndian ? first[1] : first[0]) is 0 or > 0x20 || !isBigEndian && first[1] != 0)
            throw new DicomFormatException($"{name}: not a DICOM file (no 'DICM' at byte 128, and no data set at its start)");
        if (DicomVR.Find(Encoding.ASCII.GetString(first[4..6])) is not null)
            return isBigEndian ? DicomTransferSyntax.ExplicitVRBigEndian : DicomTransferSyntax.ExplicitVRLittleEndian;
        return !isBigEndian ? DicomTransferSyntax.ImplicitVRLittleEndian
            : throw new DicomFormatException($"{name}: implicit VR big endian is no transfer syntax of DICOM");
    }
}

/// <summary>How this implementation names itself in files and associations.</summary>
/// <remarks>PS3.7 §D.3.3.2.</remarks>
public static class DicomImplementation
{
    public static DicomUID ClassUid { get; } = DicomUID.Derive("HematomaPacsAgent", "implementation class");

    public const string VersionName = "HEMATOMA_0.1";
}
