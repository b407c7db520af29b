namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>Reads Segmentations of any maker: binary, fractional and label maps, with or without references to the images they were made on.</summary>
/// <remarks>PS3.3 §A.51, §A.101 (Label Map Segmentation), §C.8.20, §C.7.6.16 (functional groups).</remarks>
public static class SegmentationReader
{
    /// <exception cref="DicomFormatException">The file is no DICOM, no Segmentation, or contradicts itself; the message names file and attribute.</exception>
    public static ReadSegmentation Open(string path)
    {
        DicomFile file = DicomFile.Open(path);
        try
        {
            return Read(file.Dataset, file.TransferSyntax);
        }
        catch (DicomFormatException e)
        {
            throw new DicomFormatException($"{Path.GetFileName(path)}: {e.Message}", e);
        }
    }

    /// <param name="dataset">A Segmentation.</param>
    /// <param name="syntax">Of its pixel data.</param>
    /// <exception cref="DicomFormatException">As for <see cref="Open"/>, without the file's name.</exception>
    public static ReadSegmentation Read(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        string sopClass = dataset.GetStringOrEmpty(DicomTag.SOPClassUID);
        if (sopClass != DicomUID.SegmentationStorage.Value && sopClass != DicomUID.LabelMapSegmentationStorage.Value)
            throw new DicomFormatException($"is a {(sopClass.Length > 0 ? new DicomUID(sopClass).Name : "file without SOP class")}, not a Segmentation");
        SegmentationKind kind = dataset.GetStringOrEmpty(DicomTag.SegmentationType) switch
        {
            "BINARY" => SegmentationKind.Binary,
            "FRACTIONAL" => SegmentationKind.Fractional,
            "LABELMAP" => SegmentationKind.LabelMap,
            var other => throw new DicomFormatException($"SegmentationType (0062,0001) is '{other}': BINARY, FRACTIONAL and LABELMAP are read"),
        };
        SegmentationPixels pixels = new(dataset, syntax, kind);
        IReadOnlyList<ReadSegment> segments = Segments(dataset, kind);
        List<string> notes = [];
        if (kind == SegmentationKind.Fractional)
            notes.Add($"the segmentation is fractional ({dataset.GetStringOrEmpty(DicomTag.SegmentationFractionalType).ToLowerInvariant()}): " +
                "pixels from half of its maximum up are taken as inside");
        return new ReadSegmentation(pixels)
        {
            Kind = kind,
            Segments = segments,
            Frames = FramesOf(dataset, pixels.Frames, kind, segments),
            FrameOfReferenceUid = dataset.GetStringOrEmpty(DicomTag.FrameOfReferenceUID),
            ReferencedSeriesUid = dataset.TryGetSequence(DicomTag.ReferencedSeriesSequence, out DicomSequence? series) && series.Items is [var only]
                ? only.GetStringOrEmpty(DicomTag.SeriesInstanceUID) : "",
            Notes = notes,
        };
    }

    private static List<ReadSegment> Segments(DicomDataset dataset, SegmentationKind kind)
    {
        if (!dataset.TryGetSequence(DicomTag.SegmentSequence, out DicomSequence? sequence) || sequence.Items.Count == 0)
            throw new DicomFormatException("SegmentSequence (0062,0002) is missing or empty: the object describes no segment");
        // A label map may describe what is none of its segments: PS3.3 §C.8.20.2.3.3.
        int background = kind == SegmentationKind.LabelMap ? dataset.TryGetSingleValue(DicomTag.PixelPaddingValue, out int padding) ? padding : 0 : -1;
        List<ReadSegment> segments = [];
        HashSet<int> numbers = [];
        foreach (DicomDataset item in sequence.Items)
        {
            if (!item.TryGetSingleValue(DicomTag.SegmentNumber, out int number) || number is < 0 or > ushort.MaxValue)
                throw new DicomFormatException("a segment has no SegmentNumber (0062,0004)");
            if (!numbers.Add(number)) throw new DicomFormatException($"two segments have the number {number}");
            if (number == background) continue;
            segments.Add(new ReadSegment(number, item.GetStringOrEmpty(DicomTag.SegmentLabel), Code(item, DicomTag.SegmentedPropertyCategoryCodeSequence),
                Code(item, DicomTag.SegmentedPropertyTypeCodeSequence), item.GetStringOrEmpty(DicomTag.SegmentAlgorithmType),
                item.GetStringOrEmpty(DicomTag.SegmentAlgorithmName)));
        }

        segments.Sort((a, b) => a.Number.CompareTo(b.Number));
        return segments;
    }

    private static CodedConcept? Code(DicomDataset item, DicomTag tag)
    {
        if (!item.TryGetSequence(tag, out DicomSequence? sequence) || sequence.Items is not [var code, ..]) return null;
        try
        {
            return new CodedConcept(code.GetStringOrEmpty(DicomTag.CodeValue), code.GetStringOrEmpty(DicomTag.CodingSchemeDesignator),
                code.GetStringOrEmpty(DicomTag.CodeMeaning));
        }
        catch (ArgumentException)
        {
            return null; // a code for people, not needed to read pixels
        }
    }

