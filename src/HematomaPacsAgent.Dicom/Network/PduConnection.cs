using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>
/// PDUs on a byte stream. Control PDUs are parsed; of a P-DATA-TF just the head is, and its values are handed on from a pooled
/// receive buffer or read straight into the consumer's. Every send is one write, so that no delayed acknowledgement splits a message.
/// </summary>
/// <remarks>PS3.8 §9.3; one caller reads and one writes at a time</remarks>
internal sealed class PduConnection : IAsyncDisposable
{
    /// <summary>A stranger gets this little until its association is accepted.</summary>
    private const int SmallBuffer = 4 * 1024;

    private const int LargeBuffer = 128 * 1024, WakeMark = 32 * 1024;

    private readonly Socket socket;
    private readonly Stream stream;
    private readonly uint maxPduLength;
    private readonly bool acknowledgeQuickly, wakesLate;
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int start, end;
    private bool filling;
    private int lowWater = 1;

    /// <param name="socket">Connected; for socket options and the half close.</param>
    /// <param name="stream">Over the socket: plain or encrypted. Owned, and with it the socket.</param>
    /// <param name="maxPduLength">Largest P-DATA-TF body offered to the peer; 0 means no limit.</param>
    /// <param name="awaitsResponses">Whether what is read are short responses, for which the peer shall not be kept waiting.</param>
    public PduConnection(Socket socket, Stream stream, uint maxPduLength, bool awaitsResponses)
    {
        (this.socket, this.stream, this.maxPduLength, acknowledgeQuickly) = (socket, stream, maxPduLength, awaitsResponses);
        wakesLate = OperatingSystem.IsLinux() && stream is NetworkStream && !awaitsResponses;
        socket.NoDelay = true;
    }

    /// <summary>Encrypted, and we showed no certificate.</summary>
    public bool IsTlsWithoutCertificate => stream is SslStream { LocalCertificate: null };

    /// <summary>Bytes of the current P-DATA-TF not yet read.</summary>
    public long PduLeft { get; private set; }

    /// <summary>Bytes of the current presentation data value not yet read.</summary>
    public int PdvLeft { get; private set; }

    /// <summary>Whether more of the current value is here already, so that no read can wait.</summary>
    public bool HasPdvBytes => PdvLeft > 0 && start < end;

    /// <summary>Widens the receive buffer to whole PDUs; done when an instance comes.</summary>
    public void UseLargeBuffer()
    {
        if (buffer.Length >= LargeBuffer) return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(LargeBuffer);
        buffer.AsSpan(start, end - start).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        (buffer, start, end) = (larger, 0, end - start);
    }

    /// <summary>Reads the next PDU, skipping what is unread of a P-DATA-TF; null when the peer has closed.</summary>
    /// <exception cref="InvalidPduException">It is none.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask<Pdu?> ReadPduAsync(CancellationToken cancellation)
    {
        await SkipPduAsync(cancellation);
        if (!await FillAsync(PduReader.HeadSize, cancellation)) return null;
        (PduType type, uint length) = PduReader.ReadHead(buffer.AsSpan(start, PduReader.HeadSize), maxPduLength);
        start += PduReader.HeadSize;
        if (type == PduType.PDataTf)
        {
            PduLeft = length;
            return new PDataTf(length);
        }

        byte[] body = await ReadBodyAsync((int)length, cancellation);
        return PduReader.ReadBody(type, body);
    }

    /// <summary>Waits until something can be read, if only the peer's close. Cancelling loses nothing.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellation) => await FillAsync(1, cancellation);

    /// <summary>Reads the head of the next presentation data value of the current P-DATA-TF.</summary>
    public async ValueTask<PdvHead> ReadPdvHeadAsync(CancellationToken cancellation)
    {
        if (PduLeft < PdvHead.Size)
            throw new InvalidPduException(AbortReason.InvalidPduParameterValue, $"{PduLeft} stray bytes at the end of a P-DATA-TF");
        await RequireAsync(PdvHead.Size, cancellation);
        PdvHead head = PduReader.ReadPdvHead(buffer.AsSpan(start, PdvHead.Size), PduLeft);
        start += PdvHead.Size;
        PduLeft -= PdvHead.Size;
        PdvLeft = head.Length;
        return head;
    }

    /// <summary>Reads at least one byte of the current value, straight into a large target.</summary>
    public async ValueTask<int> ReadPdvAsync(Memory<byte> target, CancellationToken cancellation)
    {
        int wanted = Math.Min(target.Length, PdvLeft), count;
        if (start == end && wanted >= buffer.Length)
        {
            WakeFor(PduLeft);
            count = await stream.ReadAsync(target[..wanted], cancellation);
            if (count == 0) throw Truncated();
        }
        else
        {
            await RequireAsync(1, cancellation);
            count = Math.Min(wanted, end - start);
            buffer.AsMemory(start, count).CopyTo(target);
            start += count;
        }

        PduLeft -= count;
        PdvLeft -= count;
        return count;
    }

