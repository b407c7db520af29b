using System.Security.Cryptography;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent;

/// <summary>A plain storage SCP: each instance becomes a file in a folder, for its owner's eyes only.
/// The receiver of <c>receive</c> and the archive of <c>demo</c>.</summary>
internal sealed class FolderArchive : IStorageScp
{
    private const int NoSpaceLeft = 28, QuotaExceeded = 122; // errno, which .NET hands on as HResult

    private readonly string folder;
    private readonly DurableFiles files;
    private readonly Action<CStoreRequest, string> stored;
    private readonly long minimumFreeBytes;

    /// <param name="folder">Made if it is not there.</param>
    /// <param name="files">How safely the instances are kept.</param>
    /// <param name="stored">Told each file stored.</param>
    /// <param name="minimumFreeBytes">With less room left on the disk instances are refused with A700.</param>
    public FolderArchive(string folder, DurableFiles files, Action<CStoreRequest, string> stored, long minimumFreeBytes = 0)
    {
        (this.folder, this.files, this.stored, this.minimumFreeBytes) = (Path.GetFullPath(folder), files, stored, minimumFreeBytes);
        Directory.CreateDirectory(this.folder);
    }

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        // The UID comes from outside: its digits and dots make a file name, anything else does not.
        if (!request.SopInstanceUid.IsValid) return DicomStatus.CannotUnderstand;
        if (minimumFreeBytes > 0 && new DriveInfo(folder).AvailableFreeSpace < minimumFreeBytes) return DicomStatus.OutOfResources;
        string path = Path.Combine(folder, request.SopInstanceUid.Value + ".dcm");
        string part = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.part";
        try
        {
            using IncomingFileStream incoming = IncomingFileStream.Create(part, Part10Header.Write(request), digested: false);
            await request.Dataset.CopyToAsync(incoming, cancellation);
            await incoming.KeepAsync(files, folder, path, cancellation);
        }
        catch (IOException e) when (e.HResult is NoSpaceLeft or QuotaExceeded)
        {
            return DicomStatus.OutOfResources;
        }

        stored(request, path);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }
}
