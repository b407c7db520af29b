using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>Which fragments of encapsulated pixel data make up which frame.</summary>
/// <remarks>PS3.5 §A.4; extended offset table: PS3.3 §C.7.6.3.1.8</remarks>
internal sealed class FrameFragments
{
    private const int ItemHeader = 8;

    /// <summary>Most bytes of one compressed frame.</summary>
    private const long LongestFrame = 1L << 28;

    private readonly IReadOnlyList<DicomElement> all;
    private readonly ulong[]? lengths;

    // The first fragment of each frame, and one more for the end.
    private readonly int[] first;

    /// <exception cref="DicomFormatException">A table disagrees with the fragments, or there is none and the frames cannot be told
    /// apart.</exception>
    public FrameFragments(DicomFragmentSequence sequence, DicomDataset dataset, int frames)
    {
        if (sequence.Fragments.Count < 2) throw new DicomFormatException("encapsulated pixel data has no fragment");
        all = sequence.Fragments;
        int count = all.Count - 1;
        if (Table(dataset, DicomTag.ExtendedOffsetTable) is { Length: > 0 } extended)
        {
            lengths = Table(dataset, DicomTag.ExtendedOffsetTableLengths);
            if (extended.Length != frames || lengths?.Length != frames)
                throw new DicomFormatException($"the extended offset table has {extended.Length} offsets and {lengths?.Length ?? 0} lengths for {frames} frames");
            first = Starts(extended);
        }
        else if (frames == 1) first = [1, all.Count];
        else if (all[0].Length > 0) first = Starts(BasicTable(frames));
        else if (count == frames) first = [.. Enumerable.Range(1, frames + 1)];
        else first = StartsOfStreams(frames, count);
    }

    /// <summary>The compressed bytes of a frame, its fragments joined.</summary>
    public byte[] Read(int frame)
    {
        IEnumerable<DicomElement> pieces = all.Skip(first[frame]).Take(first[frame + 1] - first[frame]);
        long length = pieces.Sum(piece => piece.Length);
        if (lengths is not null && lengths[frame] > (ulong)length)
            throw new DicomFormatException($"the extended offset table gives frame {frame + 1} {lengths[frame]} bytes; its fragments have {length}");
        if (length > LongestFrame)
            throw new DicomFormatException($"frame {frame + 1} has {length} compressed bytes; {LongestFrame} are allowed");
        byte[] bytes = new byte[length];
        int at = 0;
        foreach (DicomElement piece in pieces)
        {
            using Stream value = piece.OpenRead();
            int count = (int)piece.Length;
            if (value.ReadAtLeast(bytes.AsSpan(at, count), count, throwOnEndOfStream: false) < count)
                throw new DicomFormatException("pixel data ends early; the file was changed after it was opened");
            at += count;
        }

        // The table knows an odd length, the fragment is padded.
        return lengths is not null && lengths[frame] < (ulong)length ? bytes[..(int)lengths[frame]] : bytes;
    }

    private static ulong[]? Table(DicomDataset dataset, DicomTag tag)
    {
        if (!dataset.TryGetItem(tag, out DicomItem? item) || item is not DicomElement element) return null;
        ReadOnlySpan<byte> bytes = element.Bytes.Span;
        ulong[] values = new ulong[bytes.Length / sizeof(ulong)];
        for (int i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        return values;
    }

    private ulong[] BasicTable(int frames)
    {
        ReadOnlySpan<byte> bytes = all[0].Bytes.Span;
        if (bytes.Length != (long)frames * sizeof(uint))
            throw new DicomFormatException($"the basic offset table has {bytes.Length} bytes for {frames} frames: 4 each are expected");
        ulong[] offsets = new ulong[frames];
        for (int i = 0; i < frames; i++) offsets[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * sizeof(uint))..]);
        return offsets;
    }

    /// <summary>Offsets count from the item tag of the first fragment; each must meet one.</summary>
    private int[] Starts(ulong[] offsets)
    {
        int[] starts = new int[offsets.Length + 1];
        ulong at = 0;
        int fragment = 1;
        for (int frame = 0; frame < offsets.Length; frame++)
        {
            if (frame == 0 && offsets[0] != 0) throw Wrong(0, offsets[0]);
            for (; fragment < all.Count && at < offsets[frame]; fragment++) at += (ulong)all[fragment].Length + ItemHeader;
            if (fragment == all.Count || at != offsets[frame] || frame > 0 && fragment == starts[frame - 1])
                throw Wrong(frame, offsets[frame]);
            starts[frame] = fragment;
        }

        starts[^1] = all.Count;
        return starts;

        static DicomFormatException Wrong(int frame, ulong offset) =>
            new($"the offset table has frame {frame + 1} at byte {offset}, where no fragment of it begins: table or fragments are damaged");
    }

    /// <summary>Without a table, a JPEG frame begins where a fragment begins with the marker that begins a stream (SOI, or SOC in JPEG
    /// 2000).</summary>
    private int[] StartsOfStreams(int frames, int count)
    {
        List<int> starts = [];
        byte[] head = new byte[2];
        for (int i = 1; i < all.Count; i++)
        {
            using Stream value = all[i].OpenRead();
            if (value.ReadAtLeast(head, 2, throwOnEndOfStream: false) == 2 && head is [0xFF, 0xD8 or 0x4F]) starts.Add(i);
        }

        if (starts.Count != frames || starts[0] != 1)
            throw new DicomFormatException($"{count} fragments for {frames} frames and no offset table: the frames cannot be told apart");
        return [.. starts, all.Count];
    }
}
