using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Encodes PDUs. Pure: record in, bytes with head out.</summary>
/// <remarks>PS3.8 §9.3, annex D; PS3.7 annex D.3.3</remarks>
internal static class PduWriter
{
    /// <exception cref="ArgumentException">A text or item does not fit its field.</exception>
    public static byte[] Write(Pdu pdu)
    {
        ArrayBufferWriter<byte> body = new(512);
        switch (pdu)
        {
            case AAssociateRq rq:
                WriteAssociateHead(body, rq.ProtocolVersion, rq.CalledAeTitle, rq.CallingAeTitle, rq.ApplicationContextName);
                foreach (PresentationContext context in rq.Contexts) Item(body, 0x20, item => WriteContext(item, context));
                Item(body, 0x50, item => WriteUserItems(item, rq.User));
                break;
            case AAssociateAc ac:
                WriteAssociateHead(body, ac.ProtocolVersion, ac.CalledAeTitle, ac.CallingAeTitle, ac.ApplicationContextName);
                foreach (PresentationContextResult context in ac.Contexts) Item(body, 0x21, item => WriteContextResult(item, context));
                Item(body, 0x50, item => WriteUserItems(item, ac.User));
                break;
            case AAssociateRj rj: Put(body, 0, (byte)rj.Result, (byte)rj.Source, rj.Reason); break;
            case AReleaseRq or AReleaseRp: Put(body, 0, 0, 0, 0); break;
            case AAbort abort: Put(body, 0, 0, (byte)abort.Source, (byte)abort.Reason); break;
            default: throw new ArgumentException($"{pdu.Type} is not written whole", nameof(pdu));
        }

        byte[] bytes = new byte[PduReader.HeadSize + body.WrittenCount];
        WriteHead(bytes, pdu.Type, (uint)body.WrittenCount);
        body.WrittenSpan.CopyTo(bytes.AsSpan(PduReader.HeadSize));
        return bytes;
    }

    public static void WriteHead(Span<byte> target, PduType type, uint length)
    {
        target[0] = (byte)type;
        target[1] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(target[2..], length);
    }

    public static void WritePdvHead(Span<byte> target, PdvHead head)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target, (uint)head.Length + 2);
        target[4] = head.ContextId;
        target[5] = (byte)((head.IsCommand ? 1 : 0) | (head.IsLast ? 2 : 0));
    }

    private static void WriteAssociateHead(ArrayBufferWriter<byte> body, ushort version, string called, string calling,
        string applicationContext)
    {
        UInt16(body, version);
        UInt16(body, 0);
        AeTitleField(body, called);
        AeTitleField(body, calling);
        body.Write(stackalloc byte[32]);
        Item(body, 0x10, item => Text(item, applicationContext));
    }

    private static void WriteContext(ArrayBufferWriter<byte> body, PresentationContext context)
    {
        Put(body, context.Id, 0, 0, 0);
        Item(body, 0x30, item => Text(item, context.AbstractSyntax));
        foreach (string transferSyntax in context.TransferSyntaxes) Item(body, 0x40, item => Text(item, transferSyntax));
    }

    private static void WriteContextResult(ArrayBufferWriter<byte> body, PresentationContextResult context)
    {
        Put(body, context.Id, 0, (byte)context.Result, 0);
        Item(body, 0x40, item => Text(item, context.TransferSyntax));
    }

    private static void WriteUserItems(ArrayBufferWriter<byte> body, UserItems user)
    {
        Item(body, 0x51, item => UInt32(item, user.MaxPduLength));
        Item(body, 0x52, item => Text(item, user.ImplementationClassUid));
        if (user.AsynchronousWindow is var (invoked, performed))
            Item(body, 0x53, item => { UInt16(item, invoked); UInt16(item, performed); });
        foreach (RoleSelection role in user.Roles)
            Item(body, 0x54, item => { CountedText(item, role.SopClassUid); Put(item, Flag(role.Scu), Flag(role.Scp)); });
        if (user.ImplementationVersionName.Length > 0) Item(body, 0x55, item => Text(item, user.ImplementationVersionName));
        foreach (ExtendedNegotiation extended in user.Extended)
            Item(body, 0x56, item => { CountedText(item, extended.SopClassUid); item.Write(extended.ServiceClassInformation.Span); });
        foreach (CommonExtendedNegotiation common in user.CommonExtended) Item(body, 0x57, item => WriteCommonExtended(item, common));
        if (user.Identity is { } identity)
        {
            Item(body, 0x58, item =>
            {
                Put(item, identity.IdentityType, Flag(identity.ResponseRequested));
                Counted(item, identity.Primary.Span);
                Counted(item, identity.Secondary.Span);
            });
        }

        if (user.IdentityResponse is { } response) Item(body, 0x59, item => Counted(item, response.Span));
    }

    private static void WriteCommonExtended(ArrayBufferWriter<byte> body, CommonExtendedNegotiation common)
    {
        CountedText(body, common.SopClassUid);
        CountedText(body, common.ServiceClassUid);
        ArrayBufferWriter<byte> related = new();
        foreach (string uid in common.RelatedGeneralSopClasses) CountedText(related, uid);
        Counted(body, related.WrittenSpan);
    }

    private static void Put(ArrayBufferWriter<byte> target, params ReadOnlySpan<byte> bytes) => target.Write(bytes);

    private static byte Flag(bool value) => value ? (byte)1 : (byte)0;

    private static void Item(ArrayBufferWriter<byte> target, byte type, Action<ArrayBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> item = new();
        write(item);
        Put(target, type, 0);
        Counted(target, item.WrittenSpan);
    }

    private static void Counted(ArrayBufferWriter<byte> target, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ushort.MaxValue) throw new ArgumentException($"{bytes.Length} bytes do not fit an item of 65535");
        UInt16(target, (ushort)bytes.Length);
        target.Write(bytes);
    }

    private static void CountedText(ArrayBufferWriter<byte> target, string text) => Counted(target, Encoding.ASCII.GetBytes(text));

    private static void Text(ArrayBufferWriter<byte> target, string text) => target.Write(Encoding.ASCII.GetBytes(text));

    private static void AeTitleField(ArrayBufferWriter<byte> target, string aeTitle)
    {
        if (aeTitle.Length > 16) throw new ArgumentException($"AE title {aeTitle} has {aeTitle.Length} characters: 16 is the most");
        target.Write(Encoding.ASCII.GetBytes(aeTitle.PadRight(16)));
    }

    private static void UInt16(ArrayBufferWriter<byte> target, ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(target.GetSpan(2), value);
        target.Advance(2);
    }

    private static void UInt32(ArrayBufferWriter<byte> target, uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(target.GetSpan(4), value);
        target.Advance(4);
    }
}
