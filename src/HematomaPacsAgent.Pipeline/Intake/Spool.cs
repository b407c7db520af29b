using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// The folder that received instances live in: <c>incoming</c> while they arrive, <c>instances</c> once kept, <c>quarantine</c> for what
/// nobody knows. Names are made from digests, never from what a sender wrote.
/// </summary>
public sealed class Spool
{
    public Spool(IOptions<IntakeOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Root = Path.GetFullPath(options.Value.SpoolFolder);
        foreach (string folder in (string[])[IncomingFolder, InstancesFolder, QuarantineFolder]) Directory.CreateDirectory(folder);
    }

    public string Root { get; }

    public string IncomingFolder => Path.Combine(Root, "incoming");
    public string InstancesFolder => Path.Combine(Root, "instances");
    public string QuarantineFolder => Path.Combine(Root, "quarantine");

    /// <summary>What is left on the spool's file system for us, in bytes.</summary>
    public long FreeBytes => new DriveInfo(Root).AvailableFreeSpace;

    public string FullPath(string relativePath) => Path.Combine(Root, relativePath);

    /// <summary>A new file for an instance that begins to arrive.</summary>
    internal FileStream CreateIncoming()
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.Read,
            BufferSize = 0,
            Options = FileOptions.Asynchronous,
        };
        // Patients' images are nobody else's.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(IncomingFolder, RandomNumberGenerator.GetHexString(24, lowercase: true) + ".part"), options);
    }

    /// <summary>
    /// Moves a written and fsynced file to its place and makes the move durable. Each receipt has a path of its own: what one sender does
    /// can never touch the file that another was told is kept.
    /// </summary>
    /// <returns>The path relative to the spool.</returns>
    internal string Keep(string incoming, string studyInstanceUid, string sha256)
    {
        string study = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(studyInstanceUid)));
        string shelf = Path.Combine(InstancesFolder, study[..2]), folder = Path.Combine(shelf, study[..20]);
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            Durable.FlushFolder(shelf);
            Durable.FlushFolder(InstancesFolder);
        }

        string path = Path.Combine(folder, $"{sha256[..32]}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}.dcm");
        File.Move(incoming, path);
        Durable.FlushFolder(folder);
        return Path.GetRelativePath(Root, path);
    }
}

/// <summary>What .NET does not offer: fsync of a folder, which is what makes a rename in it survive a power cut.</summary>
internal static class Durable
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder is gone, or the disk failed.</exception>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return; // NTFS journals the rename itself.
        int descriptor = Open(Encoding.UTF8.GetBytes(folder + '\0'), ReadOnly);
        if (descriptor < 0) throw new IOException($"{folder} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Fsync(descriptor) != 0) throw new IOException($"{folder} cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Fsync(int descriptor);

    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
