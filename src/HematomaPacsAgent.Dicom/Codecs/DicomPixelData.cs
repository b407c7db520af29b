namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>The frames of an image, native or compressed, one at a time: a multi-frame image is never held whole.</summary>
/// <remarks>PS3.3 §C.7.6.3, PS3.5 §8 and annex A.4</remarks>
public sealed class DicomPixelData
{
    private readonly DicomElement? native;
    private readonly FrameFragments? fragments;
    private readonly IPixelDecoder? decoder;
    private readonly string syntaxName;

    /// <param name="dataset">An image.</param>
    /// <param name="syntax">Of the data set.</param>
    /// <exception cref="DicomFormatException">An attribute of the image is missing or out of range, the pixel data is missing or too short,
    /// or no decoder
    /// is here for the syntax.</exception>
    public DicomPixelData(DicomDataset dataset, DicomTransferSyntax syntax)
    {
        int Number(DicomTag tag) => DicomPixelData.Number(dataset, tag);
        Format = new PixelFormat(Number(DicomTag.Rows), Number(DicomTag.Columns), Number(DicomTag.SamplesPerPixel),
            Number(DicomTag.BitsAllocated), Number(DicomTag.BitsStored), Number(DicomTag.PixelRepresentation) == 1);
        NumberOfFrames = dataset.Contains(DicomTag.NumberOfFrames) ? Number(DicomTag.NumberOfFrames) : 1;
        if (NumberOfFrames < 1) throw new DicomFormatException($"NumberOfFrames is {NumberOfFrames}");
        syntaxName = syntax.Name;
        if (!dataset.TryGetItem(DicomTag.PixelData, out DicomItem? item))
            throw new DicomFormatException("PixelData (7FE0,0010) is missing: no image");
        if (item is DicomFragmentSequence encapsulated)
        {
            decoder = PixelDecoders.Find(syntax) ?? throw new DicomFormatException($"no decoder is here for {syntax.Name}");
            fragments = new FrameFragments(encapsulated, dataset, NumberOfFrames);
            return;
        }

        native = item as DicomElement ?? throw new DicomFormatException("PixelData (7FE0,0010) is no value");
        if (syntax.IsEncapsulated) throw new DicomFormatException($"pixel data is not encapsulated, as {syntax.Name} asks");
        long needed = (long)NumberOfFrames * Format.FrameBytes;
        if (native.Length < needed)
            throw new DicomFormatException($"pixel data has {native.Length} bytes; {NumberOfFrames} frames of {Format.FrameBytes} need {needed}: the image is truncated");
    }

    /// <summary>Of each frame once decoded.</summary>
    public PixelFormat Format { get; }

    public int NumberOfFrames { get; }

    /// <summary>One frame as native pixel data: little endian. Samples of a colour pixel lie together; a native image's planes stay as they
    /// are.</summary>
    /// <param name="index">0 to <see cref="NumberOfFrames"/> - 1.</param>
    /// <param name="cancellation">Stops decoding.</param>
    /// <exception cref="DicomFormatException">The frame is damaged; the message says how and in what syntax.</exception>
    public byte[] GetFrame(int index, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, NumberOfFrames);
        byte[] frame;
        if (fragments is not null)
        {
            byte[] compressed = fragments.Read(index);
            if (compressed.Length == 0) throw new DicomFormatException($"frame {index + 1} is empty");
            frame = new byte[Format.FrameBytes];
            try
            {
                decoder!.Decode(compressed, Format, frame, cancellation);
            }
            catch (DicomFormatException e)
            {
                throw new DicomFormatException($"frame {index + 1} ({syntaxName}): {e.Message}", e);
            }

            return frame;
        }

        frame = new byte[Format.FrameBytes];
        using Stream value = native!.OpenRead();
        value.Position += (long)index * Format.FrameBytes;
        return value.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false) == frame.Length ? frame
            : throw new DicomFormatException("pixel data ends early; the file was changed after it was opened");
    }

    private static int Number(DicomDataset dataset, DicomTag tag) => dataset.TryGetSingleValue(tag, out int value) ? value
        : throw new DicomFormatException($"{DicomDictionary.Lookup(tag).Keyword} {tag} is missing or no number: no image");
}
