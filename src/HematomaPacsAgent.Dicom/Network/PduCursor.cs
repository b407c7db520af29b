using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Walks big-endian PDU bytes; each step is checked against what is left.</summary>
internal ref struct PduCursor(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public readonly int Left => rest.Length;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > rest.Length)
            throw new InvalidPduException(AbortReason.InvalidPduParameterValue,
                $"an item claims {count} bytes where {rest.Length} are left");
        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    public void Skip(int count) => Bytes(count);

    public byte Byte() => Bytes(1)[0];

    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Bytes(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Bytes(4));

    /// <summary>Bytes after a 2-byte count.</summary>
    public ReadOnlySpan<byte> Counted() => Bytes(UInt16());

    /// <summary>Printable ASCII without the padding; other bytes become '?', so that a peer cannot forge log lines.</summary>
    public string Text(int count) => Printable(Bytes(count));

    public string Rest() => Text(Left);

    public string Uid() => Checked(Rest());

    public string CountedUid() => Checked(Text(UInt16()));

    /// <summary>Steps to the next item; false at the end.</summary>
    public bool NextItem(out byte type, out PduCursor item)
    {
        type = 0;
        item = default;
        if (Left == 0) return false;
        type = Byte();
        Skip(1);
        item = new PduCursor(Counted());
        return true;
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> trimmed = bytes.Trim(" \0"u8);
        return string.Create(trimmed.Length, trimmed, static (text, source) =>
        {
            for (int i = 0; i < text.Length; i++) text[i] = source[i] is >= 0x20 and < 0x7F ? (char)source[i] : '?';
        });
    }

    private static string Checked(string uid) => uid.Length <= 64 ? uid
        : throw new InvalidPduException(AbortReason.InvalidPduParameterValue, $"a UID of {uid.Length} characters: 64 is the most");
}
