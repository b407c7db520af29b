using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Objects;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent.Pipeline.Regions;

/// <summary>A segment of a DICOM Segmentation on an image's grid, by its frames' plane positions.</summary>
internal static class SegmentRegion
{
    public static PlacedRegion Read(ReadSegmentation segmentation, string name, CaseImage image, RegionChoice choice, double toleranceMm,
        CancellationToken cancellation)
    {
        ReadSegment segment = Choose(segmentation, name, choice);
        CheckFrameOfReference(segmentation, name, image.Series);
        // A multi-frame image is no slice: its UID places nothing.
        Dictionary<string, int> slices = image.Series?.Source.Slices.Index().Where(slice => slice.Item.Instance.FrameNumber is null)
            .DistinctBy(slice => slice.Item.Instance.SopInstanceUid.Value)
            .ToDictionary(slice => slice.Item.Instance.SopInstanceUid.Value, slice => slice.Index) ?? [];
        HashSet<string> sources = [.. image.Series?.Source.Instances.Select(instance => instance.SopInstanceUid.Value) ?? []];
        bool[] mask = new bool[image.Grid.Count], pixels = new bool[segmentation.Rows * segmentation.Columns];
        List<string> notes = [.. segmentation.Notes];
        bool isReordered = false;
        int strange = 0, used = 0;
        foreach (ReadSegmentationFrame frame in segmentation.FramesOf(segment.Number))
        {
            cancellation.ThrowIfCancellationRequested();
            segmentation.ReadFrame(frame, segment.Number, pixels, cancellation);
            if (!pixels.AsSpan().Contains(true)) continue;
            MaskPlane plane = Plane(segmentation, frame, name, image, slices);
            PlaneFit fit = image.Planes.Fit(plane, toleranceMm);
            image.Planes.Put(plane, fit, pixels, mask);
            isReordered |= !fit.IsAsItLies;
            used++;
            if (sources.Count > 0 && frame.SourceInstanceUid is { } uid && !sources.Contains(uid)) strange++;
        }

        if (used == 0) throw new RadiomicsException($"{name}: segment {segment} is empty. There is no region to measure");
        if (isReordered) notes.Add("the segmentation's axes run otherwise than the image's: its pixels were reordered, none was interpolated");
        if (strange > 0)
            notes.Add($"{strange} of {used} frames name images that are not in this series, yet lie on its slices: " +
                "the segmentation was made on another reconstruction");
        return new PlacedRegion(mask, $"segment {segment}", notes);
    }

    private static ReadSegment Choose(ReadSegmentation segmentation, string name, RegionChoice choice)
    {
        IReadOnlyList<ReadSegment> segments = segmentation.Segments;
        string all = string.Join(", ", segments.Take(20)) + (segments.Count > 20 ? ", …" : "");
        if (choice.Number is { } number)
            return segments.FirstOrDefault(segment => segment.Number == number)
                ?? throw new RadiomicsException($"{name} has no segment {number}; it has {all}: choose one of them");
        if (choice.Segment is { } label)
            return segments.Where(segment => string.Equals(segment.Label, label, StringComparison.OrdinalIgnoreCase)).ToArray() switch
            {
                [var only] => only,
                [] => throw new RadiomicsException($"{name} has no segment '{label}'; it has {all}: choose one of them"),
                _ => throw new RadiomicsException($"{name} has several segments '{label}': {all}. Choose one by its number"),
            };
        return segments switch
        {
            [var only] => only,
            [] => throw new RadiomicsException($"{name} has no segment but the background: there is no region to measure"),
            _ => throw new RadiomicsException($"{name} has {segments.Count} segments: {all}. Choose one by its number or label"),
        };
    }

    private static void CheckFrameOfReference(ReadSegmentation segmentation, string name, CtSeries? series)
    {
        if (series is null || segmentation.FrameOfReferenceUid.Length == 0) return;
        if (series.Source.Header.GetStringOrEmpty(DicomTag.FrameOfReferenceUID) != segmentation.FrameOfReferenceUid)
            throw new RadiomicsException($"{name} and the image have different frames of reference (0020,0052): their positions cannot be compared. " +
                "Use the series that the segmentation was made on");
    }

    private static MaskPlane Plane(ReadSegmentation segmentation, ReadSegmentationFrame frame, string name, CaseImage image, Dictionary<string, int> slices)
    {
        string frameName = $"frame {frame.Index + 1} of {name}";
        IReadOnlyList<double> position = frame.Position
            ?? (frame.SourceInstanceUid is { } uid && slices.TryGetValue(uid, out int slice) ? image.Planes.OriginOf(slice)
                : throw new RadiomicsException($"{frameName} has no ImagePositionPatient (0020,0032) and names no image of this series: it cannot be placed"));
        return new MaskPlane(frameName, position, frame.RowDirection, frame.ColumnDirection, frame.ColumnSpacingMm, frame.RowSpacingMm,
            segmentation.Columns, segmentation.Rows);
    }
}
