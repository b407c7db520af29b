namespace HematomaPacsAgent.Commands;

/// <summary>The DICOM files below a folder (or a single file): other files are passed over, and counted.</summary>
internal static class DicomFolder
{
    /// <exception cref="UsageException">The path is not there or holds no DICOM file.</exception>
    public static IReadOnlyList<string> Files(string path)
    {
        if (File.Exists(path)) return [path];
        if (!Directory.Exists(path)) throw new UsageException($"{path} is not there");
        string[] all = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string[] dicom = [.. all.Where(HasPart10Preamble)];
        if (dicom.Length == 0) throw new UsageException($"{path} holds {all.Length} files, none of them a DICOM file (PS3.10: 'DICM' at byte 128)");
        return dicom;
    }

    private static bool HasPart10Preamble(string file)
    {
        Span<byte> start = stackalloc byte[132];
        using FileStream stream = File.OpenRead(file);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[128..].SequenceEqual("DICM"u8);
    }
}
