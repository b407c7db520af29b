using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>Reads data sets from a seekable stream. Every length is held against the bytes that are left before memory is taken for
/// it.</summary>
/// <remarks>PS3.5 §7.1, §7.5, annex A.</remarks>
public sealed class DicomReader
{
    private const uint Undefined = 0xFFFFFFFF;

    private readonly Stream stream;
    private readonly string name;
    private readonly string? deferPath;
    private readonly DicomReadLimits limits;
    private readonly byte[] header = new byte[8];
    private ReadOnlyMemory<byte> inflated;
    private int items;
    private bool followsPixels;

    /// <param name="stream">Seekable; read from where it stands.</param>
    /// <param name="name">How errors call it.</param>
    /// <param name="deferPath">The file behind the stream, when large values may stay in it.</param>
    /// <param name="limits">Against hostile input.</param>
    public DicomReader(Stream stream, string name, string? deferPath = null, DicomReadLimits? limits = null) =>
        (this.stream, this.name, this.deferPath, this.limits) = (stream, name, deferPath, limits ?? DicomReadLimits.Default);

    /// <summary>Reads a data set to the end of the stream, or to the first tag at its top level of which <paramref name="stopAt"/> is
    /// true.</summary>
    /// <exception cref="DicomFormatException">The bytes are not a data set of this syntax, or end early.</exception>
    public DicomDataset ReadDataset(DicomTransferSyntax syntax, Predicate<DicomTag>? stopAt = null)
    {
        if (syntax.IsDeflated) return Inflate().ReadDataset(DicomTransferSyntax.ExplicitVRLittleEndian, stopAt);
        DicomDataset dataset = ReadDataset(stream.Length, new(syntax.IsExplicitVR, syntax.IsBigEndian), stopAt, depth: 0, inItem: false);
        if (followsPixels) ResolveSigns(dataset, isSigned: false);
        return dataset;
    }

    /// <summary>Inflates what is left into memory of just the size it takes; values are then pieces of it.</summary>
    private DicomReader Inflate()
    {
        long start = stream.Position, most = limits.InflatedSpare + limits.InflatedRatio * (stream.Length - start), size = 0;
        byte[] piece = new byte[64 * 1024];
        try
        {
            using (DeflateStream first = new(stream, CompressionMode.Decompress, leaveOpen: true))
                for (int read; (read = first.Read(piece)) > 0;)
                    if ((size += read) > most)
                        throw Broken(start, $"the deflated data set grows beyond {most} bytes; send it uncompressed");
            stream.Position = start;
            byte[] bytes = new byte[size];
            using (DeflateStream second = new(stream, CompressionMode.Decompress, leaveOpen: true)) second.ReadExactly(bytes);
            return new DicomReader(new MemoryStream(bytes, writable: false), name + " (inflated)", null, limits) { inflated = bytes };
        }
        catch (InvalidDataException e)
        {
            throw Broken(start, $"the data set cannot be inflated: {e.Message}");
        }
    }

    private DicomDataset ReadDataset(long end, ValueEncoding encoding, Predicate<DicomTag>? stopAt, int depth, bool inItem)
    {
        if (depth > limits.Depth) throw Broken(stream.Position, $"sequences are nested deeper than {limits.Depth}");
        List<DicomItem> read = [];
        while (stream.Position < end)
        {
            long at = stream.Position;
            if (end - at < 8)
            {
                // Some writers pad the end of a file with a few zero bytes.
                if (!inItem && OnlyZeros(end)) break;
                throw Broken(at, $"{end - at} bytes are left where an element needs at least 8: the file is truncated");
            }

            DicomTag tag = ReadTag(encoding);
            if (stopAt is not null && stopAt(tag))
            {
                stream.Position = at;
                break;
            }

            if (tag == DicomTag.ItemDelimitationItem && inItem)
            {
                ReadUInt32(encoding);
                break;
            }

            if (tag.Group == 0xFFFE) throw Broken(at, $"{tag} where an element is expected");
            if (tag == new DicomTag(0, 0) && !inItem && OnlyZeros(end)) break;
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} elements");
            read.Add(ReadItem(tag, encoding, end, depth));
        }

