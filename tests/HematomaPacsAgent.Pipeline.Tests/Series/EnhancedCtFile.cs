using HematomaPacsAgent.Dicom;

namespace HematomaPacsAgent.Pipeline.Tests.Series;

/// <summary>A single-frame CT series rewritten as one Enhanced CT image, its frames in whatever order the files are given.</summary>
/// <remarks>PS3.3 §A.38.</remarks>
internal static class EnhancedCtFile
{
    private static readonly DicomTag[] Moved =
    [
        DicomTag.ImagePositionPatient, DicomTag.ImageOrientationPatient, DicomTag.PixelSpacing, DicomTag.SliceThickness, DicomTag.RescaleIntercept,
        DicomTag.RescaleSlope, DicomTag.RescaleType, DicomTag.ConvolutionKernel, DicomTag.PixelData, DicomTag.WindowCenter, DicomTag.WindowWidth,
    ];

    /// <param name="files">The series.</param>
    /// <param name="path">The file to write.</param>
    /// <param name="rescaleInEachFrame">Whether the rescale stands with each frame or once for all.</param>
    /// <param name="change">Of the whole data set, before it is written.</param>
    public static void Write(IReadOnlyList<string> files, string path, bool rescaleInEachFrame, Action<DicomDataset>? change = null)
    {
        DicomDataset[] slices = [.. files.Select(file => DicomFile.Open(file).Dataset)];
        DicomDataset whole = new DicomDataset().CopyItemsFrom(slices[0], [.. slices[0].Select(item => item.Tag).Where(tag => !Moved.Contains(tag))]);
        DicomDataset shared = new DicomDataset()
            .AddOrUpdate(DicomTag.PixelMeasuresSequence, Part(slices[0], DicomTag.PixelSpacing, DicomTag.SliceThickness))
            .AddOrUpdate(DicomTag.PlaneOrientationSequence, Part(slices[0], DicomTag.ImageOrientationPatient))
            .AddOrUpdate(DicomTag.CTReconstructionSequence, Part(slices[0], DicomTag.ConvolutionKernel));
        if (!rescaleInEachFrame) shared.AddOrUpdate(DicomTag.PixelValueTransformationSequence, Rescale(slices[0]));
        using MemoryStream pixels = new();
        foreach (DicomDataset slice in slices) pixels.Write(((DicomElement)slice.First(item => item.Tag == DicomTag.PixelData)).Bytes.Span);
        whole.AddOrUpdate(DicomTag.SOPClassUID, DicomUID.EnhancedCTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, DicomUID.Derive("enhanced", slices[0].GetString(DicomTag.SOPInstanceUID)))
            .AddOrUpdate(DicomTag.ImageType, "ORIGINAL", "PRIMARY", "VOLUME", "NONE")
            .AddOrUpdate(DicomTag.NumberOfFrames, slices.Length)
            .AddOrUpdate(DicomTag.SharedFunctionalGroupsSequence, shared)
            .AddOrUpdate(DicomTag.PerFrameFunctionalGroupsSequence, [.. slices.Select((slice, index) => Frame(slice, index, rescaleInEachFrame))])
            .AddOrUpdate(DicomVR.OW, DicomTag.PixelData, pixels.ToArray());
        change?.Invoke(whole);
        new DicomFile(whole, DicomTransferSyntax.ExplicitVRLittleEndian).Save(path);
    }

    private static DicomDataset Frame(DicomDataset slice, int index, bool rescale)
    {
        DicomDataset frame = new DicomDataset()
            .AddOrUpdate(DicomTag.PlanePositionSequence, Part(slice, DicomTag.ImagePositionPatient))
            .AddOrUpdate(DicomTag.CTImageFrameTypeSequence, new DicomDataset().AddOrUpdate(DicomTag.FrameType, "ORIGINAL", "PRIMARY", "VOLUME", "NONE"))
            .AddOrUpdate(DicomTag.FrameContentSequence, new DicomDataset().AddOrUpdate(DicomTag.FrameAcquisitionNumber, (ushort)1)
                .AddOrUpdate(DicomTag.StackID, "1").AddOrUpdate(DicomTag.InStackPositionNumber, (uint)index + 1));
        return rescale ? frame.AddOrUpdate(DicomTag.PixelValueTransformationSequence, Rescale(slice)) : frame;
    }

    private static DicomDataset Rescale(DicomDataset slice) => Part(slice, DicomTag.RescaleIntercept, DicomTag.RescaleSlope, DicomTag.RescaleType);

    private static DicomDataset Part(DicomDataset slice, params DicomTag[] tags) => new DicomDataset().CopyItemsFrom(slice, tags);
}
