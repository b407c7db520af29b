using System.Collections.Concurrent;
using System.Security.Cryptography;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;

namespace HematomaPacsAgent;

/// <summary>A plain storage SCP: each instance becomes a file in a folder, for its owner's eyes only.
/// The receiver of <c>receive</c> and the archive of <c>demo</c>.</summary>
internal sealed class FolderArchive : IStorageScp
{
    private const int NoSpaceLeft = 28, QuotaExceeded = 122; // errno, which .NET hands on as HResult

    // Names given out and not on the disk yet: two senders of one UID must not meet in one file.
    private readonly ConcurrentDictionary<string, byte> arriving = new();
    private readonly string folder;
    private readonly DurableFiles files;
    private readonly Action<CStoreRequest, string> stored;
    private readonly long minimumFreeBytes;

    /// <param name="folder">Made if it is not there.</param>
    /// <param name="files">How safely the instances are kept.</param>
    /// <param name="stored">Told each file stored.</param>
    /// <exception cref="UnauthorizedAccessException">The folder may not be written to.</exception>
    /// <exception cref="IOException">The same, for another reason.</exception>
    /// <param name="minimumFreeBytes">With less room left on the disk instances are refused with A700.</param>
    public FolderArchive(string folder, DurableFiles files, Action<CStoreRequest, string> stored, long minimumFreeBytes = 0)
    {
        (this.folder, this.files, this.stored, this.minimumFreeBytes) = (Path.GetFullPath(folder), files, stored, minimumFreeBytes);
        Directory.CreateDirectory(this.folder);
        // A folder that cannot be written to is better told now than to each sender.
        using (File.Create(Path.Combine(this.folder, ".writable"), 1, FileOptions.DeleteOnClose)) { }
    }

    /// <summary>What is here already is never replaced: the same instance once more is answered with Success, another content under its UID lies
    /// beside it as UID~N.dcm.</summary>
    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        if (minimumFreeBytes > 0 && new DriveInfo(folder).AvailableFreeSpace < minimumFreeBytes) return DicomStatus.OutOfResources;
        string part = Path.Combine(folder, $"{request.SopInstanceUid.Value}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}.part");
        string? path = null;
        try
        {
            using IncomingFileStream incoming = IncomingFileStream.Create(part, Part10Header.Write(request), digested: false);
            await request.Dataset.CopyToAsync(incoming, cancellation);
            if (await ReceivedInstance.RefusalAsync(part, request, cancellation) is { } refusal) return refusal;
            for (int version = 1; path is null; version++)
            {
                string name = Path.Combine(folder, $"{request.SopInstanceUid.Value}{(version > 1 ? $"~{version}" : "")}.dcm");
                if (!arriving.TryAdd(name, 0)) continue;
                if (!File.Exists(name)) path = name;
                else
                {
                    arriving.TryRemove(name, out _);
                    if (SameContent(part, name)) return DicomStatus.Success;
                }
            }

            await incoming.KeepAsync(files, folder, path, cancellation);
        }
        catch (IOException e) when (e.HResult is NoSpaceLeft or QuotaExceeded)
        {
            return DicomStatus.OutOfResources;
        }
        finally
        {
            if (path is not null) arriving.TryRemove(path, out _);
        }

        stored(request, path);
        return DicomStatus.Success;
    }

    /// <summary>File meta information names the sender, so only what comes after it counts.</summary>
    private static bool SameContent(string left, string right)
    {
        byte[] one = Digest(left), other = Digest(right);
        return one.AsSpan().SequenceEqual(other);

        static byte[] Digest(string path)
        {
            using FileStream file = File.OpenRead(path);
            file.Position = Part10Header.DatasetOffset(file);
            return SHA256.HashData(file);
        }
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }
}
