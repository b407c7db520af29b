using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>What an instance says it is, checked against what its sender said.</summary>
internal sealed record ReceivedHeader(string SopClassUid, string SopInstanceUid, string SeriesInstanceUid, string StudyInstanceUid)
{
    private const int LongestUid = 64; // even, so its padding is within

    /// <summary>An image of 2,000 frames has some 150,000; more than this is an attack, or no image.</summary>
    private static readonly DicomReadLimits Limits = new() { Items = 300_000 };

    /// <summary>Headers read at once: a header takes microseconds, but one made to take memory takes a hundred megabytes.</summary>
    private static readonly SemaphoreSlim Readers = new(2);

    /// <summary>Reads the received file to its last byte, large values skipped.</summary>
    /// <exception cref="RefusedInstanceException">It is no whole DICOM data set, or not what the command said.</exception>
    public static async Task<ReceivedHeader> ReadAsync(string path, CStoreRequest request, CancellationToken cancellation)
    {
        DicomDataset dataset = await ReadWholeAsync(path, request, cancellation);
        string study = Uid(dataset, DicomTag.StudyInstanceUID), series = Uid(dataset, DicomTag.SeriesInstanceUID);
        if (!IsUid(study)) throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
            "StudyInstanceUID is missing or no UID: correct it at the sender");
        if (!IsUid(series)) throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
            "SeriesInstanceUID is missing or no UID: correct it at the sender", study);
        return new(request.SopClassUid.Value, request.SopInstanceUid.Value, series, study);
    }

    /// <summary>The data set, if it is whole and the instance that its sender announced.</summary>
    /// <exception cref="RefusedInstanceException">It is not.</exception>
    internal static async Task<DicomDataset> ReadWholeAsync(string path, CStoreRequest request, CancellationToken cancellation)
    {
        DicomDataset dataset;
        await Readers.WaitAsync(cancellation);
        try
        {
            dataset = DicomFile.Open(path, Limits).Dataset;
        }
        catch (DicomFormatException e)
        {
            // The file's own name is ours and new at each try: a reason should stay the same.
            string cause = e.Message.Replace(Path.GetFileName(path), "data set", StringComparison.Ordinal);
            throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
                $"the data set is damaged or incomplete ({cause}): send the study again from its source", StudyOfDamaged(path, request), e);
        }
        finally
        {
            Readers.Release();
        }

        string study = Uid(dataset, DicomTag.StudyInstanceUID);
        if (Uid(dataset, DicomTag.SOPInstanceUID) != request.SopInstanceUid.Value)
            throw new RefusedInstanceException(DicomStatus.CannotUnderstand, "the SOP Instance UID in the data set is not the one that " +
                "the sender announced: correct the sender", study);
        if (Uid(dataset, DicomTag.SOPClassUID) != request.SopClassUid.Value)
            throw new RefusedInstanceException(DicomStatus.DataSetDoesNotMatchSopClass, "the SOP Class UID in the data set is not the " +
                "one that the sender announced: correct the sender", study);
        return dataset;
    }

    /// <summary>A UID, or nothing where the value is too long to be one: it may be as long as the file.</summary>
    private static string Uid(DicomDataset dataset, DicomTag tag) =>
        dataset.TryGetItem(tag, out DicomItem? item) && item is DicomElement { Length: <= LongestUid } ? dataset.GetStringOrEmpty(tag) : "";

    /// <summary>The study of an object that cannot be read to its end, if it can be read that far.</summary>
    private static string? StudyOfDamaged(string path, CStoreRequest request)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            stream.Position = Part10Header.Write(request).Length;
            DicomReader reader = new(stream, "start");
            DicomDataset start = reader.ReadDataset(request.TransferSyntax, tag => tag.CompareTo(DicomTag.StudyInstanceUID) > 0);
            string study = Uid(start, DicomTag.StudyInstanceUID);
            return IsUid(study) ? study : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    // Leading zeros and the like are wrong but common, and harm nothing here.
    private static bool IsUid(string text) => text.Length is > 0 and <= LongestUid && text.Any(char.IsAsciiDigit) && text.All(c => char.IsAsciiDigit(c) || c == '.');
}

/// <summary>The check that every receiver makes before it answers Success.</summary>
public static class ReceivedInstance
{
    /// <summary>Why a received file cannot be kept as the instance that its sender announced; null when it can.</summary>
    public static async Task<DicomStatus?> RefusalAsync(string path, CStoreRequest request, CancellationToken cancellation)
    {
        try
        {
            await ReceivedHeader.ReadWholeAsync(path, request, cancellation);
            return null;
        }
        catch (RefusedInstanceException refused)
        {
            return refused.Status;
        }
    }
}
