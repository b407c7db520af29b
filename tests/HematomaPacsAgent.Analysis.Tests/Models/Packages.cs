using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models;

/// <summary>The packages of the repository, and copies of them to spoil.</summary>
internal static class Packages
{
    public static string Segmentation { get; } = Path.Combine(SharedFiles.Repository, "models", "hematoma-seg-phantom");
    public static string Signs { get; } = Path.Combine(SharedFiles.Repository, "models", "sign-effb0-phantom");

    /// <summary>A copy of a package in a folder of its own, with one file changed.</summary>
    public static string Copy(string package, string name, string file, Func<byte[], byte[]> change)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "packages", name);
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        foreach (string path in Directory.GetFiles(package)) File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
        string changed = Path.Combine(folder, file);
        File.WriteAllBytes(changed, change(File.ReadAllBytes(changed)));
        return folder;
    }
}
