using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Series;

/// <summary>
/// A multi-frame CT as single planes: for each frame a header with the functional groups spread out beside the attributes of the whole, under the
/// names that a single-frame CT uses, so that all that follows knows one kind of header.
/// </summary>
/// <remarks>PS3.3 §A.38 (Enhanced CT), §A.70 (Legacy Converted Enhanced CT), §C.7.6.16 (Multi-frame Functional Groups;
/// §C.7.6.16.2.25 and .26: unassigned converted attributes).</remarks>
internal static class EnhancedCt
{
    private const int MostFrames = 10_000;

    private static readonly DicomTag[] Macros =
    [
        DicomTag.PixelMeasuresSequence, DicomTag.PlanePositionSequence, DicomTag.PlaneOrientationSequence, DicomTag.PixelValueTransformationSequence,
        DicomTag.CTReconstructionSequence, DicomTag.ContrastBolusUsageSequence, DicomTag.FrameContentSequence, DicomTag.TemporalPositionSequence,
        DicomTag.CTImageFrameTypeSequence,
    ];

    /// <summary>What a frame calls otherwise than a single-frame image.</summary>
    private static readonly (DicomTag Frame, DicomTag Single)[] Renamed =
    [
        (DicomTag.FrameType, DicomTag.ImageType), (DicomTag.FrameAcquisitionNumber, DicomTag.AcquisitionNumber),
        (DicomTag.FrameAcquisitionDateTime, DicomTag.AcquisitionDateTime), (DicomTag.TemporalPositionIndex, DicomTag.TemporalPositionIdentifier),
    ];

    /// <summary>One header a frame, in the order of the frames, or why there is none.</summary>
    public static (IReadOnlyList<DicomDataset> Frames, string? Obstacle) Read(DicomDataset dataset)
    {
        if (!dataset.TryGetSingleValue(DicomTag.NumberOfFrames, out int count) || count < 1) return ([], "NumberOfFrames (0028,0008) is missing or no number");
        if (count > MostFrames) return ([], $"{count} frames; at most {MostFrames} are read");
        if (!dataset.TryGetSequence(DicomTag.PerFrameFunctionalGroupsSequence, out DicomSequence? frames) || frames.Items.Count != count)
            return ([], $"PerFrameFunctionalGroupsSequence (5200,9230) is missing or does not tell of each of {count} frames");
        DicomDataset? shared = First(dataset, DicomTag.SharedFunctionalGroupsSequence);
        DicomTag[] whole = [.. dataset.Select(item => item.Tag).Where(tag => tag != DicomTag.PerFrameFunctionalGroupsSequence
            && tag != DicomTag.SharedFunctionalGroupsSequence && tag != DicomTag.PixelData)];
        return ([.. frames.Items.Select(frame => Plane(dataset, whole, shared, frame))], null);
    }

    private static DicomDataset Plane(DicomDataset dataset, DicomTag[] whole, DicomDataset? shared, DicomDataset frame)
    {
        DicomDataset plane = new DicomDataset().CopyItemsFrom(dataset, whole);
        Unassigned(plane, dataset, shared, DicomTag.UnassignedSharedConvertedAttributesSequence);
        Unassigned(plane, dataset, frame, DicomTag.UnassignedPerFrameConvertedAttributesSequence);
        foreach (DicomTag macro in Macros)
        {
            DicomDataset? group = First(frame, macro) ?? (shared is null ? null : First(shared, macro));
            if (group is null) continue;
            foreach (DicomItem item in group) plane.CopyItemsFrom(group, item.Tag);
        }

        foreach ((DicomTag name, DicomTag single) in Renamed)
            if (plane.TryGetItem(name, out DicomItem? item) && item is DicomElement element)
            {
                plane.Remove(name);
                plane.AddOrUpdate(new DicomElement(single, element.VR, element.Bytes.ToArray()));
            }

        return plane;
    }

    /// <summary>What a conversion of single-frame images found no other place for: kernel, contrast, acquisition number. What the whole says of its
    /// identity and of its pixels stays.</summary>
    private static void Unassigned(DicomDataset plane, DicomDataset dataset, DicomDataset? groups, DicomTag macro)
    {
        if (groups is null || First(groups, macro) is not { } converted) return;
        foreach (DicomItem item in converted)
            if (!dataset.Contains(item.Tag) || (item.Tag.Group != 0x0028 && item.VR != DicomVR.UI)) plane.CopyItemsFrom(converted, item.Tag);
    }

    private static DicomDataset? First(DicomDataset groups, DicomTag macro) =>
        groups.TryGetSequence(macro, out DicomSequence? sequence) && sequence.Items.Count > 0 ? sequence.Items[0] : null;
}
