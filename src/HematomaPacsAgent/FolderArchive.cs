using System.Security.Cryptography;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent;

/// <summary>A plain storage SCP: each instance becomes a file in a folder, for its owner's eyes only.
/// The receiver of <c>receive</c> and the archive of <c>demo</c>.</summary>
internal sealed class FolderArchive : IStorageScp
{
    private readonly string folder;
    private readonly DurableFiles files;
    private readonly Action<CStoreRequest, string> stored;

    /// <param name="folder">Made if it is not there.</param>
    /// <param name="files">How safely the instances are kept.</param>
    /// <param name="stored">Told each file stored.</param>
    public FolderArchive(string folder, DurableFiles files, Action<CStoreRequest, string> stored)
    {
        (this.folder, this.files, this.stored) = (Path.GetFullPath(folder), files, stored);
        Directory.CreateDirectory(this.folder);
    }

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        // The UID comes from outside: its digits and dots make a file name, anything else does not.
        if (!request.SopInstanceUid.IsValid) return DicomStatus.CannotUnderstand;
        string path = Path.Combine(folder, request.SopInstanceUid.Value + ".dcm");
        string part = $"{path}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.part";
        using IncomingFileStream incoming = IncomingFileStream.Create(part, Part10Header.Write(request), digested: false);
        await request.Dataset.CopyToAsync(incoming, cancellation);
        await incoming.KeepAsync(files, folder, path, cancellation);
        stored(request, path);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }
}
