using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using HematomaPacsAgent.Dicom.Json;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>DICOMweb as user agent: STOW-RS, QIDO-RS, WADO-RS. Transient failures are tried again; instances are streamed.</summary>
/// <remarks>PS3.18 §10</remarks>
public sealed class DicomWebClient : IDisposable
{
    private const string Json = "application/dicom+json";

    private readonly DicomWebOptions options;
    private readonly DicomWebConnection connection;

    /// <exception cref="DicomNetworkException">The file of the authorities or of our certificate cannot be used.</exception>
    public DicomWebClient(DicomWebOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (this.options, connection) = (options, new DicomWebConnection(options));
    }

    /// <summary>The server, as messages name it.</summary>
    public string Server => connection.Server;

    public void Dispose() => connection.Dispose();

    /// <summary>Stores files (STOW-RS), some in each request, and tells of each what became of it, in the order given. Storing an instance
    /// twice does no harm, so a request whose answer was lost is sent again.</summary>
    /// <param name="files">Part 10 files. One that cannot be read does not stop the others.</param>
    /// <param name="progress">Told after each file.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="DicomWebException">The server cannot be reached or lets us not in; what was stored before stays stored.</exception>
    public async Task<IReadOnlyList<StoreResult>> StoreAsync(IReadOnlyList<string> files, IProgress<StoreProgress>? progress,
        CancellationToken cancellation)
    {
        List<StoreResult> results = [];
        List<OutgoingFile> batch = [];
        long bytes = 0;
        foreach (string path in files)
        {
            StoreResult? unreadable = null;
            OutgoingFile? file = null;
            try
            {
                file = OutgoingFile.Read(path);
                if (file.Offset is null)
                    unreadable = new StoreResult(path, file.SopInstance, null,
                        "the file has no meta information (PS3.10), which STOW-RS needs");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                unreadable = new StoreResult(path, null, null, e.Message);
            }

            if (unreadable is not null)
            {
                await FlushAsync();
                Record(unreadable);
                continue;
            }

            long size = new FileInfo(path).Length;
            if (batch.Count > 0 && (batch.Count == options.MaxInstances || bytes + size > options.MaxRequestBytes)) await FlushAsync();
            batch.Add(file!);
            bytes += size;
        }

        await FlushAsync();
        return results;

        void Record(StoreResult result)
        {
            results.Add(result);
            progress?.Report(new StoreProgress(results.Count, files.Count, result));
        }

        async Task FlushAsync()
        {
            if (batch.Count == 0) return;
            foreach (StoreResult result in await StoreAsync(batch, cancellation)) Record(result);
            batch.Clear();
            bytes = 0;
        }
    }

    /// <summary>Searches (QIDO-RS), a page after another as long as they are asked for.</summary>
    /// <param name="level">Study, series or image.</param>
    /// <param name="match">Attributes to match, as text; UIDs of the levels above narrow the resource.</param>
    /// <param name="include">Attributes to return beyond the usual.</param>
    /// <param name="pageSize">Results asked for at once.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="DicomWebException">The server cannot be reached, refuses, or does not answer in DICOM JSON.</exception>
    public async IAsyncEnumerable<DicomDataset> SearchAsync(QueryLevel level, DicomDataset match, IReadOnlyList<DicomTag>? include = null,
        int pageSize = 500, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentOutOfRangeException.ThrowIfLessThan(pageSize, 1);
        (string resource, IEnumerable<DicomTag> inPath) = Resource(level, match);
        StringBuilder query = new();
        foreach (DicomItem item in match)
            if (!inPath.Contains(item.Tag) && match.GetStringOrEmpty(item.Tag) is { Length: > 0 } value)
                query.Append(CultureInfo.InvariantCulture, $"&{item.Tag.Group:X4}{item.Tag.Element:X4}={Uri.EscapeDataString(value)}");
        foreach (DicomTag tag in include ?? []) query.Append(CultureInfo.InvariantCulture, $"&includefield={tag.Group:X4}{tag.Element:X4}");
        HashSet<string> seen = [];
        for (int offset = 0; ;)
        {
            var (page, more) = await GetJsonAsync($"{resource}?limit={pageSize}&offset={offset}{query}", $"a search for {resource}",
                cancellation);
            int fresh = 0;
            foreach (DicomDataset found in page)
            {
                // A server that does not know offset sends its first page for ever.
                if (!seen.Add(Identity(level, found))) continue;
                fresh++;
                yield return found;
            }

            // Servers may give fewer at once than asked for, and say so.
            if (fresh == 0 || (page.Count < pageSize && !more)) yield break;
            offset += page.Count;
        }
    }

    /// <summary>The attributes of a study's, series' or instance's instances (WADO-RS metadata); bulk values are left out.</summary>
    /// <exception cref="DicomWebException">The server cannot be reached, refuses, or does not answer in DICOM JSON.</exception>
    public async Task<IReadOnlyList<DicomDataset>> RetrieveMetadataAsync(DicomUID study, DicomUID? series, DicomUID? instance,
        CancellationToken cancellation) =>
        (await GetJsonAsync(Path(study, series, instance) + "/metadata", "a request for metadata", cancellation)).Found;

