using System.Security.Cryptography;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// An instance being written: a file meta header, then the data set's bytes exactly as they come, digested on their way. Removed unless
/// kept.
/// </summary>
internal sealed class IncomingFile : Stream
{
    private readonly FileStream file;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool kept;

    private IncomingFile(FileStream file) => this.file = file;

    public string FilePath => file.Name;

    /// <summary>Bytes of the data set so far.</summary>
    public long Bytes { get; private set; }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => Bytes;
    public override long Position { get => Bytes; set => throw new NotSupportedException(); }

    /// <param name="spool">Where it arrives.</param>
    /// <param name="header">Preamble and file meta information; not part of the digest.</param>
    /// <param name="cancellation">Stops.</param>
    public static async Task<IncomingFile> CreateAsync(Spool spool, ReadOnlyMemory<byte> header, CancellationToken cancellation)
    {
        IncomingFile incoming = new(spool.CreateIncoming());
        try
        {
            await incoming.file.WriteAsync(header, cancellation);
            return incoming;
        }
        catch
        {
            await incoming.DisposeAsync();
            throw;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        hash.AppendData(buffer.Span);
        Bytes += buffer.Length;
        await file.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <returns>SHA-256 of the data set's bytes, lower-case hex. Nothing may be written afterwards.</returns>
    public string Digest() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <summary>Waits until the content is on the disk, then gives the file its lasting name.</summary>
    /// <returns>The path relative to the spool.</returns>
    public Task<string> KeepAsync(Spool spool, string studyInstanceUid, string sha256) => Task.Run(() =>
    {
        file.Flush(flushToDisk: true);
        string path = spool.Keep(file.Name, studyInstanceUid, sha256);
        kept = true;
        return path;
    });

    public override void Flush() => file.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("written asynchronously");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            string path = file.Name;
            try
            {
                file.Dispose();
            }
            finally
            {
                hash.Dispose();
                if (!kept) File.Delete(path);
            }
        }

        base.Dispose(disposing);
    }
}
