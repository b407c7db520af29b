using System.Runtime.CompilerServices;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>A Huffman table of differences.</summary>
/// <remarks>ISO 10918-1 §C.2, §H.1.2.2.</remarks>
internal sealed class JpegLosslessTable
{
    /// <summary>Codes up to this length, with their extra bits where these fit too, are looked up in one step.</summary>
    private const int LookupBits = 11;

    private const int LongestCode = 16, Codes = 256, LargestCategory = 16;

    /// <summary>Low byte: bits to take, 0 for a longer code. Above it the difference, or with <see cref="Partial"/> its category.</summary>
    private readonly int[] lookup = new int[1 << LookupBits];

    private const int Partial = 0x80;

    /// <summary>
    /// One past the last code of a length, left-aligned to 16 bits; and what to add to a code for its place in <see cref="categories"/>.
    /// </summary>
    private readonly int[] limit = new int[LongestCode + 1], shift = new int[LongestCode + 1];
    private readonly byte[] categories;

    private JpegLosslessTable(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> values)
    {
        categories = values.ToArray();
        int code = 0, at = 0;
        for (int length = 1; length <= LongestCode; length++)
        {
            shift[length] = at - code;
            for (int i = 0; i < counts[length - 1]; i++) Enter(code++, length, categories[at++]);
            if (code > 1 << length) throw new DicomFormatException($"JPEG Huffman table has more codes of {length} bits than there can be");
            limit[length] = code << (LongestCode - length);
            code <<= 1;
        }
    }

    /// <summary>Takes the tables of a DHT segment over into their slots.</summary>
    /// <param name="tables">Four slots. Tables for AC coefficients (class 1) have no use here and are passed over.</param>
    public static void Define(ReadOnlySpan<byte> segment, JpegLosslessTable?[] tables)
    {
        while (segment.Length > 0)
        {
            int slot = segment[0] & 15, kind = segment[0] >> 4, total = 0;
            if (segment.Length > LongestCode)
                foreach (byte count in segment.Slice(1, LongestCode)) total += count;
            if (slot > 3 || kind > 1 || total > Codes || segment.Length < 1 + LongestCode + total)
                throw new DicomFormatException($"JPEG Huffman table {segment[0]:X2} of {total} codes is not one: the stream is damaged");
            if (kind == 0) tables[slot] = new JpegLosslessTable(segment.Slice(1, LongestCode), segment.Slice(1 + LongestCode, total));
            segment = segment[(1 + LongestCode + total)..];
        }
    }

    /// <summary>Reads a difference: -32767 to 32768.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(ref EntropyBitReader reader, ref BitWindow window)
    {
        if (window.Count < 2 * LongestCode) window = reader.Fill(window);
        int entry = lookup[window.Peek(LookupBits)];
        int length = entry & 0xFF;
        if (length is > 0 and < Partial)
        {
            window.Skip(length);
            return entry >> 8;
        }

        (int difference, length) = ReadLong(window, entry);
        window.Skip(length);
        return difference;
    }

    private (int Difference, int Length) ReadLong(BitWindow window, int entry)
    {
        int category, length = entry & 0x7F;
        if (length > 0)
        {
            category = entry >> 8;
        }
        else
        {
            int next = (int)window.Peek(LongestCode);
            for (length = LookupBits + 1; length <= LongestCode && next >= limit[length];) length++;
            if (length > LongestCode) throw new DicomFormatException("JPEG Huffman code that is in no table: the stream is damaged");
            category = categories[(next >> (LongestCode - length)) + shift[length]];
        }

        window.Skip(length);
        // 16 has no extra bits: its one difference is 32768, which is -32768 modulo 2^16.
        if (category == LargestCategory) return (32768, length);
        if (category > LargestCategory) throw new DicomFormatException($"JPEG difference of {category} bits: the stream is damaged");
        return (Extend((int)window.Take(category), category), length + category);
    }

    private void Enter(int code, int length, int category)
    {
        if (length > LookupBits || code >= 1 << length) return;
        int free = LookupBits - length, first = code << free;
        for (int rest = 0; rest < 1 << free; rest++)
            lookup[first + rest] = category <= free
                ? Extend(rest >> (free - category), category) << 8 | (length + category)
                : category << 8 | Partial | length;
    }

    /// <remarks>ISO 10918-1 figure F.12.</remarks>
    private static int Extend(int value, int category) => category > 0 && value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
}
