using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Pipeline.Delivery;

/// <summary>A result object on disk, ready to be sent as it lies there, or in implicit VR for a peer that takes nothing else.</summary>
internal sealed class StoredObject
{
    private readonly string path;

    private StoredObject(OutgoingInstance delivery, string path, string transferSyntaxUid) =>
        (Delivery, this.path, TransferSyntaxUid) = (delivery, path, transferSyntaxUid);

    public OutgoingInstance Delivery { get; }

    public string TransferSyntaxUid { get; }

    /// <summary>What to ask for: each syntax in a context of its own, so that the choice is ours.</summary>
    public IEnumerable<ProposedContext> Contexts =>
        new[] { TransferSyntaxUid, Implicit }.Distinct().Select(syntax => new ProposedContext(Delivery.SopClassUid, [syntax]));

    private static string Implicit => DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value;

    /// <exception cref="IOException">Missing, or no DICOM file.</exception>
    public static StoredObject Open(OutgoingInstance delivery, string path)
    {
        using FileStream file = File.OpenRead(path);
        return new(delivery, path, ReadMeta(file).GetStringOrEmpty(DicomTag.TransferSyntaxUID));
    }

    /// <summary>Sends it over an open association.</summary>
    /// <returns>Null when the peer took none of <see cref="Contexts"/>.</returns>
    public async Task<DicomStatus?> SendAsync(ScuAssociation association, CancellationToken cancellation)
    {
        if (association.Accepts(Delivery.SopClassUid, TransferSyntaxUid))
        {
            await using FileStream file = File.OpenRead(path);
            ReadMeta(file);
            return await association.StoreAsync(Delivery.SopClassUid, Delivery.SopInstanceUid, TransferSyntaxUid, file,
                file.Length - file.Position, cancellation);
        }

        if (!association.Accepts(Delivery.SopClassUid, Implicit)) return null;
        using MemoryStream encoded = new();
        new DicomWriter(encoded, DicomTransferSyntax.ImplicitVRLittleEndian).Write(DicomFile.Open(path).Dataset);
        encoded.Position = 0;
        return await association.StoreAsync(Delivery.SopClassUid, Delivery.SopInstanceUid, Implicit, encoded, encoded.Length, cancellation);
    }

    /// <summary>Reads group 0002 and leaves the stream at the data set.</summary>
    private static DicomDataset ReadMeta(FileStream file)
    {
        Span<byte> start = stackalloc byte[132];
        file.ReadExactly(start);
        if (!start[128..].SequenceEqual("DICM"u8)) throw new DicomFormatException($"{file.Name}: no 'DICM' at byte 128");
        return new DicomReader(file, file.Name).ReadDataset(DicomTransferSyntax.ExplicitVRLittleEndian, tag => tag.Group != 2);
    }
}
