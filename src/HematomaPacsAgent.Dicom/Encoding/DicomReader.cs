using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>Reads data sets from a seekable stream. Every length is held against the bytes that are left before memory is taken for it.</summary>
/// <remarks>PS3.5 §7.1, §7.5, annex A.</remarks>
public sealed class DicomReader
{
    private const uint Undefined = 0xFFFFFFFF;

    private readonly Stream stream;
    private readonly string name;
    private readonly string? deferPath;
    private readonly DicomReadLimits limits;
    private readonly byte[] header = new byte[8];
    private int items;

    /// <param name="stream">Seekable; read from where it stands.</param>
    /// <param name="name">How errors call it.</param>
    /// <param name="deferPath">The file behind the stream, when large values may stay in it.</param>
    /// <param name="limits">Against hostile input.</param>
    public DicomReader(Stream stream, string name, string? deferPath = null, DicomReadLimits? limits = null) =>
        (this.stream, this.name, this.deferPath, this.limits) = (stream, name, deferPath, limits ?? DicomReadLimits.Default);

    /// <summary>Reads a data set to the end of the stream, or to the first tag at its top level of which <paramref name="stopAt"/> is true.</summary>
    /// <exception cref="DicomFormatException">The bytes are not a data set of this syntax, or end early.</exception>
    public DicomDataset ReadDataset(DicomTransferSyntax syntax, Predicate<DicomTag>? stopAt = null)
    {
        if (syntax.IsBigEndian || syntax.IsDeflated) throw new DicomFormatException($"{name}: transfer syntax {syntax.Name} is not read by this version");
        return ReadDataset(stream.Length, syntax.IsExplicitVR, stopAt, depth: 0, inItem: false);
    }

    private DicomDataset ReadDataset(long end, bool explicitVR, Predicate<DicomTag>? stopAt, int depth, bool inItem)
    {
        if (depth > limits.Depth) throw Broken(stream.Position, $"sequences are nested deeper than {limits.Depth}");
        DicomDataset dataset = new();
        while (stream.Position < end)
        {
            long at = stream.Position;
            if (end - at < 8)
            {
                // Some writers pad the end of a file with a few zero bytes.
                if (!inItem && OnlyZeros(end)) break;
                throw Broken(at, $"{end - at} bytes are left where an element needs at least 8: the file is truncated");
            }

            DicomTag tag = ReadTag();
            if (stopAt is not null && stopAt(tag))
            {
                stream.Position = at;
                break;
            }

            if (tag == DicomTag.ItemDelimitationItem && inItem)
            {
                ReadUInt32();
                break;
            }

            if (tag.Group == 0xFFFE) throw Broken(at, $"{tag} where an element is expected");
            if (tag == new DicomTag(0, 0) && !inItem && OnlyZeros(end)) break;
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} elements");
            dataset.AddOrUpdate(ReadItem(tag, explicitVR, end, depth));
        }

