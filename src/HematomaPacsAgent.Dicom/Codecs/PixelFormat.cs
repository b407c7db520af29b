namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>How one decoded frame lies in memory.</summary>
/// <remarks>PS3.3 §C.7.6.3 (image pixel module), PS3.5 §8.</remarks>
public sealed record PixelFormat
{
    /// <summary>Largest frame decoded, in bytes.</summary>
    public const long MaxFrameBytes = 1L << 28;

    /// <param name="rows">1 to 65535.</param>
    /// <param name="columns">1 to 65535.</param>
    /// <param name="samplesPerPixel">1 or 3.</param>
    /// <param name="bitsAllocated">8 or 16.</param>
    /// <param name="bitsStored">1 to <paramref name="bitsAllocated"/>.</param>
    /// <param name="isSigned">Pixel Representation 1: two's complement.</param>
    /// <exception cref="DicomFormatException">A value is outside its range, or the frame is larger than
    /// <see cref="MaxFrameBytes"/>.</exception>
    public PixelFormat(int rows, int columns, int samplesPerPixel, int bitsAllocated, int bitsStored, bool isSigned)
    {
        if (rows is < 1 or > ushort.MaxValue || columns is < 1 or > ushort.MaxValue)
            throw new DicomFormatException($"Rows x Columns is {rows} x {columns}: 1 to 65535 each are possible");
        if (samplesPerPixel is not (1 or 3)) throw new DicomFormatException($"SamplesPerPixel is {samplesPerPixel}: 1 and 3 are decoded");
        if (bitsAllocated is not (8 or 16)) throw new DicomFormatException($"BitsAllocated is {bitsAllocated}: 8 and 16 are decoded");
        if (bitsStored < 1 || bitsStored > bitsAllocated)
            throw new DicomFormatException($"BitsStored is {bitsStored} of {bitsAllocated} bits allocated");
        (Rows, Columns, SamplesPerPixel, BitsAllocated, BitsStored, IsSigned) = (rows, columns, samplesPerPixel, bitsAllocated, bitsStored,
            isSigned);
        long bytes = (long)rows * columns * samplesPerPixel * BytesPerSample;
        if (bytes > MaxFrameBytes)
            throw new DicomFormatException($"a frame of {rows} x {columns} x {samplesPerPixel} takes {bytes} bytes; {MaxFrameBytes} are allowed");
        FrameBytes = (int)bytes;
    }

    public int Rows { get; }
    public int Columns { get; }
    public int SamplesPerPixel { get; }
    public int BitsAllocated { get; }
    public int BitsStored { get; }
    public bool IsSigned { get; }

    public int BytesPerSample => BitsAllocated / 8;
    public int SamplesPerFrame => FrameBytes / BytesPerSample;

    /// <summary>Bytes of one frame, without padding.</summary>
    public int FrameBytes { get; }
}
