namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Decodes the frames of one compression. Safe for several threads at once.</summary>
public interface IPixelDecoder
{
    /// <summary>Decodes one frame.</summary>
    /// <param name="stream">The frame's compressed bytes, of all its fragments.</param>
    /// <param name="format">What the data set says of the frame. A stream that says otherwise is refused before memory is taken for
    /// it.</param>
    /// <param name="target"><see cref="PixelFormat.FrameBytes"/> bytes, filled as native pixel data: little endian, samples
    /// interleaved.</param>
    /// <param name="cancellation">Stops within a second.</param>
    /// <exception cref="DicomFormatException">The stream is malformed, ends early, or does not agree with
    /// <paramref name="format"/>.</exception>
    void Decode(ReadOnlySpan<byte> stream, PixelFormat format, Span<byte> target, CancellationToken cancellation);
}
