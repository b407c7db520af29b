namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>A pointer to one SOP instance.</summary>
/// <remarks>PS3.3 §10.8 (SOP Instance Reference Macro).</remarks>
public sealed record InstanceReference(DicomUID SopClassUid, DicomUID SopInstanceUid)
{
    public DicomDataset ToDataset() => new DicomDataset()
        .AddOrUpdate(DicomTag.ReferencedSOPClassUID, SopClassUid)
        .AddOrUpdate(DicomTag.ReferencedSOPInstanceUID, SopInstanceUid);
}
