namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>One source image plane as the objects derived from it must name it.</summary>
/// <param name="Instance">The image, or the frame of a multi-frame one.</param>
/// <param name="ImagePositionPatient">Its position exactly as the source wrote it (three DS values), so that no digit is lost on the way.</param>
public sealed record SourceSlice(InstanceReference Instance, IReadOnlyList<string> ImagePositionPatient);

/// <summary>The image series that a SEG or SR is derived from.</summary>
public sealed class SourceSeries
{
    /// <param name="header">Any instance's data set; patient, study and grid attributes are copied from it byte by byte. Of a multi-frame image
    /// one with the frame's functional groups spread out beside the attributes of the whole.</param>
    /// <param name="slices">All planes used, ascending along the slice normal.</param>
    /// <exception cref="ArgumentException">There are no slices, or an attribute that identifies study, series or grid is missing.</exception>
    public SourceSeries(DicomDataset header, IReadOnlyList<SourceSlice> slices)
    {
        if (slices.Count == 0) throw new ArgumentException("a source series needs at least one slice", nameof(slices));
        foreach (DicomTag tag in (DicomTag[])[DicomTag.StudyInstanceUID, DicomTag.SeriesInstanceUID, DicomTag.FrameOfReferenceUID,
                     DicomTag.Rows, DicomTag.Columns, DicomTag.PixelSpacing, DicomTag.ImageOrientationPatient])
            if (!header.Contains(tag)) throw new ArgumentException($"source instance lacks {tag}", nameof(header));
        (Header, Slices) = (header, slices);
    }

    public DicomDataset Header { get; }
    public IReadOnlyList<SourceSlice> Slices { get; }

    /// <summary>The instances that the slices lie in, each once: a multi-frame image holds many.</summary>
    public IReadOnlyList<InstanceReference> Instances => [.. Slices.Select(slice => slice.Instance.Whole).Distinct()];

    public DicomUID StudyInstanceUid => new(Header.GetString(DicomTag.StudyInstanceUID));
    public DicomUID SeriesInstanceUid => new(Header.GetString(DicomTag.SeriesInstanceUID));
    public int Rows => Header.GetSingleValue<ushort>(DicomTag.Rows);
    public int Columns => Header.GetSingleValue<ushort>(DicomTag.Columns);
}
