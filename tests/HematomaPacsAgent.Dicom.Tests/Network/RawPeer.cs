using System.Net.Sockets;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>A peer that sends what bytes it likes and reads PDUs one by one.</summary>
internal sealed class RawPeer(Socket socket) : IDisposable
{
    public const byte EchoContext = 1, CtContext = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static readonly AAssociateRq Request = new("HEMATOMA", "RAW",
    [
        new(EchoContext, DicomUID.Verification.Value, [DicomTransferSyntax.ImplicitVRLittleEndian.Uid.Value]),
        new(CtContext, DicomUID.CTImageStorage.Value, [DicomTransferSyntax.ExplicitVRLittleEndian.Uid.Value]),
    ], new UserItems { MaxPduLength = 16384, ImplementationClassUid = "1.2.3" });

    public static byte[] Echo { get; } = Command(EchoContext,
        new CommandSet(DimseCommand.CEchoRq) { MessageId = 7, AffectedSopClassUid = DicomUID.Verification.Value });

    public static CommandSet StoreCommand(string instance, ushort messageId = 8) => new(DimseCommand.CStoreRq)
    {
        MessageId = messageId, AffectedSopClassUid = DicomUID.CTImageStorage.Value, AffectedSopInstanceUid = instance, HasDataset = true,
    };

    public static async Task<RawPeer> ConnectAsync(int port)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port, Cancellation);
        return new RawPeer(socket);
    }

    /// <summary>With an association accepted.</summary>
    public static async Task<RawPeer> AssociateAsync(int port)
    {
        RawPeer peer = await ConnectAsync(port);
        await peer.SendAsync(PduWriter.Write(Request));
        Assert.IsType<AAssociateAc>(await peer.ReadAsync());
        return peer;
    }

    public static byte[] PData(params byte[][] pdvs)
    {
        byte[] body = [.. pdvs.SelectMany(pdv => pdv)];
        byte[] pdu = new byte[6 + body.Length];
        PduWriter.WriteHead(pdu, PduType.PDataTf, (uint)body.Length);
        body.CopyTo(pdu, 6);
        return pdu;
    }

    public static byte[] Pdv(byte context, bool isCommand, bool isLast, ReadOnlySpan<byte> fragment)
    {
        byte[] pdv = new byte[6 + fragment.Length];
        PduWriter.WritePdvHead(pdv, new PdvHead(context, isCommand, isLast, fragment.Length));
        fragment.CopyTo(pdv.AsSpan(6));
        return pdv;
    }

    public static byte[] Command(byte context, CommandSet command) => PData(Pdv(context, isCommand: true, isLast: true, command.Write()));

    public async Task SendAsync(byte[] bytes)
    {
        for (int sent = 0; sent < bytes.Length;) sent += await socket.SendAsync(bytes.AsMemory(sent), Cancellation);
    }

    public void EndSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next PDU, P-DATA-TF as its command set; null when the connection is closed.</summary>
    public async Task<object?> ReadAsync()
    {
        if (await ReadBytesAsync() is not var (type, body)) return null;
        return type == PduType.PDataTf ? CommandSet.Read(body.AsSpan(6)) : PduReader.ReadBody(type, body);
    }

    /// <summary>The next PDU as it is; null when the connection is closed.</summary>
    public async Task<(PduType Type, byte[] Body)?> ReadBytesAsync()
    {
        byte[] head = new byte[6];
        if (!await FillAsync(head)) return null;
        (PduType type, uint length) = PduReader.ReadHead(head, 0);
        byte[] body = new byte[length];
        Assert.True(await FillAsync(body));
        return (type, body);
    }

    public async Task<DicomStatus> ReadStatusAsync() => Assert.IsType<CommandSet>(await ReadAsync()).Status;

    /// <summary>Reads until the connection is closed or reset.</summary>
    public async Task ReadToEndAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, Cancellation) > 0) { }
        }
        catch (SocketException)
        {
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task<bool> FillAsync(byte[] target)
    {
        for (int read = 0; read < target.Length;)
        {
            int count = await socket.ReceiveAsync(target.AsMemory(read), Cancellation);
            if (count == 0) return false;
            read += count;
        }

        return true;
    }
}
