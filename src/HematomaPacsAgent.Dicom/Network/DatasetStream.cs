using System.Buffers;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>
/// A data set on its way in: reads forward over the fragments of one message, ends after the last, and fails with a
/// <see cref="DicomNetworkException"/> when the association dies before. Read it asynchronously; nothing of it is kept.
/// </summary>
internal sealed class DatasetStream(DimseChannel channel, AcceptedContext context) : Stream
{
    private const int WriteSize = 128 * 1024, WorthAWrite = 32 * 1024;

    private bool sawLast;
    private long position;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException("the length of a data set is known at its end");
    public override long Position { get => position; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || !await HasMoreAsync(cancellationToken)) return 0;
        int count = await channel.Upper.ReadPdvAsync(buffer);
        position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Writes large fragments straight from the receive buffer; gathers small ones, so that a peer with small PDUs costs no write
    /// each.</summary>
    public override async Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken)
    {
        byte[] gathered = ArrayPool<byte>.Shared.Rent(WriteSize);
        int held = 0;
        try
        {
            while (await HasMoreAsync(cancellationToken))
            {
                ReadOnlyMemory<byte> chunk = await channel.Upper.ReadPdvChunkAsync();
                position += chunk.Length;
                if (held > 0 && held + chunk.Length > gathered.Length)
                {
                    await destination.WriteAsync(gathered.AsMemory(0, held), cancellationToken);
                    held = 0;
                }

                if (held == 0 && chunk.Length >= WorthAWrite)
                {
                    await destination.WriteAsync(chunk, cancellationToken);
                    continue;
                }

                chunk.CopyTo(gathered.AsMemory(held));
                held += chunk.Length;
            }

            if (held > 0) await destination.WriteAsync(gathered.AsMemory(0, held), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(gathered);
        }
    }

    /// <summary>Reads away what the handler left, so that the response can follow.</summary>
    public async Task DrainAsync()
    {
        while (await HasMoreAsync(CancellationToken.None)) position += (await channel.Upper.ReadPdvChunkAsync()).Length;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("a data set on its way in is read asynchronously");

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask<bool> HasMoreAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        while (channel.Upper.PdvLeft == 0)
        {
            if (sawLast) return false;
            sawLast = (await channel.NextDatasetPdvAsync(context)).IsLast;
        }

        return true;
    }
}
