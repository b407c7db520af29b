using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Dicom.Objects;

namespace HematomaPacsAgent;

/// <summary>Storage commitment of what lies in a folder, one file an instance.</summary>
internal static class FolderCommitment
{
    /// <param name="folder">As <see cref="FolderArchive"/> fills it.</param>
    /// <param name="peers">Requestors that take their reports at an address of their own.</param>
    public static StorageCommitmentService Of(string folder, IEnumerable<RemoteAe> peers)
    {
        Dictionary<string, RemoteAe> addresses = [];
        foreach (RemoteAe peer in peers) addresses[peer.AeTitle] = peer;
        return new StorageCommitmentService((instance, _) => ValueTask.FromResult(Holds(folder, instance)), addresses.GetValueOrDefault);
    }

    /// <summary>Whether the instance is there. Its bytes are brought to the disk, should they not be yet.</summary>
    private static DicomStatus Holds(string folder, InstanceReference instance)
    {
        string path = Path.Combine(folder, instance.SopInstanceUid.Value + ".dcm");
        if (!File.Exists(path)) return DicomStatus.NoSuchSopInstance;
        using (FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read)) file.Flush(flushToDisk: true);
        return DicomFile.Open(path).FileMetaInformation.GetStringOrEmpty(DicomTag.MediaStorageSOPClassUID) == instance.SopClassUid.Value
            ? DicomStatus.Success : DicomStatus.ClassInstanceConflict;
    }
}
