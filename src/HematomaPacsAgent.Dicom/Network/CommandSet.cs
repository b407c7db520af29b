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
    NGetRq = 0x0110,
    NSetRq = 0x0120,
    NActionRq = 0x0130,
    NCreateRq = 0x0140,
    NDeleteRq = 0x0150,
    CCancelRq = 0x0FFF,

    /// <summary>Set in every response.</summary>
    Response = 0x8000,

    CStoreRsp = 0x8001,
    CGetRsp = 0x8010,
    CFindRsp = 0x8020,
    CMoveRsp = 0x8021,
    CEchoRsp = 0x8030,
    NEventReportRsp = 0x8100,
    NActionRsp = 0x8130,
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

    /// <summary>Of a response: what it answers. Of a C-CANCEL: what shall end.</summary>
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

    /// <summary>Names the SOP class in N-ACTION, N-GET, N-SET and N-DELETE requests.</summary>
    public string RequestedSopClassUid { get => Text(0x0003); init => Set(0x0003, value, '\0'); }

    public string RequestedSopInstanceUid { get => Text(0x1001); init => Set(0x1001, value, '\0'); }

    /// <summary>AE title to which a C-MOVE sends.</summary>
    public string MoveDestination { get => Text(0x0600); init => Set(0x0600, value, ' '); }

    public ushort EventTypeId { get => UInt16(0x1002) ?? 0; init => Set(0x1002, value); }

    public ushort ActionTypeId { get => UInt16(0x1008) ?? 0; init => Set(0x1008, value); }

    /// <summary>Sub-operations of a C-MOVE or C-GET still to do; null where the peer does not say.</summary>
    public int? RemainingSubOperations => UInt16(0x1020);

    public int? CompletedSubOperations => UInt16(0x1021);

    public int? FailedSubOperations => UInt16(0x1022);

    public int? WarningSubOperations => UInt16(0x1023);

    public bool IsResponse => Command.HasFlag(DimseCommand.Response);

    /// <summary>The response to this request, with its ids and UIDs.</summary>
    public CommandSet Respond(DicomStatus status)
    {
        CommandSet response = new(Command | DimseCommand.Response) { MessageIdBeingRespondedTo = MessageId, Status = status };
        // What a request asks of, its response is affected by; event and action type return as they came.
        Copy(0x0003, 0x0002);
        Copy(0x1001, 0x1000);
        Copy(0x0002, 0x0002);
        Copy(0x1000, 0x1000);
        Copy(0x1002, 0x1002);
        Copy(0x1008, 0x1008);
        return response;

        void Copy(ushort from, ushort to)
        {
            if (elements.TryGetValue(from, out byte[]? value)) response.elements[to] = value;
        }
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
