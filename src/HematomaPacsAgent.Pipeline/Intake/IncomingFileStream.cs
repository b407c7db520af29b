using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace HematomaPacsAgent.Pipeline.Intake;

/// <summary>
/// An instance being written: a file meta header, then the data set's bytes exactly as they come. Removed unless kept.
/// </summary>
/// <remarks>Writes are synchronous and unbuffered: they copy into the system's page cache, and .NET's asynchronous ones would do the same
/// on another thread of the same pool, at the price of two hand-overs.</remarks>
public sealed class IncomingFileStream : Stream
{
    private readonly FileStream file;
    private readonly SafeFileHandle handle;
    private readonly IncrementalHash? hash;
    private long position;
    private int headerLength;
    private bool kept;

    private IncomingFileStream(FileStream file, IncrementalHash? hash) =>
        (this.file, handle, this.hash) = (file, file.SafeFileHandle, hash);

    public string FilePath => file.Name;

    /// <summary>Bytes of the data set so far.</summary>
    public long Bytes => position - headerLength;

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => Bytes;
    public override long Position { get => Bytes; set => throw new NotSupportedException(); }

    /// <param name="path">New; for its owner's eyes only, since patients' images are nobody else's.</param>
    /// <param name="header">Preamble and file meta information; not part of the digest.</param>
    /// <param name="digested">Whether <see cref="Digest"/> will be asked for.</param>
    /// <exception cref="IOException">It cannot be made, or is there already.</exception>
    public static IncomingFileStream Create(string path, ReadOnlySpan<byte> header, bool digested)
    {
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        IncomingFileStream incoming = new(new FileStream(path, options),
            digested ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null);
        try
        {
            RandomAccess.Write(incoming.handle, header, 0);
            incoming.position = incoming.headerLength = header.Length;
            return incoming;
        }
        catch
        {
            incoming.Dispose();
            throw;
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hash?.AppendData(buffer);
        RandomAccess.Write(handle, buffer, position);
        position += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled(cancellationToken);
        try
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }
        catch (Exception e)
        {
            return ValueTask.FromException(e);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <returns>SHA-256 of the data set's bytes, lower-case hex. Nothing may be written afterwards.</returns>
    /// <exception cref="InvalidOperationException">It was created undigested.</exception>
    public string Digest() =>
        Convert.ToHexStringLower((hash ?? throw new InvalidOperationException("created undigested")).GetHashAndReset());

    /// <summary>Gives the file its lasting name, as durably as <paramref name="files"/> does.</summary>
    public async Task KeepAsync(DurableFiles files, string root, string path, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(files);
        await files.KeepAsync(handle, FilePath, root, path, cancellation);
        kept = true;
    }

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            hash?.Dispose();
            if (!kept) File.Delete(FilePath);
        }

        base.Dispose(disposing);
    }
}
