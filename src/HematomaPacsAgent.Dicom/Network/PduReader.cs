using System.Buffers.Binary;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>A peer sent bytes that are no valid PDU; carries what to say in the A-ABORT.</summary>
internal sealed class InvalidPduException(AbortReason reason, string message) : Exception(message)
{
    public AbortReason Reason { get; } = reason;
}

/// <summary>Parses the bodies of all PDUs but P-DATA-TF. Pure: bytes in, record or <see cref="InvalidPduException"/> out. Unknown items are
/// skipped.</summary>
/// <remarks>PS3.8 §9.3, annex D; PS3.7 annex D.3.3</remarks>
internal static class PduReader
{
    /// <summary>Bytes before a body: type, reserved, length.</summary>
    public const int HeadSize = 6;

    /// <summary>Longest A-ASSOCIATE-RQ or -AC taken: 128 contexts with 60 transfer syntaxes each fit.</summary>
    public const int MaxAssociateLength = 256 * 1024;

    private const int MaxContexts = 128, MaxUserItems = 1024;

    /// <summary>Reads type and length and refuses what no peer in its right mind sends, before a byte of the body is read.</summary>
    /// <param name="head">The first 6 bytes.</param>
    /// <param name="maxPduLength">Largest P-DATA-TF body offered to the peer; 0 means no limit.</param>
    public static (PduType Type, uint Length) ReadHead(ReadOnlySpan<byte> head, uint maxPduLength)
    {
        PduType type = (PduType)head[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head[2..]);
        switch (type)
        {
            case PduType.AssociateRq or PduType.AssociateAc when length is < 68 or > MaxAssociateLength:
                throw new InvalidPduException(AbortReason.InvalidPduParameterValue,
                    $"{type} of {length} bytes: 68 to {MaxAssociateLength} expected");
            case PduType.PDataTf when length < PdvHead.Size || (maxPduLength > 0 && length > maxPduLength):
                throw new InvalidPduException(AbortReason.InvalidPduParameterValue,
                    $"P-DATA-TF of {length} bytes: {PdvHead.Size} to {maxPduLength} expected");
            case PduType.AssociateRj or PduType.ReleaseRq or PduType.ReleaseRp or PduType.Abort when length != 4:
                throw new InvalidPduException(AbortReason.InvalidPduParameterValue, $"{type} of {length} bytes: 4 expected");
            case (PduType)0x16 when head[1] == 3:
                throw new InvalidPduException(AbortReason.UnrecognizedPdu,
                    "TLS came to the port without TLS: let the peer call the TLS port");
            case < PduType.AssociateRq or > PduType.Abort:
                throw new InvalidPduException(AbortReason.UnrecognizedPdu,
                    $"PDU type 0x{head[0]:X2} does not exist: the peer speaks no DICOM");
            default:
                return (type, length);
        }
    }

