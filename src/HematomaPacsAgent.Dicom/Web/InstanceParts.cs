using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>Reads instances out of a WADO-RS answer, one after another as they come.</summary>
/// <remarks>PS3.18 §8.6.1.2; RFC 2046 §5.1.1 for the boundary</remarks>
internal static class InstanceParts
{
    private const int LongestBoundary = 70, MaxParts = 100_000, MaxHeaders = 32, MaxHeaderBytes = 16 * 1024, Buffer = 64 * 1024;

    /// <summary>The boundary of a multipart/related answer; null where it is none.</summary>
    public static string? Boundary(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals("multipart/related", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary) is { HasValue: true, Length: > 0 and <= LongestBoundary } boundary
            ? boundary.Value : null;

    /// <param name="take">Gets each instance, to be read before it returns. What it throws is passed on as it is.</param>
    /// <returns>How many came.</returns>
    /// <exception cref="DicomWebException">The answer is cut off, is no multipart, or holds something else than DICOM.</exception>
    public static async Task<int> ReadAsync(Stream body, string boundary, string server, Func<Stream, CancellationToken, Task> take,
        CancellationToken cancellation)
    {
        MultipartReader parts = new(boundary, body, Buffer) { HeadersCountLimit = MaxHeaders, HeadersLengthLimit = MaxHeaderBytes };
        for (int count = 0; ; count++)
        {
            MultipartSection? part;
            try
            {
                part = await parts.ReadNextSectionAsync(cancellation);
            }
            catch (Exception e) when (e is not DicomWebException && Told(e) is { } message)
            {
                throw new DicomWebException(message, e);
            }

            if (part is null) return count;
            if (count == MaxParts)
                throw new DicomWebException($"{server} sends more than {MaxParts} instances; ask for a series at a time");
            if (part.ContentType is { } type && !IsDicom(type))
                throw new DicomWebException(
                    $"{server} sends something else than application/dicom after {count} instances; it may be no WADO-RS service");
            // Not disposed: the reader drains what was not read.
            await take(new AnswerStream(part.Body, Timeout.InfiniteTimeSpan, server, Told), cancellation);

            string? Told(Exception e) =>
                e is IOException or InvalidDataException
                    ? $"{server} broke off after {count} instances, or sent no multipart: {e.Message}" : null;
        }
    }

    private static bool IsDicom(string contentType) => MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && type.MediaType.Equals("application/dicom", StringComparison.OrdinalIgnoreCase);
}
