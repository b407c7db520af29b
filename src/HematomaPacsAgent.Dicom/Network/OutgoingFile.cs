namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A file to send: its identity, and where its data set lies, so that the bytes can go out as they are.</summary>
/// <param name="Path">The file.</param>
/// <param name="SopClass">Of the instance.</param>
/// <param name="SopInstance">Of the instance.</param>
/// <param name="Syntax">Of the data set.</param>
/// <param name="Offset">Where the data set begins; null when the file has no meta information and must be written anew.</param>
internal sealed record OutgoingFile(string Path, DicomUID SopClass, DicomUID SopInstance, DicomTransferSyntax Syntax, long? Offset)
{
    private const int DatasetAt = 132, MetaBuffer = 4096;

    /// <summary>What to propose for this file: its own syntax and the native ones, a context each, so that the peer may take all. The
    /// native ones of a compressed file tell what the peer would take instead.</summary>
    public IEnumerable<(DicomUID SopClass, DicomTransferSyntax Syntax)> Contexts =>
        (Negotiation.Native.Contains(Syntax) ? Negotiation.Native : [Syntax, .. Negotiation.Native]).Select(syntax => (SopClass, syntax));

    /// <exception cref="IOException">The file cannot be read or is not DICOM.</exception>
    public static OutgoingFile Read(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, MetaBuffer);
        Span<byte> start = stackalloc byte[DatasetAt];
        if (stream.ReadAtLeast(start, DatasetAt, throwOnEndOfStream: false) == DatasetAt && start[128..].SequenceEqual("DICM"u8))
        {
            DicomDataset meta = new DicomReader(stream, System.IO.Path.GetFileName(path))
                .ReadDataset(DicomTransferSyntax.ExplicitVRLittleEndian, stopAt: tag => tag.Group != 2);
            if (meta.TryGetString(DicomTag.MediaStorageSOPClassUID, out string? sopClass)
                && meta.TryGetString(DicomTag.MediaStorageSOPInstanceUID, out string? instance)
                && meta.TryGetString(DicomTag.TransferSyntaxUID, out string? syntax))
                return new OutgoingFile(path, new DicomUID(sopClass), new DicomUID(instance),
                    DicomTransferSyntax.Lookup(new DicomUID(syntax)), stream.Position);
        }

        DicomFile file = DicomFile.Open(path);
        return file.Dataset.TryGetString(DicomTag.SOPClassUID, out string? ofDataset)
            && file.Dataset.TryGetString(DicomTag.SOPInstanceUID, out string? uid)
            ? new OutgoingFile(path, new DicomUID(ofDataset), new DicomUID(uid), file.TransferSyntax, null)
            : throw new DicomFormatException($"{System.IO.Path.GetFileName(path)}: no SOP class and instance UID, so nothing to store");
    }

    /// <summary>Sends it as it is, or written anew in the native syntax that the peer takes, without waiting for the response.</summary>
    /// <returns>The message id; null where the peer accepts no fitting context, then see <see cref="Refused"/>.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DicomNetworkException">The association is over.</exception>
    public async Task<ushort?> BeginSendAsync(ScuAssociation association, CancellationToken cancellation)
    {
        if (Offset is { } offset && association.Accepts(SopClass, Syntax))
        {
            await using FileStream stream = new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0,
                FileOptions.Asynchronous | FileOptions.SequentialScan);
            stream.Position = offset;
            return await association.BeginStoreAsync(SopClass, SopInstance, Syntax, stream, stream.Length - offset, cancellation);
        }

        if (!Negotiation.Native.Contains(Syntax)
            || Negotiation.Native.FirstOrDefault(syntax => association.Accepts(SopClass, syntax)) is not { } other)
            return null;
        byte[] bytes = MessageDataset.Write(DicomFile.Open(Path).Dataset, other);
        using MemoryStream anew = new(bytes, writable: false);
        return await association.BeginStoreAsync(SopClass, SopInstance, other, anew, bytes.Length, cancellation);
    }

    /// <summary>As <see cref="BeginSendAsync"/>, and waits for the response.</summary>
    public async Task<StoreResult> SendAsync(ScuAssociation association, CancellationToken cancellation) =>
        await BeginSendAsync(association, cancellation) is null ? Refused(association)
            : Answered(association, (await association.NextStoredAsync(cancellation)).Status);

    /// <summary>The peer accepts no context that fits: says which syntaxes it would take.</summary>
    public StoreResult Refused(ScuAssociation association)
    {
        string[] taken = [.. association.AcceptedSyntaxes(SopClass).Select(syntax => syntax.Name)];
        string remedy = taken.Length == 0
            ? $"; it accepts {SopClass.Name} in no syntax proposed: ask its administrator to allow this SOP class"
            : $"; of it, it accepts {string.Join(", ", taken)}: the pixel data would have to be decoded first";
        return new StoreResult(Path, SopInstance, DicomStatus.SopClassNotSupported,
            $"{association.Remote} does not accept {SopClass.Name} in {Syntax.Name}{remedy}");
    }

    public StoreResult Answered(ScuAssociation association, DicomStatus status) =>
        new(Path, SopInstance, status, status.IsKept ? null : $"{association.Remote} answered {status}");
}
