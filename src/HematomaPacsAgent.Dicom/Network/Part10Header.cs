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

    /// <summary>Where the data set begins in a file that was written behind <see cref="Write"/>.</summary>
    /// <exception cref="DicomFormatException">It is no such file.</exception>
    public static long DatasetOffset(Stream file)
    {
        const int metaAt = 132, lengthAt = 140, afterLength = 144;
        byte[] start = new byte[afterLength];
        file.Position = 0;
        if (file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length
            || !start.AsSpan(metaAt).StartsWith((ReadOnlySpan<byte>)[2, 0, 0, 0, (byte)'U', (byte)'L', 4, 0]))
            throw new DicomFormatException("no file meta information with its length at its start");
        return afterLength + System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(start.AsSpan(lengthAt));
    }
}
