namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>What one segment is, and where: its frames lie on the source's own slices.</summary>
/// <remarks>PS3.3 §C.8.20.4 (Segment Description Macro).</remarks>
public sealed record SegmentDescription
{
    /// <summary>Shown by the viewer, up to 64 characters.</summary>
    public required string Label { get; init; }

    public required CodedConcept Category { get; init; }
    public required CodedConcept Type { get; init; }
    public required CodedConcept AnatomicRegion { get; init; }
    public required AlgorithmIdentification Algorithm { get; init; }

    /// <summary>CIELab as PS3.3 §C.10.7.1.1 encodes it: L* 0-100 and a*, b* -128..127, each scaled to 0..65535.</summary>
    public required (ushort L, ushort A, ushort B) DisplayColor { get; init; }

    public required string TrackingId { get; init; }

    /// <summary>Shared with the SR's measurement group about the same lesion.</summary>
    public required DicomUID TrackingUid { get; init; }

    /// <summary>One flag a pixel, slice by slice in the order of <see cref="SourceSeries.Slices"/>, row by row.</summary>
    public required ReadOnlyMemory<bool> Voxels { get; init; }
}
