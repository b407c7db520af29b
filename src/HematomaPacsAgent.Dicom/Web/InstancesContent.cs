using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>Files as <c>multipart/related; type="application/dicom"</c>, read while they are sent and again for another attempt: none is
/// ever held whole.</summary>
/// <remarks>PS3.18 §10.5.1; RFC 2387</remarks>
internal sealed class InstancesContent : HttpContent
{
    private const int CopyBuffer = 128 * 1024;

    private readonly (string Path, long Length)[] files;
    private readonly long length;
    private readonly byte[] head, end;

    /// <exception cref="UnreadableFileException">A file is not there.</exception>
    public InstancesContent(IEnumerable<string> paths)
    {
        files = [.. paths.Select(path => (path, Reading(path, () => new FileInfo(path).Length)))];
        string boundary = RandomNumberGenerator.GetHexString(32, lowercase: true);
        head = Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n");
        end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        length = files.Sum(file => head.Length + file.Length) + end.Length;
        Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/related; type=\"application/dicom\"; boundary={boundary}");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (var (path, expected) in files)
        {
            await using FileStream file = Reading(path, () => new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read,
                bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan));
            if (file.Length != expected) throw new UnreadableFileException(path, $"{path} changed its size while it was to be sent");
            await stream.WriteAsync(head, cancellationToken);
            await file.CopyToAsync(stream, CopyBuffer, cancellationToken);
        }

        await stream.WriteAsync(end, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }

    private static T Reading<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UnreadableFileException(path, e.Message, e);
        }
    }
}

/// <summary>A file that was to be sent can no longer be read: no fault of the server's, and no reason to ask it again.</summary>
/// <remarks>No <see cref="IOException"/>, which <see cref="HttpClient"/> takes for one of the connection.</remarks>
internal sealed class UnreadableFileException(string path, string message, Exception? cause = null) : Exception(message, cause)
{
    public string Path { get; } = path;
}
