namespace HematomaPacsAgent.Dicom;

/// <summary>What a data set holds under one tag.</summary>
public abstract class DicomItem
{
    private protected DicomItem(DicomTag tag, DicomVR vr) => (Tag, VR) = (tag, vr);

    public DicomTag Tag { get; }
    public DicomVR VR { get; }
}

/// <summary>A data element with a value, kept as little-endian bytes. A large value may stay in its file until it is asked for.</summary>
public sealed class DicomElement : DicomItem
{
    private readonly ReadOnlyMemory<byte> bytes;
    private readonly string? path;

    /// <summary>A value in memory; an odd one is padded to even length as its representation asks.</summary>
    public DicomElement(DicomTag tag, DicomVR vr, byte[] value) : this(tag, vr, (ReadOnlyMemory<byte>)value) { }

    /// <inheritdoc cref="DicomElement(DicomTag, DicomVR, byte[])"/>
    public DicomElement(DicomTag tag, DicomVR vr, ReadOnlyMemory<byte> value) : base(tag, vr)
    {
        bytes = value.Length % 2 == 0 ? value : (byte[])[.. value.Span, vr.Padding];
        Length = bytes.Length;
    }

    /// <summary>A value that stays in its file.</summary>
    internal DicomElement(DicomTag tag, DicomVR vr, string path, long offset, long length) : base(tag, vr) =>
        (this.path, Offset, Length) = (path, offset, length);

    /// <summary>Bytes of the value.</summary>
    public long Length { get; }

    /// <summary>Where the value begins in the file that it was read from; 0 where it was not read from one.</summary>
    internal long Offset { get; init; }

    /// <summary>Whether the value stayed in its file.</summary>
    internal bool IsDeferred => path is not null;

    /// <summary>The value; one that stayed in its file is read anew each time, so keep the result rather than asking twice.</summary>
    /// <exception cref="DicomFormatException">The file has become shorter.</exception>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            if (path is null) return bytes;
            byte[] value = new byte[Length];
            using Stream stream = OpenRead();
            if (stream.ReadAtLeast(value, value.Length, throwOnEndOfStream: false) < value.Length)
                throw new DicomFormatException($"{path}: value of {Tag} ends early; the file was changed after it was opened");
            return value;
        }
    }

    /// <summary>The value as a stream, for values too large to hold. It may go on behind the value: read <see cref="Length"/>
    /// bytes.</summary>
    public Stream OpenRead()
    {
        if (path is null)
            return System.Runtime.InteropServices.MemoryMarshal.TryGetArray(bytes, out ArraySegment<byte> segment)
                ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false)
                : new MemoryStream(bytes.ToArray(), writable: false);
        FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        file.Position = Offset;
        return file;
    }
}

/// <summary>A sequence of items, each a data set.</summary>
/// <remarks>PS3.5 §7.5.</remarks>
public sealed class DicomSequence(DicomTag tag, IReadOnlyList<DicomDataset> items) : DicomItem(tag, DicomVR.SQ)
{
    public IReadOnlyList<DicomDataset> Items { get; } = items;
}

/// <summary>Encapsulated pixel data: an offset table and the fragments after it.</summary>
/// <remarks>PS3.5 §A.4.</remarks>
public sealed class DicomFragmentSequence(DicomTag tag, DicomVR vr, IReadOnlyList<DicomElement> fragments) : DicomItem(tag, vr)
{
    /// <summary>The basic offset table first, then the fragments.</summary>
    public IReadOnlyList<DicomElement> Fragments { get; } = fragments;
}
