namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>Who made an object.</summary>
/// <remarks>PS3.3 §C.7.5.2 (Enhanced General Equipment): every value is required.</remarks>
public sealed record Equipment(string Manufacturer, string ModelName, string SerialNumber, string SoftwareVersions);

/// <summary>Identity and description of a new object made from a source series, in a series of its own.</summary>
/// <param name="SopInstanceUid">The new instance. Callers derive it from the input, so that a retry makes the same instance.</param>
/// <param name="SeriesInstanceUid">A series of its own: OHIF opens only the last instance of a SEG or SR series.</param>
/// <param name="SeriesNumber">Stated, not random, so that a viewer lists it at the same place each time.</param>
/// <param name="SeriesDescription">Up to 64 characters.</param>
/// <param name="CreatedAt">When, in the site's time zone.</param>
public sealed record DerivedObject(DicomUID SopInstanceUid, DicomUID SeriesInstanceUid, int SeriesNumber, string SeriesDescription, DateTimeOffset CreatedAt,
    Equipment Equipment)
{
    /// <summary>
    /// The patient, study, series, equipment and SOP common modules. Patient and study attributes are copied verbatim with the source's character set;
    /// required ones that the source lacks are left empty, never invented.
    /// </summary>
    internal DicomDataset Begin(SourceSeries source, DicomUID sopClass, string modality)
    {
        DicomDataset dataset = new();
        dataset.CopyItemsFrom(source.Header, Copied);
        foreach (DicomTag tag in EmptyWhenMissing)
            if (!dataset.Contains(tag)) dataset.AddOrUpdate(tag, Array.Empty<string>());
        // De-identified sources sometimes leave the method empty, which no valid object may.
        if (source.Header.GetStringOrEmpty(DicomTag.DeidentificationMethod).Length > 0)
            dataset.CopyItemsFrom(source.Header, DicomTag.PatientIdentityRemoved, DicomTag.DeidentificationMethod);

        // Dates are read in the zone that (0008,0201) names; the copied study date came with the source's zone, so ours follow it.
        DateTimeOffset time = CreatedAt;
        if (source.Header.TryGetString(DicomTag.TimezoneOffsetFromUTC, out string? zone) && TryParseZone(zone, out TimeSpan offset))
        {
            dataset.CopyItemsFrom(source.Header, DicomTag.TimezoneOffsetFromUTC);
            time = CreatedAt.ToOffset(offset);
        }

        string date = time.ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        string clock = time.ToString("HHmmss", System.Globalization.CultureInfo.InvariantCulture);
        return dataset
            .AddOrUpdate(DicomTag.SOPClassUID, sopClass)
            .AddOrUpdate(DicomTag.SOPInstanceUID, SopInstanceUid)
            .AddOrUpdate(DicomTag.InstanceCreationDate, date)
            .AddOrUpdate(DicomTag.InstanceCreationTime, clock)
            .AddOrUpdate(DicomTag.Modality, modality)
            .AddOrUpdate(DicomTag.SeriesInstanceUID, SeriesInstanceUid)
            .AddOrUpdate(DicomTag.SeriesNumber, SeriesNumber)
            .AddOrUpdate(DicomTag.SeriesDescription, SeriesDescription)
            .AddOrUpdate(DicomTag.SeriesDate, date)
            .AddOrUpdate(DicomTag.SeriesTime, clock)
            .AddOrUpdate(DicomTag.ContentDate, date)
            .AddOrUpdate(DicomTag.ContentTime, clock)
            .AddOrUpdate(DicomTag.InstanceNumber, 1)
            .AddOrUpdate(DicomTag.Manufacturer, Equipment.Manufacturer)
            .AddOrUpdate(DicomTag.ManufacturerModelName, Equipment.ModelName)
            .AddOrUpdate(DicomTag.DeviceSerialNumber, Equipment.SerialNumber)
            .AddOrUpdate(DicomTag.SoftwareVersions, Equipment.SoftwareVersions);
    }

    private static bool TryParseZone(string text, out TimeSpan offset)
    {
        offset = default;
        if (text is not [('+' or '-') and var sign, ..] || text.Length != 5 || !int.TryParse(text.AsSpan(1), out int digits)) return false;
        offset = TimeSpan.FromMinutes((digits / 100 * 60 + digits % 100) * (sign == '-' ? -1 : 1));
        return offset.Duration() <= TimeSpan.FromHours(14);
    }

    private static readonly DicomTag[] Copied =
    [
        DicomTag.SpecificCharacterSet,
        DicomTag.PatientName, DicomTag.PatientID, DicomTag.IssuerOfPatientID, DicomTag.IssuerOfPatientIDQualifiersSequence, DicomTag.PatientBirthDate,
        DicomTag.PatientBirthTime, DicomTag.PatientSex, DicomTag.OtherPatientIDsSequence,
        DicomTag.PatientAge, DicomTag.PatientSize, DicomTag.PatientWeight,
        DicomTag.StudyInstanceUID, DicomTag.StudyDate, DicomTag.StudyTime, DicomTag.ReferringPhysicianName, DicomTag.StudyID, DicomTag.AccessionNumber,
        DicomTag.IssuerOfAccessionNumberSequence, DicomTag.StudyDescription, DicomTag.ProcedureCodeSequence,
    ];

    private static readonly DicomTag[] EmptyWhenMissing =
    [
        DicomTag.PatientName, DicomTag.PatientID, DicomTag.PatientBirthDate, DicomTag.PatientSex,
        DicomTag.StudyDate, DicomTag.StudyTime, DicomTag.ReferringPhysicianName, DicomTag.StudyID, DicomTag.AccessionNumber,
    ];
}
