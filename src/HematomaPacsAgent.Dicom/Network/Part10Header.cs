namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What stands before a data set in a file: written first, so that the bytes received can follow unchanged.</summary>
/// <remarks>PS3.10 §7.1</remarks>
public static class Part10Header
{
    /// <summary>Preamble and file meta information for an instance on its way in, about 400 bytes. The sender's AE title goes along as the
    /// source.</summary>
    public static byte[] Write(CStoreRequest request)
    {
        DicomDataset meta = DicomFile.MetaInformation(request.SopClassUid, request.SopInstanceUid, request.TransferSyntax);
        // An empty title, or one that would read as two, is not worth losing the instance for.
        if (request.Association.CallingAeTitle is { Length: > 0 } title && !title.Contains('\\', StringComparison.Ordinal))
            meta.AddOrUpdate(DicomTag.SourceApplicationEntityTitle, title);
        return DicomFile.HeaderBytes(meta);
    }
}
