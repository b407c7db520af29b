using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>
/// Takes entropy-coded bits up to the next marker, most significant first. Past the data come zeros, and <see cref="IsOverrun"/> says so.
/// </summary>
/// <param name="data">Entropy-coded data and what follows it.</param>
/// <param name="isJpegLs">
/// JPEG-LS: the byte after FF carries seven bits (ISO 14495-1 §A.1).
/// Else JPEG: the byte after FF is zero and carries none (ISO 10918-1 §F.1.2.3).
/// </param>
internal ref struct EntropyBitReader(ReadOnlySpan<byte> data, bool isJpegLs)
{
    /// <summary>As many bits as are there at least after <see cref="Fill"/>.</summary>
    public const int Filled = 56;

    private readonly ReadOnlySpan<byte> data = data;
    private readonly bool isJpegLs = isJpegLs;
    private int position;
    private int missing;
    private bool afterFF;

    /// <summary>The bits at hand. A loop over samples holds them in a variable, that is in registers, and gives them back.</summary>
    public BitWindow Window;

    /// <summary>Where the reader stopped: no marker lies before it.</summary>
    public readonly int Position => position;

    /// <summary>More bits were taken than the data have.</summary>
    public readonly bool IsOverrun => Window.Count < missing;

    /// <summary>The window with as many more bits as it can hold, at least <see cref="Filled"/> in all.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public BitWindow Fill(BitWindow window)
    {
        if (!afterFF && data.Length - position >= 8 && window.Count < 64)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(data[position..]);
            const ulong Ones = 0x0101010101010101, Tops = 0x8080808080808080;
            if (((~next - Ones) & next & Tops) == 0)
            {
                // No byte is FF. Bits that do not fill a byte are put in again, the same, by the next call.
                int bytes = (64 - window.Count) >> 3;
                position += bytes;
                return new BitWindow(window.Bits | next >> window.Count, window.Count + (bytes << 3));
            }
        }

        while (window.Count <= Filled) window = Append(window);
        return window;
    }

    /// <summary>A reader behind the restart marker that must come next.</summary>
    /// <param name="all">What this reader's data are a part of.</param>
    /// <param name="begin">Where in <paramref name="all"/> they begin; out: where the next interval does.</param>
    /// <param name="index">How many restarts came before.</param>
    /// <exception cref="DicomFormatException">Another marker comes, or none.</exception>
    public readonly EntropyBitReader NextInterval(ReadOnlySpan<byte> all, scoped ref int begin, int index)
    {
        JpegMarkerReader markers = new(all) { Position = begin + position };
        int expected = JpegMarker.Rst0 + index % 8;
        if (!markers.TryNext(out byte marker) || marker != expected)
            throw new DicomFormatException($"JPEG restart marker FF{expected:X2} missing where it belongs: the stream is cut off");
        begin = markers.Position;
        return new EntropyBitReader(markers.Rest, isJpegLs);
    }

    private BitWindow Append(BitWindow window)
    {
        int width = 8;
        byte value = 0;
        if (position >= data.Length || IsMarker())
        {
            missing += 8;
        }
        else
        {
            value = data[position++];
            if (isJpegLs)
            {
                if (afterFF) width = 7;
                afterFF = value == 0xFF;
            }
            else if (value == 0xFF)
            {
                position++;
            }
        }

        return new BitWindow(window.Bits | (ulong)value << (64 - width - window.Count), window.Count + width);
    }

    /// <summary>An FF that does not stand for itself, or ends the data.</summary>
    private readonly bool IsMarker()
    {
        if (isJpegLs && afterFF) return data[position] >= 0x80;
        if (data[position] != 0xFF) return false;
        return position + 1 == data.Length || (isJpegLs ? data[position + 1] >= 0x80 : data[position + 1] != 0);
    }
}