    /// <summary>The head of a presentation data value.</summary>
    /// <param name="head">6 bytes: length, context id, message control header.</param>
    /// <param name="remaining">Bytes left in the P-DATA-TF, these 6 included.</param>
    public static PdvHead ReadPdvHead(ReadOnlySpan<byte> head, long remaining)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (length < 2 || length + 4L > remaining || length > int.MaxValue)
            throw new InvalidPduException(AbortReason.InvalidPduParameterValue,
                $"PDV of {length} bytes where {remaining - 4} are left in its PDU");
        return new PdvHead(head[4], (head[5] & 1) != 0, (head[5] & 2) != 0, (int)length - 2);
    }

    /// <exception cref="InvalidPduException">The body is malformed.</exception>
    public static Pdu ReadBody(PduType type, ReadOnlySpan<byte> body) => type switch
    {
        PduType.AssociateRq => ReadAssociateRq(new PduCursor(body)),
        PduType.AssociateAc => ReadAssociateAc(new PduCursor(body)),
        PduType.AssociateRj => ReadAssociateRj(new PduCursor(body)),
        PduType.ReleaseRq => new AReleaseRq(),
        PduType.ReleaseRp => new AReleaseRp(),
        PduType.Abort => ReadAbort(new PduCursor(body)),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "its body is not read whole"),
    };

    private static AAssociateRj ReadAssociateRj(PduCursor cursor)
    {
        cursor.Skip(1);
        return new AAssociateRj((RejectResult)cursor.Byte(), (RejectSource)cursor.Byte(), cursor.Byte());
    }

    private static AAbort ReadAbort(PduCursor cursor)
    {
        cursor.Skip(2);
        return new AAbort((AbortSource)cursor.Byte(), (AbortReason)cursor.Byte());
    }

    private static AAssociateRq ReadAssociateRq(PduCursor cursor)
    {
        ushort version = cursor.UInt16();
        cursor.Skip(2);
        string called = cursor.Text(16), calling = cursor.Text(16), application = "";
        cursor.Skip(32);
        List<PresentationContext> contexts = [];
        UserItems user = new();
        while (cursor.NextItem(out byte type, out PduCursor item))
        {
            switch (type)
            {
                case 0x10: application = item.Rest(); break;
                case 0x20: AddContext(contexts, item); break;
                case 0x50: user = ReadUserItems(item); break;
            }
        }

        return new AAssociateRq(called, calling, contexts, user) { ProtocolVersion = version, ApplicationContextName = application };
    }

    private static void AddContext(List<PresentationContext> contexts, PduCursor item)
    {
        byte id = item.Byte();
        item.Skip(3);
        if (id % 2 == 0 || contexts.Exists(other => other.Id == id))
            throw new InvalidPduException(AbortReason.InvalidPduParameterValue, $"presentation context id {id} is even or given twice");
        string abstractSyntax = "";
        List<string> transferSyntaxes = [];
        while (item.NextItem(out byte type, out PduCursor name))
        {
            if (type == 0x30) abstractSyntax = name.Uid();
            else if (type == 0x40) transferSyntaxes.Add(name.Uid());
        }

        contexts.Add(new PresentationContext(id, abstractSyntax, transferSyntaxes));
    }

    private static AAssociateAc ReadAssociateAc(PduCursor cursor)
    {
        ushort version = cursor.UInt16();
        cursor.Skip(2);
        string called = cursor.Text(16), calling = cursor.Text(16), application = "";
        cursor.Skip(32);
        List<PresentationContextResult> contexts = [];
        UserItems user = new();
        while (cursor.NextItem(out byte type, out PduCursor item))
        {
            switch (type)
            {
                case 0x10: application = item.Rest(); break;
                case 0x21: contexts.Add(ReadContextResult(item)); break;
                case 0x50: user = ReadUserItems(item); break;
            }

            if (contexts.Count > MaxContexts)
                throw new InvalidPduException(AbortReason.InvalidPduParameterValue,
                    $"more than {MaxContexts} presentation contexts answered");
        }

        return new AAssociateAc(called, calling, contexts, user) { ProtocolVersion = version, ApplicationContextName = application };
    }

    private static PresentationContextResult ReadContextResult(PduCursor item)
    {
        byte id = item.Byte();
        item.Skip(1);
        ContextResult result = (ContextResult)item.Byte();
        item.Skip(1);
        string transferSyntax = "";
        while (item.NextItem(out byte type, out PduCursor name))
            if (type == 0x40) transferSyntax = name.Uid();
        return new PresentationContextResult(id, result, transferSyntax);
    }

    private static UserItems ReadUserItems(PduCursor cursor)
    {
        UserItems user = new();
        List<RoleSelection> roles = [];
        List<ExtendedNegotiation> extended = [];
        List<CommonExtendedNegotiation> commonExtended = [];
        for (int count = 0; cursor.NextItem(out byte type, out PduCursor item); count++)
        {
            if (count == MaxUserItems)
                throw new InvalidPduException(AbortReason.InvalidPduParameterValue, $"more than {MaxUserItems} user items");
            switch (type)
            {
                case 0x51: user = user with { MaxPduLength = item.UInt32() }; break;
                case 0x52: user = user with { ImplementationClassUid = item.Uid() }; break;
                case 0x53: user = user with { AsynchronousWindow = (item.UInt16(), item.UInt16()) }; break;
                case 0x54: roles.Add(new RoleSelection(item.CountedUid(), item.Byte() == 1, item.Byte() == 1)); break;
                case 0x55: user = user with { ImplementationVersionName = item.Rest() }; break;
                case 0x56: extended.Add(new ExtendedNegotiation(item.CountedUid(), item.Bytes(item.Left).ToArray())); break;
                case 0x57: commonExtended.Add(ReadCommonExtended(item)); break;
                case 0x58: user = user with { Identity = ReadIdentity(item) }; break;
                case 0x59: user = user with { IdentityResponse = item.Counted().ToArray() }; break;
            }
        }

        return user with { Roles = roles, Extended = extended, CommonExtended = commonExtended };
    }

    private static UserIdentity ReadIdentity(PduCursor item) =>
        // Some leave out the second field where their type has none.
        new(item.Byte(), item.Byte() == 1, item.Counted().ToArray(), item.Left >= 2 ? item.Counted().ToArray() : []);

    private static CommonExtendedNegotiation ReadCommonExtended(PduCursor item)
    {
        string sopClass = item.CountedUid(), serviceClass = item.CountedUid();
        List<string> related = [];
        PduCursor list = item.Left >= 2 ? new PduCursor(item.Counted()) : default;
        while (list.Left > 0) related.Add(list.CountedUid());
        return new CommonExtendedNegotiation(sopClass, serviceClass, related);
    }
}
