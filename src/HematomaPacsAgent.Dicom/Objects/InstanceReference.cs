namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>A pointer to one SOP instance, or to one frame of a multi-frame image.</summary>
/// <param name="SopClassUid">Its SOP class.</param>
/// <param name="SopInstanceUid">The instance.</param>
/// <param name="FrameNumber">From 1; null for the whole instance.</param>
/// <remarks>PS3.3 §10.8 (SOP Instance Reference Macro), §10.3 (Image SOP Instance Reference Macro: Referenced Frame Number).</remarks>
public sealed record InstanceReference(DicomUID SopClassUid, DicomUID SopInstanceUid, int? FrameNumber = null)
{
    /// <summary>The instance, whichever frame of it was meant: lists of instances name each once and no frames.</summary>
    public InstanceReference Whole => FrameNumber is null ? this : this with { FrameNumber = null };

    public DicomDataset ToDataset()
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.ReferencedSOPClassUID, SopClassUid)
            .AddOrUpdate(DicomTag.ReferencedSOPInstanceUID, SopInstanceUid);
        return FrameNumber is { } frame ? dataset.AddOrUpdate(DicomTag.ReferencedFrameNumber, frame) : dataset;
    }
}
