using System.Buffers.Binary;
using HematomaPacsAgent.Dicom.Codecs;

namespace HematomaPacsAgent.Dicom.Objects;

/// <summary>The pixel data of a Segmentation, checked against its frames when it is opened, read a frame at a time.</summary>
/// <remarks>PS3.5 §8.1.1 (bits run on from frame to frame, least significant first), §8.2 for compressed frames.</remarks>
internal sealed class SegmentationPixels
{
    private readonly SegmentationKind kind;
    private readonly DicomElement? bits;
    private readonly DicomPixelData? samples;
    private readonly int maximum;

    /// <exception cref="DicomFormatException">The pixel data does not hold the frames, or is of a form that is not read here.</exception>
    public SegmentationPixels(DicomDataset dataset, DicomTransferSyntax syntax, SegmentationKind kind)
    {
        this.kind = kind;
        (Rows, Columns) = (Number(DicomTag.Rows), Number(DicomTag.Columns));
        Frames = dataset.Contains(DicomTag.NumberOfFrames) ? Number(DicomTag.NumberOfFrames) : 1;
        if (Rows is < 1 or > ushort.MaxValue || Columns is < 1 or > ushort.MaxValue || (long)Rows * Columns > PixelFormat.MaxFrameBytes)
            throw new DicomFormatException($"a frame of {Columns} x {Rows} pixels is not read; at most {PixelFormat.MaxFrameBytes} pixels are");
        if (Frames < 1) throw new DicomFormatException($"NumberOfFrames is {Frames}");
        if (kind != SegmentationKind.Binary)
        {
            samples = new DicomPixelData(dataset, syntax);
            if (samples.Format.SamplesPerPixel != 1)
                throw new DicomFormatException($"SamplesPerPixel is {samples.Format.SamplesPerPixel}; a Segmentation of type {kind} has 1");
            if (kind == SegmentationKind.Fractional)
            {
                maximum = Number(DicomTag.MaximumFractionalValue);
                if (maximum < 1) throw new DicomFormatException($"MaximumFractionalValue is {maximum}");
            }

            return;
        }

        if (Number(DicomTag.BitsAllocated) != 1)
            throw new DicomFormatException($"BitsAllocated is {Number(DicomTag.BitsAllocated)}; a BINARY Segmentation has 1 bit a pixel");
        if (!dataset.TryGetItem(DicomTag.PixelData, out DicomItem? item)) throw new DicomFormatException("PixelData (7FE0,0010) is missing");
        bits = item as DicomElement ?? throw new DicomFormatException(
            $"frames of 1 bit a pixel are compressed ({syntax.Name}), which is not read here: decompress the file (dcmdrle, gdcmconv --raw) first");
        long needed = ((long)Frames * Rows * Columns + 7) / 8;
        if (bits.Length < needed)
            throw new DicomFormatException(
                $"pixel data has {bits.Length} bytes; {Frames} frames of {Columns} x {Rows} bits need {needed}: the object is truncated");

        int Number(DicomTag tag) => dataset.TryGetSingleValue(tag, out int value) ? value
            : throw new DicomFormatException($"{DicomDictionary.Lookup(tag).Keyword} {tag} is missing or no number");
    }

    public int Rows { get; }
    public int Columns { get; }
    public int Frames { get; }

    public void Read(int frame, int segmentNumber, Span<bool> target, CancellationToken cancellation)
    {
        if (samples is null)
        {
            ReadBits(frame, target);
            return;
        }

        ReadOnlySpan<byte> bytes = samples.GetFrame(frame, cancellation);
        bool isWide = samples.Format.BytesPerSample == 2;
        for (int i = 0; i < target.Length; i++)
        {
            int value = isWide ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[(2 * i)..]) : bytes[i];
            target[i] = kind == SegmentationKind.LabelMap ? value == segmentNumber : 2 * value >= maximum;
        }
    }

    private void ReadBits(int frame, Span<bool> target)
    {
        long first = (long)frame * target.Length, last = first + target.Length - 1;
        byte[] packed = new byte[(last >> 3) - (first >> 3) + 1];
        using Stream value = bits!.OpenRead();
        value.Position += first >> 3;
        if (value.ReadAtLeast(packed, packed.Length, throwOnEndOfStream: false) < packed.Length)
            throw new DicomFormatException("pixel data ends early; the file was changed after it was opened");
        int at = (int)(first & 7);
        for (int i = 0; i < target.Length; i++, at++) target[i] = (packed[at >> 3] >> (at & 7) & 1) != 0;
    }
}
