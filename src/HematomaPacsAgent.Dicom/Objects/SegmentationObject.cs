namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>
/// A binary Segmentation on the grid of its source images: one frame for each source slice that holds some of a segment, at the source's own position,
/// so tilt and uneven spacing need no resampling.
/// </summary>
/// <remarks>PS3.3 §A.51, §C.8.20. SOP Class Segmentation Storage.</remarks>
public static class SegmentationObject
{
    private static readonly CodedConcept SegmentationDerivation = new("113076", "DCM", "Segmentation");
    private static readonly CodedConcept SourceForProcessing = new("121322", "DCM", "Source image for image processing operation");

    /// <summary>Builds the data set, to be written as explicit VR little endian.</summary>
    /// <param name="source">The images segmented.</param>
    /// <param name="identity">UIDs, series and equipment of the new object.</param>
    /// <param name="contentLabel">Content Label: CS, up to 16 upper-case characters.</param>
    /// <param name="contentDescription">Up to 64 characters.</param>
    /// <param name="segments">At least one; each with at least one voxel set, and no voxel in two of them.</param>
    /// <exception cref="ArgumentException">A segment is empty or has another size than the source, or segments overlap.</exception>
    public static DicomDataset Build(SourceSeries source, DerivedObject identity, string contentLabel, string contentDescription,
        IReadOnlyList<SegmentDescription> segments)
    {
        List<(int Segment, int Slice)> frames = FramesWithContent(source, segments);
        DicomUID dimensions = DicomUID.Derive(identity.SopInstanceUid.Value, "dimension organization");
        bool lossy = source.Header.GetStringOrEmpty(DicomTag.LossyImageCompression) == "01";

        DicomDataset dataset = identity.Begin(source, DicomUID.SegmentationStorage, "SEG")
            .AddOrUpdate(DicomTag.ImageType, "DERIVED", "PRIMARY")
            .AddOrUpdate(DicomTag.ContentLabel, contentLabel)
            .AddOrUpdate(DicomTag.ContentDescription, contentDescription)
            .AddOrUpdate(DicomTag.ContentCreatorName, Array.Empty<string>())
            .AddOrUpdate(DicomTag.SamplesPerPixel, (ushort)1)
            .AddOrUpdate(DicomTag.PhotometricInterpretation, "MONOCHROME2")
            .AddOrUpdate(DicomTag.NumberOfFrames, frames.Count)
            .AddOrUpdate(DicomTag.Rows, (ushort)source.Rows)
            .AddOrUpdate(DicomTag.Columns, (ushort)source.Columns)
            .AddOrUpdate(DicomTag.BitsAllocated, (ushort)1)
            .AddOrUpdate(DicomTag.BitsStored, (ushort)1)
            .AddOrUpdate(DicomTag.HighBit, (ushort)0)
            .AddOrUpdate(DicomTag.PixelRepresentation, (ushort)0)
            .AddOrUpdate(DicomTag.BurnedInAnnotation, "NO")
            .AddOrUpdate(DicomTag.LossyImageCompression, lossy ? "01" : "00")
            .AddOrUpdate(DicomTag.SegmentationType, "BINARY")
            .AddOrUpdate(DicomTag.SegmentsOverlap, "NO")
            .AddOrUpdate(DicomTag.SegmentSequence, [.. segments.Select(SegmentItem)])
            .AddOrUpdate(DicomTag.ReferencedSeriesSequence, ReferencedSeries(source))
            .AddOrUpdate(DicomTag.DimensionOrganizationSequence, new DicomDataset().AddOrUpdate(DicomTag.DimensionOrganizationUID, dimensions))
            .AddOrUpdate(DicomTag.DimensionIndexSequence,
                DimensionIndex(dimensions, DicomTag.ReferencedSegmentNumber, DicomTag.SegmentIdentificationSequence, "Segment Number"),
                DimensionIndex(dimensions, DicomTag.ImagePositionPatient, DicomTag.PlanePositionSequence, "Image Position Patient"))
            .AddOrUpdate(DicomTag.SharedFunctionalGroupsSequence, SharedGroups(source))
            .AddOrUpdate(DicomTag.PerFrameFunctionalGroupsSequence, [.. frames.Select(frame => FrameGroups(source, frame.Segment, frame.Slice))])
            .AddOrUpdate(DicomVR.OB, DicomTag.PixelData, PackedPixels(source, segments, frames));
        dataset.CopyItemsFrom(source.Header, DicomTag.FrameOfReferenceUID, DicomTag.PositionReferenceIndicator,
            DicomTag.BodyPartExamined, DicomTag.LossyImageCompressionRatio, DicomTag.LossyImageCompressionMethod);
        if (!dataset.Contains(DicomTag.PositionReferenceIndicator)) dataset.AddOrUpdate(DicomTag.PositionReferenceIndicator, Array.Empty<string>());
        return dataset;
    }

