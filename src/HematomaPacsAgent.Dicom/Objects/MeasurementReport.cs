namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>An Imaging Measurement Report by an algorithm: a Comprehensive 3D SR document after TID 1500.</summary>
/// <remarks>PS3.16 TID 1500; PS3.3 §A.35.13, §C.17.</remarks>
public sealed record MeasurementReport
{
    public required SourceSeries Source { get; init; }
    public required DerivedObject Identity { get; init; }

    /// <summary>Identifies the device (this agent) as the observer.</summary>
    public required DicomUID DeviceObserverUid { get; init; }

    public required CodedConcept ProcedureReported { get; init; }

    /// <summary>Other instances of the study that the report rests on: series and instance (the SEG).</summary>
    public IReadOnlyList<(DicomUID Series, InstanceReference Instance)> OtherEvidence { get; init; } = [];

    /// <summary>The report that this one replaces: series and instance of the same study.</summary>
    public (DicomUID Series, InstanceReference Instance)? Predecessor { get; init; }

    /// <summary>At least one: OHIF 3.13 crashes on a report without a measurement group.</summary>
    public required IReadOnlyList<ContentItem> MeasurementGroups { get; init; }

    public required IReadOnlyList<ContentItem> QualitativeEvaluations { get; init; }

    /// <summary>Builds the data set, to be written as explicit VR little endian.</summary>
    /// <exception cref="ArgumentException">There is no measurement group.</exception>
    public DicomDataset Build()
    {
        if (MeasurementGroups.Count == 0) throw new ArgumentException("a measurement report needs at least one measurement group");
        DicomDataset dataset = Identity.Begin(Source, DicomUID.Comprehensive3DSRStorage, "SR")
            .AddOrUpdate(DicomTag.CompletionFlag, "COMPLETE")
            .AddOrUpdate(DicomTag.VerificationFlag, "UNVERIFIED")
            .AddOrUpdate(DicomTag.PreliminaryFlag, "PRELIMINARY")
            .AddOrUpdate(DicomTag.PerformedProcedureCodeSequence, Array.Empty<DicomDataset>())
            .AddOrUpdate(DicomTag.ReferencedPerformedProcedureStepSequence, Array.Empty<DicomDataset>())
            .AddOrUpdate(DicomTag.CurrentRequestedProcedureEvidenceSequence,
                InStudy(Source.Instances.Select(instance => (Source.SeriesInstanceUid, instance)).Concat(OtherEvidence)))
            .AddOrUpdate(DicomTag.ValueType, "CONTAINER")
            .AddOrUpdate(DicomTag.ConceptNameCodeSequence, new CodedConcept("126000", "DCM", "Imaging Measurement Report").ToDataset())
            .AddOrUpdate(DicomTag.ContinuityOfContent, "SEPARATE")
            .AddOrUpdate(DicomTag.ContentTemplateSequence, ContentItem.Template("1500"))
            .AddOrUpdate(DicomTag.ContentSequence, [.. Content().Select(item => item.ToDataset())]);
        if (Predecessor is { } replaced) dataset.AddOrUpdate(DicomTag.PredecessorDocumentsSequence, InStudy([replaced]));
        return dataset;
    }

    private IEnumerable<ContentItem> Content()
    {
        yield return ContentItem.Code(RelationshipType.HasConceptMod, new("121049", "DCM", "Language of Content Item and Descendants"),
            new("en-US", "RFC5646", "English (United States)"));
        yield return ContentItem.Code(RelationshipType.HasObsContext, new("121005", "DCM", "Observer Type"), new("121007", "DCM", "Device"));
        yield return ContentItem.UidReference(RelationshipType.HasObsContext, new("121012", "DCM", "Device Observer UID"), DeviceObserverUid);
        yield return ContentItem.Text(RelationshipType.HasObsContext, new("121013", "DCM", "Device Observer Name"), Identity.Equipment.ModelName);
        yield return ContentItem.Text(RelationshipType.HasObsContext, new("121014", "DCM", "Device Observer Manufacturer"), Identity.Equipment.Manufacturer);
        yield return ContentItem.Text(RelationshipType.HasObsContext, new("121015", "DCM", "Device Observer Model Name"), Identity.Equipment.ModelName);
        yield return ContentItem.Text(RelationshipType.HasObsContext, new("121016", "DCM", "Device Observer Serial Number"), Identity.Equipment.SerialNumber);
        yield return ContentItem.Code(RelationshipType.HasConceptMod, new("121058", "DCM", "Procedure reported"), ProcedureReported);
        yield return ContentItem.Container(RelationshipType.Contains, new("111028", "DCM", "Image Library"), null,
        [
            ContentItem.Container(RelationshipType.Contains, new("126200", "DCM", "Image Library Group"), null,
                Source.Instances.Select(instance => ContentItem.Image(RelationshipType.Contains, instance))),
        ]);
        yield return ContentItem.Container(RelationshipType.Contains, new("126010", "DCM", "Imaging Measurements"), null, MeasurementGroups);
        yield return ContentItem.Container(RelationshipType.Contains, new("C0034375", "UMLS", "Qualitative Evaluations"), null, QualitativeEvaluations);
    }

    /// <remarks>PS3.3 §C.17.2.1 (Hierarchical SOP Instance Reference Macro).</remarks>
    private DicomDataset InStudy(IEnumerable<(DicomUID Series, InstanceReference Instance)> instances) => new DicomDataset()
        .AddOrUpdate(DicomTag.StudyInstanceUID, Source.StudyInstanceUid)
        .AddOrUpdate(DicomTag.ReferencedSeriesSequence, [.. instances.GroupBy(entry => entry.Series).Select(series => new DicomDataset()
            .AddOrUpdate(DicomTag.SeriesInstanceUID, series.Key)
            .AddOrUpdate(DicomTag.ReferencedSOPSequence, [.. series.Select(entry => entry.Instance.ToDataset())]))]);
}
