using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom.Network;

/// <remarks>PS3.7 table E.1-1, Command Field</remarks>
internal enum DimseCommand : ushort
{
    CStoreRq = 0x0001,
    CGetRq = 0x0010,
    CFindRq = 0x0020,
    CMoveRq = 0x0021,
    CEchoRq = 0x0030,
    NEventReportRq = 0x0100,
    NActionRq = 0x0130,
    CCancelRq = 0x0FFF,

    /// <summary>Set in every response.</summary>
    Response = 0x8000,

    CStoreRsp = 0x8001,
    CEchoRsp = 0x8030,
}

/// <summary>
/// The command part of a DIMSE message: group 0000, always implicit VR little endian, no sequences. Kept apart from data sets, since it is
/// read from strangers before anything is agreed, and needs none of their freedom.
/// </summary>
/// <remarks>PS3.7 §6.3.1, annex E</remarks>
internal sealed class CommandSet
{
    /// <summary>Longest command set taken; real ones stay below 300 bytes.</summary>
    public const int MaxLength = 64 * 1024;

    private const ushort NoDataset = 0x0101;
    private readonly SortedDictionary<ushort, byte[]> elements = [];

    /// <summary>The request or response <paramref name="command"/> without data set.</summary>
    public CommandSet(DimseCommand command)
    {
        Command = command;
        HasDataset = false;
    }

    private CommandSet() { }

    public DimseCommand Command { get => (DimseCommand)(UInt16(0x0100) ?? 0); init => Set(0x0100, (ushort)value); }

    public ushort MessageId { get => UInt16(0x0110) ?? 0; init => Set(0x0110, value); }

    public ushort MessageIdBeingRespondedTo { get => UInt16(0x0120) ?? 0; init => Set(0x0120, value); }

    public ushort Priority { get => UInt16(0x0700) ?? 0; init => Set(0x0700, value); }

    public bool HasDataset
    {
        get => UInt16(0x0800) is { } type && type != NoDataset;
        init => Set(0x0800, value ? (ushort)0x0001 : NoDataset);
    }

    /// <summary>The status; a response without one reads as 0x0110.</summary>
    public DicomStatus Status
    {
        get => UInt16(0x0900) is { } code ? new(code) : DicomStatus.ProcessingFailure;
        init => Set(0x0900, value.Code);
    }

    /// <summary>At most 64 characters; never patient data.</summary>
    public string ErrorComment { get => Text(0x0902); init => Set(0x0902, value.Length <= 64 ? value : value[..64], ' '); }

    public string AffectedSopClassUid { get => Text(0x0002); init => Set(0x0002, value, '\0'); }

    public string AffectedSopInstanceUid { get => Text(0x1000); init => Set(0x1000, value, '\0'); }

    public bool IsResponse => Command.HasFlag(DimseCommand.Response);

    /// <summary>The response to this request, with its ids and UIDs.</summary>
    public CommandSet Respond(DicomStatus status)
    {
        CommandSet response = new(Command | DimseCommand.Response) { MessageIdBeingRespondedTo = MessageId, Status = status };
        if (elements.TryGetValue(0x0002, out byte[]? sopClass)) response.elements[0x0002] = sopClass;
        if (elements.TryGetValue(0x1000, out byte[]? instance)) response.elements[0x1000] = instance;
        return response;
    }

    /// <exception cref="InvalidPduException">The bytes are no command set.</exception>
    public static CommandSet Read(ReadOnlySpan<byte> bytes)
    {
        CommandSet command = new();
        while (bytes.Length > 0)
        {
            if (bytes.Length < 8) throw Invalid("ends inside an element");
            ushort group = BinaryPrimitives.ReadUInt16LittleEndian(bytes), element = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (group != 0 || length > bytes.Length - 8)
                throw Invalid($"element ({group:X4},{element:X4}) of {length} bytes where {bytes.Length - 8} are left");
            if (element != 0) command.elements[element] = bytes.Slice(8, (int)length).ToArray();
            bytes = bytes[(8 + (int)length)..];
        }

        return command.UInt16(0x0100) is null ? throw Invalid("has no command field") : command;
    }

    public byte[] Write()
    {
        int length = elements.Values.Sum(value => 8 + value.Length);
        byte[] bytes = new byte[12 + length];
        Span<byte> rest = WriteElement(bytes, 0, [(byte)length, (byte)(length >> 8), (byte)(length >> 16), 0]);
        foreach ((ushort element, byte[] value) in elements) rest = WriteElement(rest, element, value);
        return bytes;
    }

    private static Span<byte> WriteElement(Span<byte> target, ushort element, byte[] value)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(target, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(target[2..], element);
        BinaryPrimitives.WriteInt32LittleEndian(target[4..], value.Length);
        value.CopyTo(target[8..]);
        return target[(8 + value.Length)..];
    }

    private ushort? UInt16(ushort element) =>
        elements.TryGetValue(element, out byte[]? value) && value.Length >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(value) : null;

    private string Text(ushort element) =>
        elements.TryGetValue(element, out byte[]? value) ? new PduCursor(value).Rest() : "";

    private void Set(ushort element, ushort value) => elements[element] = [(byte)value, (byte)(value >> 8)];

    private void Set(ushort element, string value, char padding) =>
        elements[element] = Encoding.ASCII.GetBytes(value.Length % 2 == 0 ? value : value + padding);

    private static InvalidPduException Invalid(string why) => new(AbortReason.InvalidPduParameterValue, $"command set {why}");
}