    private static List<(int Segment, int Slice)> FramesWithContent(SourceSeries source, IReadOnlyList<SegmentDescription> segments)
    {
        int pixels = source.Rows * source.Columns;
        bool[] taken = new bool[(long)pixels * source.Slices.Count];
        List<(int, int)> frames = [];
        for (int segment = 0; segment < segments.Count; segment++)
        {
            ReadOnlySpan<bool> voxels = segments[segment].Voxels.Span;
            if (voxels.Length != taken.Length)
                throw new ArgumentException($"segment {segment + 1} has {voxels.Length} voxels; the source has {source.Columns} x {source.Rows} x {source.Slices.Count}");
            for (int i = 0; i < voxels.Length; i++)
            {
                if (voxels[i] && taken[i]) throw new ArgumentException($"segment {segment + 1} overlaps an earlier segment");
                taken[i] |= voxels[i];
            }

            int before = frames.Count;
            for (int slice = 0; slice < source.Slices.Count; slice++)
                if (voxels.Slice(slice * pixels, pixels).Contains(true)) frames.Add((segment, slice));
            if (frames.Count == before) throw new ArgumentException($"segment {segment + 1} is empty: an empty finding is told by the SR, not by a SEG without frames");
        }

        return frames;
    }

    private static DicomDataset SegmentItem(SegmentDescription segment, int index) => new DicomDataset()
        .AddOrUpdate(DicomTag.SegmentNumber, (ushort)(index + 1))
        .AddOrUpdate(DicomTag.SegmentLabel, segment.Label)
        .AddOrUpdate(DicomTag.SegmentAlgorithmType, "AUTOMATIC")
        .AddOrUpdate(DicomTag.SegmentAlgorithmName, segment.Algorithm.Name)
        .AddOrUpdate(DicomTag.SegmentationAlgorithmIdentificationSequence, segment.Algorithm.ToDataset())
        .AddOrUpdate(DicomTag.SegmentedPropertyCategoryCodeSequence, segment.Category.ToDataset())
        .AddOrUpdate(DicomTag.SegmentedPropertyTypeCodeSequence, segment.Type.ToDataset())
        .AddOrUpdate(DicomTag.AnatomicRegionSequence, segment.AnatomicRegion.ToDataset())
        .AddOrUpdate(DicomTag.RecommendedDisplayCIELabValue, segment.DisplayColor.L, segment.DisplayColor.A, segment.DisplayColor.B)
        .AddOrUpdate(DicomTag.TrackingID, segment.TrackingId)
        .AddOrUpdate(DicomTag.TrackingUID, segment.TrackingUid);

    private static DicomDataset ReferencedSeries(SourceSeries source) => new DicomDataset()
        .AddOrUpdate(DicomTag.SeriesInstanceUID, source.SeriesInstanceUid)
        .AddOrUpdate(DicomTag.ReferencedInstanceSequence, [.. source.Instances.Select(instance => instance.ToDataset())]);

    private static DicomDataset DimensionIndex(DicomUID organization, DicomTag pointer, DicomTag group, string label) => new DicomDataset()
        .AddOrUpdate(DicomTag.DimensionOrganizationUID, organization)
        .AddOrUpdate(DicomTag.DimensionIndexPointer, pointer)
        .AddOrUpdate(DicomTag.FunctionalGroupPointer, group)
        .AddOrUpdate(DicomTag.DimensionDescriptionLabel, label);

    private static DicomDataset SharedGroups(SourceSeries source)
    {
        DicomDataset orientation = new(), measures = new();
        orientation.CopyItemsFrom(source.Header, DicomTag.ImageOrientationPatient);
        measures.CopyItemsFrom(source.Header, DicomTag.PixelSpacing, DicomTag.SliceThickness);
        return new DicomDataset()
            .AddOrUpdate(DicomTag.PlaneOrientationSequence, orientation)
            .AddOrUpdate(DicomTag.PixelMeasuresSequence, measures);
    }

    private static DicomDataset FrameGroups(SourceSeries source, int segment, int slice)
    {
        SourceSlice plane = source.Slices[slice];
        DicomDataset derivation = new DicomDataset()
            .AddOrUpdate(DicomTag.DerivationCodeSequence, SegmentationDerivation.ToDataset())
            .AddOrUpdate(DicomTag.SourceImageSequence, plane.Instance.ToDataset()
                .AddOrUpdate(DicomTag.PurposeOfReferenceCodeSequence, SourceForProcessing.ToDataset())
                .AddOrUpdate(DicomTag.SpatialLocationsPreserved, "YES"));
        return new DicomDataset()
            .AddOrUpdate(DicomTag.FrameContentSequence, new DicomDataset().AddOrUpdate(DicomTag.DimensionIndexValues, (uint)segment + 1, (uint)slice + 1))
            .AddOrUpdate(DicomTag.PlanePositionSequence, new DicomDataset().AddOrUpdate(DicomTag.ImagePositionPatient, [.. plane.ImagePositionPatient]))
            .AddOrUpdate(DicomTag.SegmentIdentificationSequence, new DicomDataset().AddOrUpdate(DicomTag.ReferencedSegmentNumber, (ushort)(segment + 1)))
            .AddOrUpdate(DicomTag.DerivationImageSequence, derivation);
    }

    /// <summary>Bits run on from frame to frame, least significant first, without alignment between frames (PS3.5 §8.1.1).</summary>
    private static byte[] PackedPixels(SourceSeries source, IReadOnlyList<SegmentDescription> segments, List<(int Segment, int Slice)> frames)
    {
        int pixels = source.Rows * source.Columns;
        long bytes = ((long)pixels * frames.Count + 7) / 8;
        byte[] packed = new byte[bytes + bytes % 2];
        long bit = 0;
        foreach ((int segment, int slice) in frames)
            foreach (bool set in segments[segment].Voxels.Span.Slice(slice * pixels, pixels))
            {
                if (set) packed[bit >> 3] |= (byte)(1 << (int)(bit & 7));
                bit++;
            }

        return packed;
    }
}
