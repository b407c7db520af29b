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

    private readonly IReadOnlyList<string> files;
    private readonly long length;
    private readonly byte[] head, end;

    public InstancesContent(IReadOnlyList<string> files)
    {
        this.files = files;
        string boundary = RandomNumberGenerator.GetHexString(32, lowercase: true);
        head = Encoding.ASCII.GetBytes($"\r\n--{boundary}\r\nContent-Type: application/dicom\r\n\r\n");
        end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        length = files.Sum(file => head.Length + new FileInfo(file).Length) + end.Length;
        Headers.ContentType = MediaTypeHeaderValue.Parse($"multipart/related; type=\"application/dicom\"; boundary={boundary}");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        foreach (string path in files)
        {
            await stream.WriteAsync(head, cancellationToken);
            await using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0,
                FileOptions.Asynchronous | FileOptions.SequentialScan);
            await file.CopyToAsync(stream, CopyBuffer, cancellationToken);
        }

        await stream.WriteAsync(end, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = this.length;
        return true;
    }
}
