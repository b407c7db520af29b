using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>Test data outside the repository. Tests that need it are skipped, with the reason, where it is missing.</summary>
public static class SharedFiles
{
    /// <summary>The repository root: the folder that holds HematomaPacsAgent.sln.</summary>
    public static string Repository { get; } = FindUpwards(AppContext.BaseDirectory, "HematomaPacsAgent.sln");

    private static string Root =>
        Environment.GetEnvironmentVariable("HEMATOMA_SHARED") is { Length: > 0 } folder ? folder : Path.Combine(Repository, "..", "shared");

    /// <summary>A file or folder below <c>../shared/data</c> (or <c>$HEMATOMA_SHARED/data</c>); skips the test when it is not
    /// there.</summary>
    public static string Data(string relativePath) => Require(Path.GetFullPath(Path.Combine(Root, "data", relativePath)));

    /// <summary>A tool below <c>../shared/tools</c>; skips the test when it is not there.</summary>
    public static string Tool(string relativePath) => Require(Path.GetFullPath(Path.Combine(Root, "tools", relativePath)));

    private static string Require(string path)
    {
        if (!Path.Exists(path)) Assert.Skip($"shared test data not here: {path} (set HEMATOMA_SHARED to its folder)");
        return path;
    }

    private static string FindUpwards(string start, string marker)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, marker))) return folder.FullName;
        throw new DirectoryNotFoundException($"{marker} not found above {start}");
    }
}