    /// <summary>Hands out what is here of the current value, at least one byte, without copying; good until the next read.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadPdvChunkAsync(CancellationToken cancellation)
    {
        await RequireAsync(1, cancellation);
        int count = Math.Min(PdvLeft, end - start);
        ReadOnlyMemory<byte> chunk = buffer.AsMemory(start, count);
        start += count;
        PduLeft -= count;
        PdvLeft -= count;
        return chunk;
    }

    /// <summary>Sends in one write.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> pdus, CancellationToken cancellation) => stream.WriteAsync(pdus, cancellation);

    /// <summary>Says that nothing more will be sent, and reads away what still comes until the peer closes: a close with unread bytes would
    /// reset the connection, and the peer might lose the PDU just sent.</summary>
    public async Task DrainAsync(bool halfClose, CancellationToken cancellation)
    {
        try
        {
            if (halfClose && stream is SslStream tls) await tls.ShutdownAsync().WaitAsync(cancellation);
            if (halfClose) socket.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(buffer, cancellation) > 0) { }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is about to be closed whatever happens here.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        socket.Dispose();
        byte[] returned = Interlocked.Exchange(ref buffer, []);
        (start, end, PduLeft, PdvLeft) = (0, 0, 0, 0);
        // A buffer that a torn-down read may still write into is left to the garbage collector.
        if (returned.Length > 0 && !filling) ArrayPool<byte>.Shared.Return(returned);
    }

    /// <summary>Reads a control PDU's body in steps, so that memory follows the bytes that came and not the length that was
    /// claimed.</summary>
    private async ValueTask<byte[]> ReadBodyAsync(int length, CancellationToken cancellation)
    {
        byte[] body = new byte[Math.Min(length, SmallBuffer)];
        for (int read = 0; read < length;)
        {
            if (read == body.Length) Array.Resize(ref body, Math.Min(length, body.Length * 2));
            await RequireAsync(1, cancellation);
            int count = Math.Min(body.Length - read, end - start);
            buffer.AsSpan(start, count).CopyTo(body.AsSpan(read));
            start += count;
            read += count;
        }

        return body;
    }

    private async ValueTask SkipPduAsync(CancellationToken cancellation)
    {
        while (PduLeft > 0)
        {
            await RequireAsync(1, cancellation);
            int count = (int)Math.Min(PduLeft, end - start);
            start += count;
            PduLeft -= count;
        }

        PdvLeft = 0;
    }

    private async ValueTask RequireAsync(int count, CancellationToken cancellation)
    {
        if (!await FillAsync(count, cancellation)) throw Truncated();
    }

    /// <summary>Has <paramref name="count"/> bytes in the buffer; false when the peer closed before the first of them.</summary>
    private async ValueTask<bool> FillAsync(int count, CancellationToken cancellation)
    {
        if (end - start >= count) return true;
        if (start == end) start = end = 0;
        if (buffer.Length - start < count)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }

        while (end - start < count)
        {
            WakeFor(Math.Max(count - (end - start), Math.Min(PduLeft - (end - start), buffer.Length - end)));
            filling = true;
            int read = await stream.ReadAsync(buffer.AsMemory(end), cancellation);
            filling = false;
            if (acknowledgeQuickly) AcknowledgeQuickly();
            if (read == 0) return start == end ? false : throw Truncated();
            end += read;
        }

        return true;
    }

    /// <summary>
    /// Lets the kernel wake us once the rest of the PDU, or a good part of it, is here, and not for each of its segments: a fifth less CPU
    /// on the receive path. More than is sure to come must never be asked for, so this is for plain connections, where the bytes of the
    /// PDU are those of the socket. A peer that takes the DIMSE timeout for less than the mark counts as silent.
    /// </summary>
    private void WakeFor(long bytesToCome)
    {
        const int socketLevel = 1, receiveLowWater = 18;
        int wanted = (int)Math.Clamp(bytesToCome, 1, WakeMark);
        if (!wakesLate || wanted == lowWater) return;
        try
        {
            Span<byte> value = stackalloc byte[sizeof(int)];
            BitConverter.TryWriteBytes(value, wanted);
            socket.SetRawSocketOption(socketLevel, receiveLowWater, value);
            lowWater = wanted;
        }
        catch (SocketException)
        {
            // Speed only: the next read tells what is wrong with the connection.
        }
    }

    /// <summary>
    /// Sends the acknowledgement that the kernel would hold back. A peer that leaves Nagle on and writes a response in two pieces (DCMTK
    /// and Orthanc by default) keeps the second for the 40 ms that a delayed acknowledgement takes. Linux forgets the wish, so it is
    /// repeated for each piece.
    /// </summary>
    private void AcknowledgeQuickly()
    {
        const int tcpLevel = 6, quickAck = 12;
        try
        {
            if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(tcpLevel, quickAck, [1, 0, 0, 0]);
        }
        catch (SocketException)
        {
            // Speed only: the next read tells what is wrong with the connection.
        }
    }

    private static EndOfStreamException Truncated() => new("the connection was closed inside a PDU");
}
