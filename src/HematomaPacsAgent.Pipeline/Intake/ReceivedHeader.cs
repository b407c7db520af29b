using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>What an instance says it is, checked against what its sender said.</summary>
internal sealed record ReceivedHeader(string SopClassUid, string SopInstanceUid, string SeriesInstanceUid, string StudyInstanceUid)
{
    /// <summary>Reads the received file to its last byte, large values skipped.</summary>
    /// <exception cref="RefusedInstanceException">It is no whole DICOM data set, or not what the command said.</exception>
    public static ReceivedHeader Read(string path, CStoreRequest request)
    {
        DicomDataset dataset;
        try
        {
            dataset = DicomFile.Open(path).Dataset;
        }
        catch (DicomFormatException e)
        {
            // The file's own name is ours and new at each try: a reason should stay the same.
            string cause = e.Message.Replace(Path.GetFileName(path), "data set", StringComparison.Ordinal);
            throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
                $"the data set is damaged or incomplete ({cause}): send the study again from its source", StudyOfDamaged(path, request), e);
        }

        string study = dataset.GetStringOrEmpty(DicomTag.StudyInstanceUID), series = dataset.GetStringOrEmpty(DicomTag.SeriesInstanceUID);
        if (!IsUid(study)) throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
            "StudyInstanceUID is missing or no UID: correct it at the sender");
        if (!IsUid(series)) throw new RefusedInstanceException(DicomStatus.CannotUnderstand,
            "SeriesInstanceUID is missing or no UID: correct it at the sender", study);
        if (dataset.GetStringOrEmpty(DicomTag.SOPInstanceUID) != request.SopInstanceUid.Value)
            throw new RefusedInstanceException(DicomStatus.CannotUnderstand, "the SOP Instance UID in the data set is not the one that " +
                "the sender announced: correct the sender", study);
        if (dataset.GetStringOrEmpty(DicomTag.SOPClassUID) != request.SopClassUid.Value)
            throw new RefusedInstanceException(DicomStatus.DataSetDoesNotMatchSopClass, "the SOP Class UID in the data set is not the " +
                "one that the sender announced: correct the sender", study);
        return new(request.SopClassUid.Value, request.SopInstanceUid.Value, series, study);
    }

    /// <summary>The study of an object that cannot be read to its end, if it can be read that far.</summary>
    private static string? StudyOfDamaged(string path, CStoreRequest request)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            stream.Position = Part10Header.Write(request).Length;
            DicomReader reader = new(stream, "start");
            DicomDataset start = reader.ReadDataset(request.TransferSyntax, tag => tag.CompareTo(DicomTag.StudyInstanceUID) > 0);
            string study = start.GetStringOrEmpty(DicomTag.StudyInstanceUID);
            return IsUid(study) ? study : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    // Leading zeros and the like are wrong but common, and harm nothing here.
    private static bool IsUid(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiDigit(c) || c == '.');
}
