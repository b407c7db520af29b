namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>How a content item relates to its parent.</summary>
/// <remarks>PS3.3 §C.17.3.2.4.</remarks>
public enum RelationshipType
{
    Contains,
    HasObsContext,
    HasConceptMod,
    InferredFrom,
    SelectedFrom,
}

/// <summary>One node of an SR tree. Built only through the methods below, each of which checks what its value type demands.</summary>
/// <remarks>PS3.3 §C.17.3 (SR Document Content).</remarks>
public sealed class ContentItem
{
    private readonly DicomDataset dataset;

    private ContentItem(RelationshipType relationship, string valueType, CodedConcept? concept, IEnumerable<ContentItem>? children = null)
    {
        dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.RelationshipType, relationship switch
            {
                RelationshipType.Contains => "CONTAINS",
                RelationshipType.HasObsContext => "HAS OBS CONTEXT",
                RelationshipType.HasConceptMod => "HAS CONCEPT MOD",
                RelationshipType.InferredFrom => "INFERRED FROM",
                RelationshipType.SelectedFrom => "SELECTED FROM",
                _ => throw new ArgumentOutOfRangeException(nameof(relationship)),
            })
            .AddOrUpdate(DicomTag.ValueType, valueType);
        if (concept is not null) dataset.AddOrUpdate(DicomTag.ConceptNameCodeSequence, concept.ToDataset());
        DicomDataset[] items = [.. (children ?? []).Select(child => child.dataset)];
        if (items.Length > 0) dataset.AddOrUpdate(DicomTag.ContentSequence, items);
    }

    public DicomDataset ToDataset() => dataset;

    /// <param name="relationship">Relation to the parent.</param>
    /// <param name="concept">What the container is.</param>
    /// <param name="templateId">DCMR template it follows, if any.</param>
    /// <param name="children">Its content, in template order.</param>
    public static ContentItem Container(RelationshipType relationship, CodedConcept concept, string? templateId, IEnumerable<ContentItem> children)
    {
        ContentItem item = new(relationship, "CONTAINER", concept, children);
        item.dataset.AddOrUpdate(DicomTag.ContinuityOfContent, "SEPARATE");
        if (templateId is not null) item.dataset.AddOrUpdate(DicomTag.ContentTemplateSequence, Template(templateId));
        return item;
    }

    public static ContentItem Code(RelationshipType relationship, CodedConcept concept, CodedConcept value)
    {
        ContentItem item = new(relationship, "CODE", concept);
        item.dataset.AddOrUpdate(DicomTag.ConceptCodeSequence, value.ToDataset());
        return item;
    }

    public static ContentItem Text(RelationshipType relationship, CodedConcept concept, string text)
    {
        ContentItem item = new(relationship, "TEXT", concept);
        item.dataset.AddOrUpdate(DicomTag.TextValue, text.Length > 0 ? text : throw new ArgumentException("a TEXT item needs text", nameof(text)));
        return item;
    }

    public static ContentItem UidReference(RelationshipType relationship, CodedConcept concept, DicomUID uid)
    {
        ContentItem item = new(relationship, "UIDREF", concept);
        item.dataset.AddOrUpdate(DicomTag.UID, uid);
        return item;
    }

    /// <summary>A measured number. A value that is not finite is sent as "not a number" (CID 42), never as digits.</summary>
    /// <param name="concept">What was measured.</param>
    /// <param name="value">In the unit given.</param>
    /// <param name="unit">UCUM.</param>
    /// <param name="children">Method, algorithm and other modifiers.</param>
    public static ContentItem Number(CodedConcept concept, double value, CodedConcept unit, IEnumerable<ContentItem>? children = null)
    {
        ContentItem item = new(RelationshipType.Contains, "NUM", concept, children);
        if (double.IsFinite(value))
            item.dataset.AddOrUpdate(DicomTag.MeasuredValueSequence, new DicomDataset()
                .AddOrUpdate(DicomTag.NumericValue, DicomDecimalString.Format(value))
                .AddOrUpdate(DicomTag.FloatingPointValue, value)
                .AddOrUpdate(DicomTag.MeasurementUnitsCodeSequence, unit.ToDataset()));
        else
            item.dataset
                .AddOrUpdate(DicomTag.MeasuredValueSequence, Array.Empty<DicomDataset>())
                .AddOrUpdate(DicomTag.NumericValueQualifierCodeSequence, new CodedConcept("114000", "DCM", "Not a number").ToDataset());
        return item;
    }

    public static ContentItem Image(RelationshipType relationship, InstanceReference image, CodedConcept? concept = null)
    {
        ContentItem item = new(relationship, "IMAGE", concept);
        item.dataset.AddOrUpdate(DicomTag.ReferencedSOPSequence, image.ToDataset());
        return item;
    }

    /// <summary>A closed outline on one image, in pixel coordinates: (0, 0) is the top left corner of the top left pixel (PS3.3 §C.18.6.1.2).</summary>
    /// <param name="concept">What the outline is.</param>
    /// <param name="points">Column and row of each corner; the first is repeated at the end here.</param>
    /// <param name="image">The image drawn on.</param>
    public static ContentItem Outline(CodedConcept concept, IReadOnlyList<(float Column, float Row)> points, InstanceReference image)
    {
        if (points.Count is < 3 or > 8000) throw new ArgumentException($"an outline of {points.Count} points: 3 to 8000 are possible", nameof(points));
        ContentItem item = new(RelationshipType.Contains, "SCOORD", concept, [Image(RelationshipType.SelectedFrom, image)]);
        item.dataset
            .AddOrUpdate(DicomTag.GraphicType, "POLYLINE")
            .AddOrUpdate(DicomTag.GraphicData, [.. points.Append(points[0]).SelectMany(point => (float[])[point.Column, point.Row])]);
        return item;
    }

    internal static DicomDataset Template(string templateId) => new DicomDataset()
        .AddOrUpdate(DicomTag.MappingResource, "DCMR")
        .AddOrUpdate(DicomTag.TemplateIdentifier, templateId);
}