        return new DicomDataset(read);
    }

    private DicomItem ReadItem(DicomTag tag, ValueEncoding encoding, long end, int depth)
    {
        (DicomVR vr, uint length) = encoding.IsExplicitVR ? ReadExplicitHeader(tag, encoding, end) : (ImpliedVR(tag), ReadUInt32(encoding));
        long at = stream.Position;
        if (length == Undefined)
        {
            if (vr == DicomVR.OB || vr == DicomVR.OW || tag == DicomTag.PixelData) return ReadFragments(tag, vr, encoding, end);
            // UN of undefined length is a sequence in implicit VR little endian, whatever surrounds it (CP-246).
            return ReadSequence(tag, end, untilDelimiter: true, vr == DicomVR.UN ? new(false, false) : encoding, depth);
        }

        if (length > end - at) throw Broken(at, $"{tag} says {length} bytes, {end - at} are left: the file is truncated");
        if (vr == DicomVR.SQ) return ReadSequence(tag, at + length, untilDelimiter: false, encoding, depth);
        return ReadValue(tag, vr, length, encoding.IsBigEndian);
    }

    private DicomVR ImpliedVR(DicomTag tag)
    {
        followsPixels |= DicomDictionary.FollowsPixelRepresentation(tag);
        return DicomDictionary.VROf(tag);
    }

    private (DicomVR VR, uint Length) ReadExplicitHeader(DicomTag tag, ValueEncoding encoding, long end)
    {
        Fill(4);
        string code = Encoding.ASCII.GetString(header, 0, 2);
        ushort shortLength = encoding.UInt16(header.AsSpan(2));
        DicomVR? vr = DicomVR.Find(code);
        if (vr is { HasLongLength: false }) return (vr, shortLength);
        // A representation not known here is taken to have the long form, as all newer ones do (PS3.5 §6.2.2).
        bool looksLikeOne = char.IsAsciiLetterUpper(code[0]) && char.IsAsciiLetterUpper(code[1]) || code is "\0\0" or "??" or "  ";
        if (vr is null && !looksLikeOne)
            throw Broken(stream.Position - 4, $"{tag} has no value representation: the bytes are not explicit VR");
        if (end - stream.Position < 4) throw Broken(stream.Position, $"{tag} ends within its length: the file is truncated");
        return (vr ?? DicomVR.UN, ReadUInt32(encoding));
    }

    private DicomElement ReadValue(DicomTag tag, DicomVR vr, long length, bool isBigEndian)
    {
        bool swaps = isBigEndian && vr.WordSize > 1;
        if (length > limits.DeferAbove && deferPath is not null && !swaps)
        {
            DicomElement deferred = new(tag, vr, deferPath, stream.Position, length);
            stream.Position += length;
            return deferred;
        }

        if (length > limits.LongestValue)
            throw Broken(stream.Position, $"{tag} says {length} bytes; at most {limits.LongestValue} are held in memory");
        if (!inflated.IsEmpty)
        {
            DicomElement slice = new(tag, vr, inflated.Slice((int)stream.Position, (int)length));
            stream.Position += length;
            return slice;
        }

        long at = stream.Position;
        byte[] value = length == 0 ? [] : new byte[length];
        stream.ReadExactly(value);
        if (swaps) BinaryNumbers.Swap(value, vr.WordSize);
        return new DicomElement(tag, vr, value) { Offset = at };
    }

    private DicomSequence ReadSequence(DicomTag tag, long end, bool untilDelimiter, ValueEncoding encoding, int depth)
    {
        List<DicomDataset> found = [];
        while (stream.Position < end)
        {
            long at = stream.Position;
            if (end - at < 8) throw Broken(at, $"sequence {tag} ends within an item: the file is truncated");
            DicomTag item = ReadTag(encoding);
            uint length = ReadUInt32(encoding);
            if (item == DicomTag.SequenceDelimitationItem && untilDelimiter) return new DicomSequence(tag, found);
            if (item != DicomTag.Item) throw Broken(at, $"{item} in sequence {tag} where an item is expected");
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} items");
            long itemEnd = length == Undefined ? end : stream.Position + length;
            if (itemEnd > end)
                throw Broken(at, $"an item of {tag} says {length} bytes, {end - stream.Position} are left: the file is truncated");
            found.Add(ReadDataset(itemEnd, encoding, null, depth + 1, inItem: true));
            if (length != Undefined) stream.Position = itemEnd;
        }

        return untilDelimiter ? throw Broken(end, $"sequence {tag} has no end: the file is truncated") : new DicomSequence(tag, found);
    }

    private DicomFragmentSequence ReadFragments(DicomTag tag, DicomVR vr, ValueEncoding encoding, long end)
    {
        List<DicomElement> fragments = [];
        while (end - stream.Position >= 8)
        {
            long at = stream.Position;
            DicomTag item = ReadTag(encoding);
            uint length = ReadUInt32(encoding);
            if (item == DicomTag.SequenceDelimitationItem) return new DicomFragmentSequence(tag, vr, fragments);
            if (item != DicomTag.Item || length > end - stream.Position)
                throw Broken(at, $"a fragment of {tag} says {length} bytes, {end - stream.Position} are left: the file is truncated");
            if (++items > limits.Items) throw Broken(at, $"more than {limits.Items} fragments");
            fragments.Add(ReadValue(DicomTag.Item, DicomVR.OB, length, isBigEndian: false));
        }

        throw Broken(stream.Position, $"the fragments of {tag} have no end: the file is truncated");
    }

    /// <summary>Implicit VR leaves open whether pixel values are signed: the nearest Pixel Representation (0028,0103) tells, here or
    /// around.</summary>
    /// <remarks>PS3.5 annex A.1 (note on ambiguous representations)</remarks>
    private static void ResolveSigns(DicomDataset dataset, bool isSigned)
    {
        if (dataset.TryGetSingleValue(DicomTag.PixelRepresentation, out int representation)) isSigned = representation == 1;
        foreach (DicomItem item in dataset.ToArray())
        {
            if (item is DicomSequence sequence)
                foreach (DicomDataset child in sequence.Items) ResolveSigns(child, isSigned);
            else if (isSigned && item is DicomElement element && item.VR == DicomVR.US
                && DicomDictionary.FollowsPixelRepresentation(item.Tag))
                dataset.AddOrUpdate(new DicomElement(item.Tag, DicomVR.SS, element.Bytes));
        }
    }

    private bool OnlyZeros(long end)
    {
        long at = stream.Position;
        byte[] piece = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            while (stream.Position < end && stream.Read(piece, 0, (int)Math.Min(piece.Length, end - stream.Position)) is var read and > 0)
                if (piece.AsSpan(0, read).ContainsAnyExcept((byte)0))
                {
                    stream.Position = at;
                    return false;
                }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private DicomTag ReadTag(ValueEncoding encoding)
    {
        Fill(4);
        return new DicomTag(encoding.UInt16(header), encoding.UInt16(header.AsSpan(2)));
    }

    private uint ReadUInt32(ValueEncoding encoding)
    {
        Fill(4);
        return encoding.IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(header) : BinaryPrimitives.ReadUInt32LittleEndian(header);
    }

    private void Fill(int count)
    {
        if (stream.ReadAtLeast(header.AsSpan(0, count), count, throwOnEndOfStream: false) < count)
            throw Broken(stream.Position, "the file is truncated");
    }

    private DicomFormatException Broken(long at, string what) => new($"{name}, byte {at}: {what}");

    private readonly record struct ValueEncoding(bool IsExplicitVR, bool IsBigEndian)
    {
        public ushort UInt16(ReadOnlySpan<byte> bytes) =>
            IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }
}
