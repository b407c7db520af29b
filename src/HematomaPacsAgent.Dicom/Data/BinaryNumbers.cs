using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Dicom;

/// <summary>Numbers of the binary value representations, as little-endian bytes.</summary>
internal static class BinaryNumbers
{
    /// <summary>Turns round each word of <paramref name="wordSize"/> bytes; what is left over at the end stays.</summary>
    public static void Swap(Span<byte> bytes, int wordSize)
    {
        if (wordSize == 2)
        {
            Span<ushort> words = MemoryMarshal.Cast<byte, ushort>(bytes);
            BinaryPrimitives.ReverseEndianness(words, words);
            return;
        }

        for (; bytes.Length >= wordSize; bytes = bytes[wordSize..]) bytes[..wordSize].Reverse();
    }

    public static double[] Read(DicomElement element)
    {
        int size = element.VR.ValueSize;
        ReadOnlySpan<byte> bytes = element.Bytes.Span;
        double[] numbers = new double[bytes.Length / size];
        for (int i = 0; i < numbers.Length; i++)
        {
            ReadOnlySpan<byte> value = bytes.Slice(i * size, size);
            numbers[i] = element.VR.Code switch
            {
                "US" or "OW" => BinaryPrimitives.ReadUInt16LittleEndian(value),
                "SS" => BinaryPrimitives.ReadInt16LittleEndian(value),
                "UL" or "OL" or "AT" => BinaryPrimitives.ReadUInt32LittleEndian(value),
                "SL" => BinaryPrimitives.ReadInt32LittleEndian(value),
                "FL" or "OF" => BinaryPrimitives.ReadSingleLittleEndian(value),
                "FD" or "OD" => BinaryPrimitives.ReadDoubleLittleEndian(value),
                "UV" or "OV" => BinaryPrimitives.ReadUInt64LittleEndian(value),
                "SV" => BinaryPrimitives.ReadInt64LittleEndian(value),
                _ => value[0],
            };
        }

        return numbers;
    }

    public static byte[] Write(DicomTag tag, DicomVR vr, double[] values)
    {
        byte[] bytes = new byte[values.Length * vr.ValueSize];
        for (int i = 0; i < values.Length; i++)
        {
            Span<byte> place = bytes.AsSpan(i * vr.ValueSize, vr.ValueSize);
            double value = values[i];
            try
            {
                checked
                {
                    switch (vr.Code)
                    {
                        case "US": BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)value); break;
                        case "SS": BinaryPrimitives.WriteInt16LittleEndian(place, (short)value); break;
                        case "UL": BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)value); break;
                        case "SL": BinaryPrimitives.WriteInt32LittleEndian(place, (int)value); break;
                        case "FL": BinaryPrimitives.WriteSingleLittleEndian(place, (float)value); break;
                        case "FD": BinaryPrimitives.WriteDoubleLittleEndian(place, value); break;
                        case "UV": BinaryPrimitives.WriteUInt64LittleEndian(place, (ulong)value); break;
                        case "SV": BinaryPrimitives.WriteInt64LittleEndian(place, (long)value); break;
                        default: throw new ArgumentException($"{tag} has VR {vr}, which holds no numbers", nameof(vr));
                    }
                }
            }
            catch (OverflowException)
            {
                throw new ArgumentException($"a value of {tag} is outside the range of {vr}", nameof(values));
            }
        }

        return bytes;
    }
}
