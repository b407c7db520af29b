using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Puts decoded samples where native pixel data has them.</summary>
/// <remarks>
/// JPEG and JPEG-LS know no sign: they carry a sample's bits. Where they carry just the bits stored of a signed sample, its sign is
/// extended
/// over the bits allocated. A stream of more bits than are stored, as DCMTK and GDCM write it, carries the upper bits itself; they stay.
/// </remarks>
internal readonly struct SampleLineWriter(PixelFormat format, int precision, int shift = 0)
{
    private readonly int signShift = format.IsSigned && precision == format.BitsStored ? 32 - precision : 0;

    /// <summary>Writes one line of one component.</summary>
    /// <param name="line">Samples of <paramref name="step"/> interleaved components, this one's first.</param>
    /// <param name="sample">0 to SamplesPerPixel - 1.</param>
    public void Write(ReadOnlySpan<ushort> line, int step, Span<byte> target, int row, int sample)
    {
        int stride = format.SamplesPerPixel, start = row * format.Columns * stride;
        if (format.BytesPerSample == 1) Write(line, step, target.Slice(start, format.Columns * stride)[sample..], stride);
        else Write(line, step, MemoryMarshal.Cast<byte, ushort>(target).Slice(start, format.Columns * stride)[sample..], stride);
    }

    /// <summary>Writes a piece of one line of one component.</summary>
    /// <param name="column">Of its first sample.</param>
    public void WriteAt(ReadOnlySpan<ushort> piece, Span<byte> target, int row, int column, int sample)
    {
        int stride = format.SamplesPerPixel, start = (row * format.Columns + column) * stride, length = piece.Length * stride;
        if (format.BytesPerSample == 1) Write(piece, 1, target.Slice(start, length)[sample..], stride);
        else Write(piece, 1, MemoryMarshal.Cast<byte, ushort>(target).Slice(start, length)[sample..], stride);
    }

    private void Write(ReadOnlySpan<ushort> line, int step, Span<byte> target, int stride)
    {
        for (int from = 0, to = 0; to < target.Length; from += step, to += stride) target[to] = (byte)Extend(line[from]);
    }

    private void Write(ReadOnlySpan<ushort> line, int step, Span<ushort> target, int stride)
    {
        if (step == 1 && stride == 1 && shift == 0 && signShift == 0 && BitConverter.IsLittleEndian)
        {
            line[..target.Length].CopyTo(target);
            return;
        }

        for (int from = 0, to = 0; to < target.Length; from += step, to += stride)
        {
            ushort value = (ushort)Extend(line[from]);
            target[to] = BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
        }
    }

    private int Extend(int value) => value << shift << signShift >> signShift;
}
