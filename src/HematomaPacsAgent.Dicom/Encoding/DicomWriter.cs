using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>Writes data sets. Sequences and items get undefined length, so that nothing must be measured beforehand.</summary>
/// <remarks>PS3.5 §7.1, §7.5.</remarks>
public sealed class DicomWriter(Stream stream, DicomTransferSyntax syntax)
{
    private const uint Undefined = 0xFFFFFFFF;
    private const int Piece = 128 * 1024;
    private readonly byte[] header = new byte[12];

    /// <exception cref="DicomFormatException">A value is too long for the syntax.</exception>
    public void Write(DicomDataset dataset)
    {
        if (!syntax.IsDeflated)
        {
            foreach (DicomItem item in dataset) Write(item);
            return;
        }

        using CountingStream deflated = new(stream);
        using (DeflateStream deflate = new(deflated, CompressionLevel.Optimal, leaveOpen: true))
            new DicomWriter(deflate, DicomTransferSyntax.ExplicitVRLittleEndian).Write(dataset);
        if (deflated.Count % 2 == 1) stream.WriteByte(0); // PS3.5 §A.5: a null byte makes the length even
    }

    private void Write(DicomItem item)
    {
        switch (item)
        {
            // Group lengths are retired; those of groups 0000 and 0002 are written by who knows the length.
            case DicomElement { Tag.IsGroupLength: true, Tag.Group: > 0 }:
                break;
            case DicomElement element:
                WriteHeader(element.Tag, element.VR, checked((uint)element.Length));
                CopyValue(element);
                break;
            case DicomSequence sequence:
                WriteHeader(sequence.Tag, DicomVR.SQ, Undefined);
                foreach (DicomDataset child in sequence.Items)
                {
                    WriteDelimiter(DicomTag.Item, Undefined);
                    Write(child);
                    WriteDelimiter(DicomTag.ItemDelimitationItem, 0);
                }

                WriteDelimiter(DicomTag.SequenceDelimitationItem, 0);
                break;
            case DicomFragmentSequence fragments:
                WriteHeader(fragments.Tag, DicomVR.OB, Undefined);
                foreach (DicomElement fragment in fragments.Fragments)
                {
                    WriteDelimiter(DicomTag.Item, checked((uint)fragment.Length));
                    CopyValue(fragment);
                }

                WriteDelimiter(DicomTag.SequenceDelimitationItem, 0);
                break;
        }
    }

    private void CopyValue(DicomElement element)
    {
        int word = syntax.IsBigEndian ? element.VR.WordSize : 1;
        if (!element.IsDeferred && word == 1)
        {
            // In the same pieces as from a file, since what deflate makes of them depends on their size.
            for (ReadOnlySpan<byte> left = element.Bytes.Span; !left.IsEmpty; left = left[Math.Min(left.Length, Piece)..])
                stream.Write(left[..Math.Min(left.Length, Piece)]);
            return;
        }

        using Stream value = element.OpenRead();
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(element.Length, Piece));
        try
        {
            for (long left = element.Length; left > 0;)
            {
                Span<byte> piece = buffer.AsSpan(0, (int)Math.Min(left, Piece));
                if (value.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false) < piece.Length)
                    throw new DicomFormatException($"value of {element.Tag} ends early; the file was changed after it was opened");
                if (word > 1) BinaryNumbers.Swap(piece, word);
                stream.Write(piece);
                left -= piece.Length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void WriteHeader(DicomTag tag, DicomVR vr, uint length)
    {
        Put(0, tag.Group);
        Put(2, tag.Element);
        int size = 8;
        if (!syntax.IsExplicitVR) Put(4, length);
        else
        {
            Encoding.ASCII.GetBytes(vr.Code, header.AsSpan(4, 2));
            if (vr.HasLongLength)
            {
                Put(6, (ushort)0);
                Put(8, length);
                size = 12;
            }
            else if (length > ushort.MaxValue)
                throw new DicomFormatException($"{tag} has {length} bytes; explicit VR allows {ushort.MaxValue} for {vr}");
            else Put(6, (ushort)length);
        }

        stream.Write(header, 0, size);
    }

    private void WriteDelimiter(DicomTag tag, uint length)
    {
        Put(0, tag.Group);
        Put(2, tag.Element);
        Put(4, length);
        stream.Write(header, 0, 8);
    }

    private void Put(int at, ushort value)
    {
        if (syntax.IsBigEndian) BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(at), value);
        else BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(at), value);
    }

    private void Put(int at, uint value)
    {
        if (syntax.IsBigEndian) BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(at), value);
        else BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(at), value);
    }

    /// <summary>Counts what passes.</summary>
    private sealed class CountingStream(Stream target) : Stream
    {
        public long Count { get; private set; }
        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => Count;
        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            target.Write(buffer);
            Count += buffer.Length;
        }

        public override void Flush() => target.Flush();
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
