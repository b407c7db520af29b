using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent;

/// <summary>A plain storage SCP: each instance becomes a file in a folder. The receiver of <c>receive</c> and the archive of <c>demo</c>.</summary>
/// <param name="folder">Made if it is not there.</param>
/// <param name="fsync">Whether Success waits until the file is on the disk.</param>
/// <param name="stored">Told each file stored.</param>
/// <param name="minimumFreeBytes">With less room left on the disk instances are refused with A700.</param>
internal sealed class FolderArchive(string folder, bool fsync, Action<CStoreRequest, string> stored, long minimumFreeBytes = 0) : IStorageScp
{
    private const int NoSpaceLeft = 28, QuotaExceeded = 122; // errno, which .NET hands on as HResult
    private const int CopyBuffer = 128 * 1024;

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        // The UID comes from outside: its digits and dots make a file name, anything else does not.
        if (!request.SopInstanceUid.IsValid) return DicomStatus.CannotUnderstand;
        Directory.CreateDirectory(folder);
        if (minimumFreeBytes > 0 && new DriveInfo(folder).AvailableFreeSpace < minimumFreeBytes) return DicomStatus.OutOfResources;
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
        catch (IOException e)
        {
            File.Delete(part);
            if (e.HResult is NoSpaceLeft or QuotaExceeded) return DicomStatus.OutOfResources;
            throw;
        }

        stored(request, path);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }
}
