using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>Debian's Orthanc as the hospital's PACS, with DICOMweb. Can be stopped and started again on the same store and ports.</summary>
public sealed class OrthancPacs : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http;
    private readonly (string User, string Password)? account;
    private Process? process;

    private OrthancPacs(int dicomPort, int httpPort, (string User, string Password)? account)
    {
        (DicomPort, HttpPort, this.account) = (dicomPort, httpPort, account);
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{httpPort}/") };
        if (account is var (user, password))
            http.DefaultRequestHeaders.Authorization = new("Basic",
                Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes($"{user}:{password}")));
    }

    public const string AeTitle = "ORTHANC";

    public int DicomPort { get; }
    public int HttpPort { get; }

    /// <summary>Prepares a PACS without starting it.</summary>
    /// <param name="account">The only one who is let in by HTTP.</param>
    public static OrthancPacs Prepare((string User, string Password)? account = null) =>
        new(Loopback.FreePort(), Loopback.FreePort(), account);

    /// <summary>Root of its DICOMweb services.</summary>
    public Uri DicomWeb => new(http.BaseAddress!, "dicom-web");

    public static async Task<OrthancPacs> StartNewAsync()
    {
        OrthancPacs pacs = Prepare();
        await pacs.StartAsync();
        return pacs;
    }

    public async Task StartAsync()
    {
        string program = Programs.Find("Orthanc", "orthanc");
        string plugin = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so";
        if (!File.Exists(plugin)) Assert.Skip("Orthanc's DICOMweb plugin not installed: apt-get install orthanc-dicomweb");
        string configuration = folder["orthanc.json"];
        Dictionary<string, object> settings = new()
        {
            ["Name"] = "test PACS",
            ["StorageDirectory"] = folder["store"],
            ["IndexDirectory"] = folder["store"],
            ["Plugins"] = new[] { plugin },
            ["DicomAet"] = AeTitle,
            ["DicomPort"] = DicomPort,
            ["HttpPort"] = HttpPort,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = account is not null,
            ["RegisteredUsers"] = account is var (user, password) ? new Dictionary<string, string> { [user] = password } : [],
            ["DicomAlwaysAllowStore"] = true,
            ["DicomCheckCalledAet"] = true,
            ["OverwriteInstances"] = false,
            ["DicomWeb"] = new Dictionary<string, object> { ["Enable"] = true, ["Root"] = "/dicom-web/" },
        };
        await File.WriteAllTextAsync(configuration, JsonSerializer.Serialize(settings));
        ProcessStartInfo start = new(program, [configuration]) { RedirectStandardError = true, RedirectStandardOutput = true };
        // Nagle's algorithm in DCMTK's receivers costs 40 ms an image; see the DCMTK FAQ.
        start.Environment["TCP_NODELAY"] = "1";
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await Eventually.SeeAsync("Orthanc answers", TimeSpan.FromSeconds(30), async () =>
        {
            try
            {
                return (await http.GetAsync("system")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    /// <summary>Stops the PACS; what it stored stays.</summary>
    public async Task StopAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync();
        process = null;
    }

    /// <summary>SOP instance UIDs of a study's instances of one modality, by QIDO-RS.</summary>
    public async Task<IReadOnlyList<string>> InstancesAsync(string studyInstanceUid, string modality)
    {
        List<string> found = [];
        foreach (JsonElement series in await QueryAsync($"dicom-web/studies/{studyInstanceUid}/series?Modality={modality}"))
            foreach (JsonElement instance in await QueryAsync($"dicom-web/studies/{studyInstanceUid}/series/{Value(series, "0020000E")}/instances"))
                found.Add(Value(instance, "00080018"));
        return found;
    }

    /// <summary>An instance as the PACS stored it.</summary>
    public async Task<byte[]> DownloadAsync(string sopInstanceUid)
    {
        using HttpResponseMessage lookup = await http.PostAsync(new Uri("tools/lookup", UriKind.Relative),
            new StringContent(sopInstanceUid));
        JsonElement hits = JsonDocument.Parse(await lookup.Content.ReadAsStringAsync()).RootElement;
        string id = hits.EnumerateArray().First(hit => hit.GetProperty("Type").GetString() == "Instance").GetProperty("ID").GetString()!;
        return await http.GetByteArrayAsync(new Uri($"instances/{id}/file", UriKind.Relative));
    }

    /// <summary>Makes an AE on this machine known to the PACS, for queries, moves and storage commitment.</summary>
    public async Task AddModalityAsync(string aeTitle, int port)
    {
        using HttpResponseMessage response = await http.PutAsync(new Uri($"modalities/{aeTitle}", UriKind.Relative),
            new StringContent(JsonSerializer.Serialize(new object[] { aeTitle, "127.0.0.1", port })));
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Has the PACS ask a modality for storage commitment, and waits for its verdict: the failure reason of each instance, 0 where
    /// it is committed.</summary>
    public async Task<IReadOnlyDictionary<string, int>> RequestCommitmentAsync(string aeTitle, params (string SopClass,
        string Instance)[] instances)
    {
        string body = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["DicomInstances"] = instances.Select(i => new { SOPClassUID = i.SopClass, SOPInstanceUID = i.Instance }),
        });
        using HttpResponseMessage response = await http.PostAsync(new Uri($"modalities/{aeTitle}/storage-commitment", UriKind.Relative),
            new StringContent(body));
        string asked = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, asked);
        string path = JsonDocument.Parse(asked).RootElement.GetProperty("Path").GetString()!;
        JsonElement report = await Eventually.FindAsync("Orthanc has the commitment report", TimeSpan.FromSeconds(20), async () =>
        {
            JsonElement state = JsonDocument.Parse(await http.GetStringAsync(new Uri(path.TrimStart('/'), UriKind.Relative))).RootElement;
            return state.GetProperty("Status").GetString() == "Pending" ? null : (JsonElement?)state;
        });
        Dictionary<string, int> verdicts = [];
        foreach (JsonElement kept in report.GetProperty("Success").EnumerateArray()) verdicts[kept.GetProperty("SOPInstanceUID").GetString()!] = 0;
        foreach (JsonElement failed in report.GetProperty("Failures").EnumerateArray())
            verdicts[failed.GetProperty("SOPInstanceUID").GetString()!] = failed.GetProperty("FailureReason").GetInt32();
        return verdicts;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        http.Dispose();
        folder.Dispose();
    }

    private async Task<JsonElement[]> QueryAsync(string path)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        request.Headers.Add("Accept", "application/dicom+json");
        using HttpResponseMessage response = await http.SendAsync(request);
        if (!response.IsSuccessStatusCode) return [];
        string text = await response.Content.ReadAsStringAsync();
        return text.Length == 0 ? [] : [.. JsonDocument.Parse(text).RootElement.EnumerateArray()];
    }

    private static string Value(JsonElement dataset, string tag) => dataset.GetProperty(tag).GetProperty("Value")[0].GetString()!;
}
