using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Reads entropy-coded bits up to the next marker, most significant first. Past the data come zeros, and <see cref="IsOverrun"/> says so.</summary>
/// <param name="data">Entropy-coded data and what follows it.</param>
/// <param name="isJpegLs">
/// JPEG-LS: the byte after FF carries seven bits (ISO 14495-1 §A.1). Else JPEG: the byte after FF is zero and carries none (ISO 10918-1 §F.1.2.3).
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

    /// <summary>The next bits, from the top down. Below <see cref="Count"/> bits may stand some that follow.</summary>
    private ulong bits;

    /// <summary>Valid bits at hand.</summary>
    public int Count { get; private set; }

    /// <summary>Where the reader stopped: no marker lies before it.</summary>
    public readonly int Position => position;

    /// <summary>More bits were taken than the data have.</summary>
    public readonly bool IsOverrun => Count < missing;

    /// <summary>Zeros before the next one, up to 64; right only up to <see cref="Count"/>.</summary>
    public readonly int LeadingZeros => BitOperations.LeadingZeroCount(bits);

    /// <summary>The next 1 to 32 bits, which stay.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Peek(int count) => (uint)(bits >> (64 - count));

    /// <summary>Takes 0 to 63 bits, of which <see cref="Count"/> must be at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Take(int count)
    {
        ulong value = bits >> 1 >> (63 - count);
        Skip(count);
        return value;
    }

    /// <summary>Drops 0 to 63 bits, of which <see cref="Count"/> must be at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        bits <<= count;
        Count -= count;
    }

    /// <summary>Sees to it that <paramref name="count"/> bits, at most <see cref="Filled"/>, are at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Need(int count)
    {
        if (Count < count) Fill();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Fill()
    {
        if (!afterFF && data.Length - position >= 8)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(data[position..]);
            const ulong Ones = 0x0101010101010101, Tops = 0x8080808080808080;
            if (((~next - Ones) & next & Tops) == 0)
            {
                // No byte is FF. Bits that do not fill a byte are put in again, the same, by the next call.
                bits |= next >> Count;
                int bytes = (64 - Count) >> 3;
                position += bytes;
                Count += bytes << 3;
                return;
            }
        }

        while (Count <= Filled) Append();
    }

    private void Append()
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

        bits |= (ulong)value << (64 - width - Count);
        Count += width;
    }

    /// <summary>An FF that does not stand for itself, or ends the data.</summary>
    private readonly bool IsMarker()
    {
        if (isJpegLs && afterFF) return data[position] >= 0x80;
        if (data[position] != 0xFF) return false;
        return position + 1 == data.Length || (isJpegLs ? data[position + 1] >= 0x80 : data[position + 1] != 0);
    }
}
