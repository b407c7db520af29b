using System.IO.Enumeration;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Regions;

/// <summary>The files that make up a DICOM image.</summary>
public static class DicomFiles
{
    /// <summary>Whether a file has the mark of PS3.10 at byte 128.</summary>
    public static bool IsDicom(string path)
    {
        // A link that leads nowhere is no file; a pipe or device has no length, and opening a pipe waits for who writes into it.
        FileSystemInfo file = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
        if (file is not FileInfo { Exists: true, Length: >= 132 }) return false;
        Span<byte> start = stackalloc byte[132];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start[128..].SequenceEqual("DICM"u8);
    }

    internal static RadiomicsException Neither(string path) =>
        new($"{Path.GetFileName(path)} is neither NIfTI by its name (.nii, .nii.gz, .hdr, .img) nor a DICOM file: convert it to NIfTI");

    /// <summary>
    /// Of a folder all DICOM files below it, those of the preferred series where it has some; of a file those beside it that are of its series.
    /// </summary>
    /// <exception cref="NotEligibleException">There is none.</exception>
    internal static IReadOnlyList<string> OfOneSeries(string path, string? preferredSeries, CancellationToken cancellation)
    {
        bool isFolder = Directory.Exists(path);
        string folder = isFolder ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        // Linked folders are not entered: two links that lead up have no end.
        FileSystemEnumerable<string> files = new(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), new EnumerationOptions
        {
            RecurseSubdirectories = isFolder, AttributesToSkip = 0, IgnoreInaccessible = false,
        })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        string[] all = [.. files.Where(file =>
        {
            cancellation.ThrowIfCancellationRequested();
            return IsDicom(file);
        }).Order(StringComparer.Ordinal)];
        if (all.Length == 0) throw new NotEligibleException($"{path} holds no DICOM file (PS3.10: 'DICM' at byte 128)");
        string wanted = isFolder ? preferredSeries ?? "" : DicomFile.Open(path).Dataset.GetStringOrEmpty(DicomTag.SeriesInstanceUID);
        if (wanted.Length == 0) return isFolder ? all : [path];
        string[] ofSeries = [.. all.Where(file =>
        {
            cancellation.ThrowIfCancellationRequested();
            return SeriesOf(file) == wanted;
        })];
        return ofSeries.Length > 0 ? ofSeries : all;
    }

    private static string SeriesOf(string file)
    {
        try
        {
            return DicomFile.Open(file).Dataset.GetStringOrEmpty(DicomTag.SeriesInstanceUID);
        }
        catch (DicomFormatException)
        {
            return ""; // the loader tells of it where it matters
        }
    }
}
