using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent;

/// <summary>A plain storage SCP: each instance becomes a file in a folder. The receiver of <c>receive</c> and the archive of <c>demo</c>.</summary>
/// <param name="folder">Made if it is not there.</param>
/// <param name="fsync">Whether Success waits until the file is on the disk.</param>
/// <param name="stored">Told each file stored.</param>
internal sealed class FolderArchive(string folder, bool fsync, Action<CStoreRequest, string> stored) : IStorageScp
{
    private const int CopyBuffer = 128 * 1024;

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        // The UID comes from outside: its digits and dots make a file name, anything else does not.
        if (!request.SopInstanceUid.IsValid) return DicomStatus.CannotUnderstand;
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, request.SopInstanceUid.Value + ".dcm"), part = path + $".{request.Association.Number}.part";
        try
        {
            await using (FileStream file = new(part, FileMode.Create, FileAccess.Write, FileShare.None, CopyBuffer, FileOptions.Asynchronous))
            {
                await file.WriteAsync(Part10Header.Write(request), cancellation);
                await request.Dataset.CopyToAsync(file, CopyBuffer, cancellation);
                if (fsync) file.Flush(flushToDisk: true);
            }

            File.Move(part, path, overwrite: true);
        }
        catch (IOException)
        {
            File.Delete(part);
            throw;
        }

        stored(request, path);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }
}
