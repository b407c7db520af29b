namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>An algorithm as SEG and SR name it.</summary>
/// <param name="Name">Up to 64 characters.</param>
/// <param name="Version">Up to 64 characters.</param>
/// <param name="Parameters">What a reader needs to reproduce the run; here the model's digest.</param>
/// <remarks>PS3.3 §10.16 (Algorithm Identification Macro), PS3.16 TID 4019.</remarks>
public sealed record AlgorithmIdentification(string Name, string Version, string Parameters)
{
    private static readonly CodedConcept ArtificialIntelligence = new("123110", "DCM", "Artificial Intelligence");

    /// <summary>The macro, for the SEG's Segmentation Algorithm Identification Sequence.</summary>
    public DicomDataset ToDataset() => new DicomDataset()
        .AddOrUpdate(DicomTag.AlgorithmFamilyCodeSequence, ArtificialIntelligence.ToDataset())
        .AddOrUpdate(DicomTag.AlgorithmName, Name)
        .AddOrUpdate(DicomTag.AlgorithmVersion, Version)
        .AddOrUpdate(DicomTag.AlgorithmParameters, Parameters);

    /// <summary>The template, for a measurement group or a single measurement.</summary>
    public IEnumerable<ContentItem> ToContent() =>
    [
        ContentItem.Text(RelationshipType.HasConceptMod, new("111001", "DCM", "Algorithm Name"), Name),
        ContentItem.Text(RelationshipType.HasConceptMod, new("111003", "DCM", "Algorithm Version"), Version),
        ContentItem.Text(RelationshipType.HasConceptMod, new("111002", "DCM", "Algorithm Parameters"), Parameters),
    ];
}
