namespace HematomaPacsAgent.Dicom.Web;

/// <summary>An answer as it comes: a silence too long and a failure of the server's end as <see cref="DicomWebException"/>.</summary>
/// <param name="silence">Longest wait for the next bytes.</param>
/// <param name="server">In messages.</param>
/// <param name="tell">The message for a failure; null leaves it as it is.</param>
internal sealed class AnswerStream(Stream inner, TimeSpan silence, string server, Func<Exception, string?> tell) : Stream
{
    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(silence);
        try
        {
            return await inner.ReadAsync(buffer, limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DicomWebException($"{server} fell silent for {silence.TotalSeconds:0.#} s in the midst of an answer", e);
        }
        catch (Exception e) when (e is not DicomWebException && tell(e) is { } message)
        {
            throw new DicomWebException(message, e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