        return dataset;
    }

    private DicomItem ReadItem(DicomTag tag, bool explicitVR, long end, int depth)
    {
        (DicomVR vr, uint length) = explicitVR ? ReadExplicitHeader(tag, end) : (DicomDictionary.Lookup(tag).VR, ReadUInt32());
        long at = stream.Position;
        if (length == Undefined)
        {
            if (tag == DicomTag.PixelData && explicitVR || vr == DicomVR.OB || vr == DicomVR.OW) return ReadFragments(tag, vr, end);
            // UN of undefined length is an implicit VR sequence (CP-246).
            return ReadSequence(tag, end, untilDelimiter: true, explicitVR && vr != DicomVR.UN, depth);
        }

        if (length > end - at) throw Broken(at, $"{tag} says {length} bytes, {end - at} are left: the file is truncated");
        if (vr == DicomVR.SQ) return ReadSequence(tag, at + length, untilDelimiter: false, explicitVR, depth);
        return ReadValue(tag, vr, length);
    }

    private (DicomVR VR, uint Length) ReadExplicitHeader(DicomTag tag, long end)
    {
        Fill(4);
        string code = Encoding.ASCII.GetString(header, 0, 2);
        ushort shortLength = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(2));
        DicomVR? vr = DicomVR.Find(code);
        if (vr is { HasLongLength: false }) return (vr, shortLength);
        // A representation not known here is taken to have the long form, as all newer ones do (PS3.5 §6.2.2).
        if (vr is null && !(char.IsAsciiLetterUpper(code[0]) && char.IsAsciiLetterUpper(code[1]) || code == "\0\0" || code == "??" || code == "  "))
            throw Broken(stream.Position - 4, $"{tag} has no value representation: the bytes are not explicit VR");
        if (end - stream.Position < 4) throw Broken(stream.Position, $"{tag} ends within its length: the file is truncated");
        return (vr ?? DicomVR.UN, ReadUInt32());
    }

    private DicomElement ReadValue(DicomTag tag, DicomVR vr, long length)
    {
        if (length > limits.DeferAbove && deferPath is not null)
        {
            DicomElement deferred = new(tag, vr, deferPath, stream.Position, length);
            stream.Position += length;
            return deferred;
        }

        if (length > limits.LongestValue) throw Broken(stream.Position, $"{tag} says {length} bytes; at most {limits.LongestValue} are held in memory");
        byte[] value = new byte[length];
        stream.ReadExactly(value);
        return new DicomElement(tag, vr, value);
    }

    private DicomSequence ReadSequence(DicomTag tag, long end, bool untilDelimiter, bool explicitVR, int depth)
    {
        List<DicomDataset> found = [];
        while (stream.Position < end)
        {
            long at = stream.Position;
            if (end - at < 8) throw Broken(at, $"sequence {tag} ends within an item: the file is truncated");
            DicomTag item = ReadTag();
            uint length = ReadUInt32();
            if (item == DicomTag.SequenceDelimitationItem && untilDelimiter) return new DicomSequence(tag, found);
            if (item != DicomTag.Item) throw Broken(at, $"{item} in sequence {tag} where an item is expected");
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} items");
            long itemEnd = length == Undefined ? end : stream.Position + length;
            if (itemEnd > end) throw Broken(at, $"an item of {tag} says {length} bytes, {end - stream.Position} are left: the file is truncated");
            long before = stream.Position;
            found.Add(ReadDataset(itemEnd, explicitVR, null, depth + 1, inItem: true));
            if (length != Undefined) stream.Position = before + length;
        }

        return untilDelimiter ? throw Broken(end, $"sequence {tag} has no end: the file is truncated") : new DicomSequence(tag, found);
    }

    private DicomFragmentSequence ReadFragments(DicomTag tag, DicomVR vr, long end)
    {
        List<DicomElement> fragments = [];
        while (end - stream.Position >= 8)
        {
            long at = stream.Position;
            DicomTag item = ReadTag();
            uint length = ReadUInt32();
            if (item == DicomTag.SequenceDelimitationItem) return new DicomFragmentSequence(tag, vr, fragments);
            if (item != DicomTag.Item || length > end - stream.Position)
                throw Broken(at, $"a fragment of {tag} says {length} bytes, {end - stream.Position} are left: the file is truncated");
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} fragments");
            fragments.Add(ReadValue(DicomTag.Item, DicomVR.OB, length));
        }

        throw Broken(stream.Position, $"the fragments of {tag} have no end: the file is truncated");
    }

    private bool OnlyZeros(long end)
    {
        long at = stream.Position;
        int next = 0;
        while (stream.Position < end && (next = stream.ReadByte()) == 0) { }
        if (next == 0) return true;
        stream.Position = at;
        return false;
    }

    private DicomTag ReadTag()
    {
        Fill(4);
        return new DicomTag(BinaryPrimitives.ReadUInt16LittleEndian(header), BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(2)));
    }

    private uint ReadUInt32()
    {
        Fill(4);
        return BinaryPrimitives.ReadUInt32LittleEndian(header);
    }

    private void Fill(int count)
    {
        if (stream.ReadAtLeast(header.AsSpan(0, count), count, throwOnEndOfStream: false) < count) throw Broken(stream.Position, "the file is truncated");
    }

    private DicomFormatException Broken(long at, string what) => new($"{name}, byte {at}: {what}");
}
