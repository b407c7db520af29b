using HematomaPacsAgent.Dicom.Web;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Web;

/// <summary>Multipart bodies cut off, bent, and made to hurt.</summary>
public sealed class InstancePartsTests
{
    private const string Boundary = "a-boundary";

    private static readonly byte[] Whole = System.Text.Encoding.Latin1.GetBytes(
        $"preamble\r\n--{Boundary}\r\nContent-Type: application/dicom\r\n\r\n"
        + $"first\r\n--not-it\r\n--{Boundary}\r\nContent-Type: application/dicom; "
        + $"transfer-syntax=1.2.840.10008.1.2.1\r\nContent-Length: 6\r\n\r\nsecond\r\n--{Boundary}--\r\n");

    [Fact]
    public async Task The_parts_come_as_they_were_sent()
    {
        List<string> parts = await ReadAsync(Whole);
        Assert.Equal(["first\r\n--not-it", "second"], parts);
    }

    [Fact]
    public async Task A_body_cut_off_anywhere_is_told_and_never_taken_for_whole()
    {
        int end = Whole.Length - "--\r\n".Length;
        for (int length = 0; length <= end; length++)
        {
            byte[] cut = Whole[..length];
            DicomWebException broken = await Assert.ThrowsAsync<DicomWebException>(() => ReadAsync(cut));
            // A header line cut off is one with a shorter value.
            Assert.Matches("broke off|something else", broken.Message);
        }
    }

    [Fact]
    public async Task A_part_that_is_no_DICOM_is_refused() =>
        Assert.Contains("something else than application/dicom", (await Assert.ThrowsAsync<DicomWebException>(() => ReadAsync(
            System.Text.Encoding.Latin1.GetBytes($"--{Boundary}\r\nContent-Type: text/html\r\n\r\nlogin\r\n--{Boundary}--\r\n")))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task Parts_without_end_are_stopped()
    {
        using RepeatedStream endless = new(System.Text.Encoding.Latin1.GetBytes($"--{Boundary}\r\n\r\n\r\n"));
        DicomWebException many = await Assert.ThrowsAsync<DicomWebException>(() =>
            InstanceParts.ReadAsync(endless, Boundary, "http://pacs/", (part, stop) => part.CopyToAsync(Stream.Null, stop),
                TestContext.Current.CancellationToken));
        Assert.Contains("ask for a series at a time", many.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("multipart/related; boundary=abc", "abc")]
    [InlineData("Multipart/Related; type=\"application/dicom\"; boundary=\"a b\"", "a b")]
    [InlineData("multipart/related", null)]
    [InlineData("multipart/related; boundary=\"\"", null)]
    [InlineData("multipart/related; boundary=12345678901234567890123456789012345678901234567890123456789012345678901", null)]
    [InlineData("multipart/mixed; boundary=abc", null)]
    [InlineData("nonsense;;", null)]
    [InlineData(null, null)]
    public void A_boundary_is_taken_only_from_multipart_related(string? contentType, string? boundary) =>
        Assert.Equal(boundary, InstanceParts.Boundary(contentType));

    [Fact]
    public void Bent_bodies_are_read_or_told() => Fuzz.Run([Whole], Parse, e => e is DicomWebException, count: 3000);

    [Fact(Explicit = true)]
    public void Bent_bodies_are_read_or_told_for_long() => Fuzz.RunFor(Fuzz.LongStudy, [Whole], Parse, e => e is DicomWebException);

    /// <summary>From memory everything is read at once, on this thread.</summary>
    private static void Parse(byte[] body) => ReadAsync(body).GetAwaiter().GetResult();

    private static async Task<List<string>> ReadAsync(byte[] body)
    {
        List<string> parts = [];
        using MemoryStream stream = new(body);
        await InstanceParts.ReadAsync(stream, Boundary, "http://pacs/", async (part, stop) =>
        {
            using MemoryStream bytes = new();
            await part.CopyToAsync(bytes, stop);
            parts.Add(System.Text.Encoding.Latin1.GetString(bytes.ToArray()));
        }, CancellationToken.None);
        return parts;
    }

    /// <summary>The same bytes for ever.</summary>
    private sealed class RepeatedStream(byte[] bytes) : MemoryStream
    {
        private int at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (int i = 0; i < buffer.Length; i++) buffer.Span[i] = bytes[at++ % bytes.Length];
            return new(buffer.Length);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