    private static List<ReadSegmentationFrame> FramesOf(DicomDataset dataset, int count, SegmentationKind kind, IReadOnlyList<ReadSegment> segments)
    {
        DicomDataset? shared = dataset.TryGetSequence(DicomTag.SharedFunctionalGroupsSequence, out DicomSequence? groups) && groups.Items is [var first, ..]
            ? first : null;
        IReadOnlyList<DicomDataset> each = dataset.TryGetSequence(DicomTag.PerFrameFunctionalGroupsSequence, out DicomSequence? perFrame) ? perFrame.Items : [];
        // One frame may have all it needs in the shared groups.
        if (each.Count != count && !(each.Count == 0 && count == 1))
            throw new DicomFormatException($"NumberOfFrames is {count}, PerFrameFunctionalGroupsSequence (5200,9230) has {each.Count} items");
        HashSet<int> numbers = [.. segments.Select(segment => segment.Number)];
        List<ReadSegmentationFrame> frames = [];
        for (int index = 0; index < count; index++)
        {
            DicomDataset? own = index < each.Count ? each[index] : null;
            int? segment = null;
            if (kind != SegmentationKind.LabelMap)
            {
                if (Group(own, shared, DicomTag.SegmentIdentificationSequence) is not { } identification ||
                    !identification.TryGetSingleValue(DicomTag.ReferencedSegmentNumber, out int number))
                    throw new DicomFormatException($"frame {index + 1} has no ReferencedSegmentNumber (0062,000B)");
                segment = numbers.Contains(number) ? number
                    : throw new DicomFormatException($"frame {index + 1} is of segment {number}, which SegmentSequence does not describe");
            }

            frames.Add(Frame(index, segment, own, shared));
        }

        return frames;
    }

    private static ReadSegmentationFrame Frame(int index, int? segment, DicomDataset? own, DicomDataset? shared)
    {
        double[] orientation = Numbers(DicomTag.PlaneOrientationSequence, DicomTag.ImageOrientationPatient, 6)
            ?? throw Missing("ImageOrientationPatient (0020,0037)");
        double[] spacing = Numbers(DicomTag.PixelMeasuresSequence, DicomTag.PixelSpacing, 2) ?? throw Missing("PixelSpacing (0028,0030)");
        if (!(spacing[0] > 0 && spacing[1] > 0))
            throw new DicomFormatException(FormattableString.Invariant($"frame {index + 1} has a PixelSpacing of {spacing[0]} x {spacing[1]} mm"));
        double[] row = Unit(orientation[..3]), column = Unit(orientation[3..]);
        if (!(Math.Abs(row[0] * column[0] + row[1] * column[1] + row[2] * column[2]) <= 1e-3))
            throw new DicomFormatException($"frame {index + 1} has an ImageOrientationPatient whose directions are not perpendicular");
        return new ReadSegmentationFrame(index, segment, Numbers(DicomTag.PlanePositionSequence, DicomTag.ImagePositionPatient, 3), row, column,
            spacing[1], spacing[0], Source());

        double[]? Numbers(DicomTag group, DicomTag tag, int length) =>
            Group(own, shared, group)?.GetNumbers(tag) is { } numbers && numbers.Length == length && Array.TrueForAll(numbers, double.IsFinite)
                ? numbers : null;

        DicomFormatException Missing(string what) => new($"frame {index + 1} has no {what} that is numbers: it cannot be placed in the patient");

        double[] Unit(double[] direction)
        {
            double length = Math.Sqrt(direction[0] * direction[0] + direction[1] * direction[1] + direction[2] * direction[2]);
            return Math.Abs(length - 1) < 1e-2 ? Array.ConvertAll(direction, part => part / length)
                : throw new DicomFormatException($"frame {index + 1} has an ImageOrientationPatient that is no pair of unit vectors");
        }

        string? Source() =>
            Group(own, shared, DicomTag.DerivationImageSequence) is { } derivation &&
            derivation.TryGetSequence(DicomTag.SourceImageSequence, out DicomSequence? images) && images.Items is [var image] &&
            image.GetStringOrEmpty(DicomTag.ReferencedSOPInstanceUID) is { Length: > 0 } uid ? uid : null;
    }

    /// <summary>The item of a functional group: the frame's own before the shared one.</summary>
    private static DicomDataset? Group(DicomDataset? own, DicomDataset? shared, DicomTag tag)
    {
        foreach (DicomDataset? groups in (DicomDataset?[])[own, shared])
            if (groups is not null && groups.TryGetSequence(tag, out DicomSequence? sequence) && sequence.Items is [var first, ..]) return first;
        return null;
    }
}
