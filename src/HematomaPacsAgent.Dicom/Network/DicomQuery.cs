namespace HematomaPacsAgent.Dicom.Network;

/// <summary>The information models of query and retrieve in use; the one without studies is retired.</summary>
/// <remarks>PS3.4 §C.6</remarks>
public enum QueryModel { PatientRoot, StudyRoot }

/// <remarks>PS3.4 §C.6.1.1, §C.6.2.1</remarks>
public enum QueryLevel { Patient, Study, Series, Image }

/// <summary>What to find or to retrieve.</summary>
/// <remarks>PS3.4 §C.2.2, §C.4</remarks>
public sealed record DicomQuery
{
    /// <param name="model">Root of the hierarchy.</param>
    /// <param name="level">What each match, or each thing retrieved, is.</param>
    /// <param name="keys">Without the level, which is added. An empty value asks to return the attribute; unique keys of the levels above
    /// must be given (PS3.4 §C.4.1.2).</param>
    /// <exception cref="ArgumentException">The study root has no patient level.</exception>
    public DicomQuery(QueryModel model, QueryLevel level, DicomDataset keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (model == QueryModel.StudyRoot && level == QueryLevel.Patient)
            throw new ArgumentException("the study root has no patient level: ask the patient root, or for studies", nameof(level));
        (Model, Level, Keys) = (model, level, keys);
    }

    public QueryModel Model { get; }

    public QueryLevel Level { get; }

    public DicomDataset Keys { get; }

    internal DicomUID FindClass => Model == QueryModel.PatientRoot ? DicomUID.PatientRootQueryRetrieveInformationModelFind
        : DicomUID.StudyRootQueryRetrieveInformationModelFind;

    internal DicomUID MoveClass => Model == QueryModel.PatientRoot ? DicomUID.PatientRootQueryRetrieveInformationModelMove
        : DicomUID.StudyRootQueryRetrieveInformationModelMove;

    internal DicomUID GetClass => Model == QueryModel.PatientRoot ? DicomUID.PatientRootQueryRetrieveInformationModelGet
        : DicomUID.StudyRootQueryRetrieveInformationModelGet;

    /// <summary>A whole study, to retrieve.</summary>
    public static DicomQuery Study(DicomUID study) =>
        new(QueryModel.StudyRoot, QueryLevel.Study, new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, study));

    /// <summary>A whole series, to retrieve.</summary>
    public static DicomQuery Series(DicomUID study, DicomUID series) => new(QueryModel.StudyRoot, QueryLevel.Series,
        new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, study).AddOrUpdate(DicomTag.SeriesInstanceUID, series));

    /// <summary>Instances of a series, to retrieve.</summary>
    public static DicomQuery Instances(DicomUID study, DicomUID series, params ReadOnlySpan<DicomUID> instances)
    {
        List<string> uids = [];
        foreach (DicomUID instance in instances) uids.Add(instance.Value);
        return new(QueryModel.StudyRoot, QueryLevel.Image, Series(study, series).Keys.AddOrUpdate(DicomTag.SOPInstanceUID, [.. uids]));
    }

    /// <summary>The context to propose for one of the SOP classes above.</summary>
    internal static ProposedContext Context(DicomUID sopClass) => new(sopClass, Negotiation.Native);

    /// <summary>The identifier as it goes out.</summary>
    internal byte[] Encode(DicomTransferSyntax syntax)
    {
        DicomDataset identifier = new();
        foreach (DicomItem item in Keys) identifier.AddOrUpdate(item);
        return MessageDataset.Write(identifier.AddOrUpdate(DicomTag.QueryRetrieveLevel, Level.ToString().ToUpperInvariant()), syntax);
    }
}
