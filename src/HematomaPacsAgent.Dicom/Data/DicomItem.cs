namespace HematomaPacsAgent.Dicom;

/// <summary>What a data set holds under one tag.</summary>
public abstract class DicomItem
{
    private protected DicomItem(DicomTag tag, DicomVR vr) => (Tag, VR) = (tag, vr);

    public DicomTag Tag { get; }
    public DicomVR VR { get; }
}

/// <summary>A data element with a value, kept as the little-endian bytes it came as. A large value may stay in its file until it is asked for.</summary>
public sealed class DicomElement : DicomItem
{
    private readonly byte[]? bytes;
    private readonly (string Path, long Offset)? source;

    /// <summary>A value in memory; an odd one is padded to even length as its representation asks.</summary>
    public DicomElement(DicomTag tag, DicomVR vr, byte[] value) : base(tag, vr)
    {
        bytes = value.Length % 2 == 0 ? value : [.. value, vr.Padding];
        Length = bytes.Length;
    }

    /// <summary>A value that stays in its file.</summary>
    internal DicomElement(DicomTag tag, DicomVR vr, string path, long offset, long length) : base(tag, vr) => (source, Length) = ((path, offset), length);

    /// <summary>Bytes of the value.</summary>
    public long Length { get; }

    /// <summary>The value; one that stayed in its file is read anew each time, so keep the result rather than asking twice.</summary>
    /// <exception cref="DicomFormatException">The file has become shorter.</exception>
    public ReadOnlyMemory<byte> Bytes
    {
        get
        {
            if (bytes is not null) return bytes;
            byte[] value = new byte[Length];
            using Stream stream = OpenRead();
            if (stream.ReadAtLeast(value, value.Length, throwOnEndOfStream: false) < value.Length)
                throw new DicomFormatException($"{source!.Value.Path}: value of {Tag} ends early; the file was changed after it was opened");
            return value;
        }
    }

    /// <summary>The value as a stream, for values too large to hold.</summary>
    public Stream OpenRead()
    {
        if (source is not { } place) return new MemoryStream(bytes!, writable: false);
        FileStream file = new(place.Path, FileMode.Open, FileAccess.Read, FileShare.Read);
        file.Position = place.Offset;
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