    /// <summary>Retrieves instances (WADO-RS).</summary>
    /// <param name="syntax">What the data sets shall come in, if the server can; null for what each is stored in.</param>
    /// <param name="take">Gets each instance as a Part 10 stream, to be read asynchronously before it returns. What it throws is passed
    /// on.</param>
    /// <returns>How many came.</returns>
    /// <exception cref="DicomWebException">The server cannot be reached, refuses, or its answer is cut off: some instances may have
    /// come.</exception>
    public async Task<int> RetrieveAsync(DicomUID study, DicomUID? series, DicomUID? instance, DicomTransferSyntax? syntax,
        Func<Stream, CancellationToken, Task> take, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(take);
        const string what = "a request for instances";
        string accept = $"multipart/related; type=\"application/dicom\"; transfer-syntax={syntax?.Uid.Value ?? "*"}";
        using HttpResponseMessage response = await connection.SendAsync(Path(study, series, instance), what, accept, null, cancellation);
        if (response.StatusCode == HttpStatusCode.NoContent) return 0;
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw DicomWebException.From(response.StatusCode, Server, what);
        string boundary = InstanceParts.Boundary(response.Content.Headers.ContentType?.ToString())
            ?? throw new DicomWebException(
                $"{Server} did not answer {what} with multipart/related and a boundary; it may be no WADO-RS service");
        await using Stream body = await connection.OpenAsync(response, cancellation);
        return await InstanceParts.ReadAsync(body, boundary, Server, take, cancellation);
    }

    /// <returns>The data sets, and whether the server holds back some that can be asked for.</returns>
    private async Task<(IReadOnlyList<DicomDataset> Found, bool More)> GetJsonAsync(string path, string what,
        CancellationToken cancellation)
    {
        using HttpResponseMessage response = await connection.SendAsync(path, what, Json, null, cancellation);
        if (response.StatusCode == HttpStatusCode.NoContent) return ([], false);
        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent))
            throw DicomWebException.From(response.StatusCode, Server, what);
        byte[] body = await connection.ReadAsync(response, what, cancellation);
        // Up to 2016 the standard had status 206 for it, and since then a warning.
        bool more = response.StatusCode == HttpStatusCode.PartialContent || response.Headers.Warning.Any(warning => warning.Code == 299);
        try
        {
            return (body.Length == 0 ? [] : DicomJson.Parse(body), more);
        }
        catch (DicomFormatException e)
        {
            throw new DicomWebException($"{Server} did not answer {what} in DICOM JSON: {e.Message}", e);
        }
    }

    /// <summary>Stores in one request; once more without a file that turns out to be unreadable.</summary>
    private async Task<IEnumerable<StoreResult>> StoreAsync(List<OutgoingFile> batch, CancellationToken cancellation)
    {
        Dictionary<string, string> unreadable = [];
        StoreReport? report = null;
        while (report is null && unreadable.Count < batch.Count)
        {
            try
            {
                report = await StoreAsync(batch.Select(file => file.Path).Where(path => !unreadable.ContainsKey(path)), cancellation);
            }
            catch (UnreadableFileException e)
            {
                unreadable.Add(e.Path, e.Message);
            }
        }

        return batch.Select(file => unreadable.TryGetValue(file.Path, out string? why)
            ? new StoreResult(file.Path, file.SopInstance, null, why)
            : report!.ResultOf(file));
    }

    private async Task<StoreReport> StoreAsync(IEnumerable<string> paths, CancellationToken cancellation)
    {
        const string what = "a store request";
        using InstancesContent content = new(paths);
        using HttpResponseMessage response = await connection.SendAsync("studies", what, Json, content, cancellation);
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
            throw DicomWebException.From(response.StatusCode, Server, what);
        byte[] body = await connection.ReadAsync(response, what, cancellation);
        string type = response.Content.Headers.ContentType?.MediaType ?? Json;
        return StoreReport.Read(body, !response.IsSuccessStatusCode ? DicomWebException.From(response.StatusCode, Server, what).Message
            : type.EndsWith("json", StringComparison.OrdinalIgnoreCase) ? $"{Server} does not name it in its answer"
            : $"{Server} answered in {type}, not in DICOM JSON: whether it stored the instance is not known");
    }

    private static (string Resource, IEnumerable<DicomTag> InPath) Resource(QueryLevel level, DicomDataset match)
    {
        string study = match.GetStringOrEmpty(DicomTag.StudyInstanceUID), series = match.GetStringOrEmpty(DicomTag.SeriesInstanceUID);
        bool ofStudy = new DicomUID(study).IsValid, ofSeries = ofStudy && new DicomUID(series).IsValid;
        return level switch
        {
            QueryLevel.Study => ("studies", []),
            QueryLevel.Series => ofStudy ? ($"studies/{study}/series", [DicomTag.StudyInstanceUID]) : ("series", []),
            QueryLevel.Image => ofSeries
                ? ($"studies/{study}/series/{series}/instances", [DicomTag.StudyInstanceUID, DicomTag.SeriesInstanceUID])
                : ofStudy ? ($"studies/{study}/instances", [DicomTag.StudyInstanceUID]) : ("instances", []),
            _ => throw new ArgumentException("QIDO-RS knows studies, series and instances", nameof(level)),
        };
    }

    private static string Identity(QueryLevel level, DicomDataset found) => found.GetStringOrEmpty(level switch
    {
        QueryLevel.Study => DicomTag.StudyInstanceUID,
        QueryLevel.Series => DicomTag.SeriesInstanceUID,
        _ => DicomTag.SOPInstanceUID,
    });

    private static string Path(DicomUID study, DicomUID? series, DicomUID? instance)
    {
        foreach (DicomUID? uid in (DicomUID?[])[study, series, instance])
            if (uid is { IsValid: false }) throw new ArgumentException($"'{uid}' is no UID");
        if (instance is not null && series is null) throw new ArgumentException("an instance lies in a series: name it", nameof(series));
        return $"studies/{study}{(series is null ? "" : $"/series/{series}")}{(instance is null ? "" : $"/instances/{instance}")}";
    }
}
