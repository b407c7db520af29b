using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>Writes data sets, explicit or implicit VR little endian. Sequences and items get undefined length, so that nothing must be measured beforehand.</summary>
/// <remarks>PS3.5 §7.1, §7.5.</remarks>
public sealed class DicomWriter(Stream stream, DicomTransferSyntax syntax)
{
    private const uint Undefined = 0xFFFFFFFF;
    private readonly byte[] header = new byte[12];

    /// <exception cref="DicomFormatException">The syntax is not written by this version, or a value is too long for it.</exception>
    public void Write(DicomDataset dataset)
    {
        if (syntax.IsBigEndian || syntax.IsDeflated) throw new DicomFormatException($"transfer syntax {syntax.Name} is not written by this version");
        foreach (DicomItem item in dataset) Write(item);
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
        using Stream value = element.OpenRead();
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(element.Length, 128 * 1024) + 1);
        try
        {
            for (long left = element.Length; left > 0;)
            {
                int read = value.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
                if (read == 0) throw new DicomFormatException($"value of {element.Tag} ends early; the file was changed after it was opened");
                stream.Write(buffer, 0, read);
                left -= read;
            }
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void WriteHeader(DicomTag tag, DicomVR vr, uint length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), tag.Element);
        int size = 8;
        if (!syntax.IsExplicitVR) BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), length);
        else
        {
            Encoding.ASCII.GetBytes(vr.Code, header.AsSpan(4, 2));
            if (vr.HasLongLength)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), 0);
                BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), length);
                size = 12;
            }
            else if (length > ushort.MaxValue) throw new DicomFormatException($"{tag} has {length} bytes; explicit VR allows {ushort.MaxValue} for {vr}");
            else BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)length);
        }

        stream.Write(header, 0, size);
    }

    private void WriteDelimiter(DicomTag tag, uint length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(header, tag.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), tag.Element);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), length);
        stream.Write(header, 0, 8);
    }
}
