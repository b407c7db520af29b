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

    /// <summary>A path for an instance that begins to arrive.</summary>
    internal string NewIncoming() => Path.Combine(IncomingFolder, RandomNumberGenerator.GetHexString(24, lowercase: true) + ".part");

    /// <summary>A path for an instance to keep. Each receipt has its own: what one sender does can never touch the file that another
    /// was told is kept.</summary>
    internal string NewKept(string studyInstanceUid, string sha256)
    {
        string study = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(studyInstanceUid)));
        return Path.Combine(InstancesFolder, study[..2], study[..20],
            $"{sha256[..32]}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}.dcm");
    }

    internal string RelativePath(string path) => Path.GetRelativePath(Root, path);
}
