using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>What goes wrong in a hospital, and the row that each must end in.</summary>
public sealed class FaultTests(PhantomStudy study) : IClassFixture<PhantomStudy>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData("MR", "1.2.840.10008.5.1.4.1.1.4", "HEAD", "modality is MR, not CT")]
    [InlineData("CT", "1.2.840.10008.5.1.4.1.1.7", "HEAD", "a secondary capture (screenshot or dose sheet), not a CT image")]
    public async Task A_study_that_is_no_head_CT_ends_as_not_analysed_with_the_reason(string modality, string sopClass, string bodyPart, string reason)
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string> files = Altered(folder, study.Files, dataset => dataset
            .AddOrUpdate(DicomTag.Modality, modality).AddOrUpdate(DicomTag.SOPClassUID, new DicomUID(sopClass)).AddOrUpdate(DicomTag.BodyPartExamined, bodyPart));
        JsonElement job = await RowAsync(folder, files, "completed");
        Assert.Equal("not-eligible", job.GetProperty("outcome").GetString());
        Assert.Contains(reason, job.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Empty(job.GetProperty("deliveries").EnumerateArray());
    }

    [Fact]
    public async Task A_study_that_shows_no_head_is_told_from_its_pixels()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<string> files = Altered(folder, study.Files, dataset =>
        {
            int bytes = dataset.GetSingleValue<ushort>(DicomTag.Rows) * dataset.GetSingleValue<ushort>(DicomTag.Columns) * 2;
            dataset.AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[bytes]);
        });
        JsonElement job = await RowAsync(folder, files, "completed");
        Assert.Equal("not-eligible", job.GetProperty("outcome").GetString());
        Assert.Contains("do not show a head", job.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slice_missing_in_the_middle_is_named_as_a_gap()
    {
        using TemporaryFolder folder = new();
        JsonElement job = await RowAsync(folder, [.. study.Files.Where((_, i) => i != study.Files.Count / 2)], "completed");
        Assert.Equal("not-eligible", job.GetProperty("outcome").GetString());
        Assert.Contains("images are missing", job.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_truncated_instance_is_refused_and_the_study_says_so()
    {
        using TemporaryFolder folder = new();
        Directory.CreateDirectory(folder["cut"]);
        string whole = study.Files[study.Files.Count / 2], cut = folder["cut/slice.dcm"];
        // dcmsend will not send half a file, so the object is whole on the wire and its pixel data is short: what a broken modality sends.
        Altered(folder, [whole], dataset => dataset.AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[1000]), "cut");
        File.Move(Directory.GetFiles(folder["cut"]).Single(), cut, overwrite: true);

        JsonElement job = await RowAsync(folder, [.. study.Files.Where(file => file != whole), cut], "completed");
        Assert.Equal("not-eligible", job.GetProperty("outcome").GetString());
        Assert.Contains("truncated", job.GetProperty("reason").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_PACS_that_refuses_the_association_is_a_reason_an_admin_can_act_on_and_retry_sends_the_same_objects()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort, settings => Destination(settings)["AeTitle"] = "WRONGAET");
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "discarded", "completed");
        Assert.Equal("discarded", job.GetProperty("state").GetString());
        Assert.Equal("hematoma", job.GetProperty("outcome").GetString());
        Assert.Contains("refused", job.GetProperty("reason").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("WRONGAET", job.GetProperty("reason").GetString(), StringComparison.Ordinal);
        string[] uids = Uids(job);

        // The admin corrects the AE title and retries.
        await agent.StopAsync();
        JsonNode settings = JsonNode.Parse(await File.ReadAllTextAsync(agent.ConfigurationFile, TestContext.Current.CancellationToken))!;
        Destination(settings)["AeTitle"] = OrthancPacs.AeTitle;
        await File.WriteAllTextAsync(agent.ConfigurationFile, settings.ToJsonString(), TestContext.Current.CancellationToken);
        var (exitCode, output) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "jobs", "retry", job.GetProperty("id").ToString(), "--config", agent.ConfigurationFile],
            TestContext.Current.CancellationToken);
        Assert.True(exitCode == 0, output);
        await agent.StartAsync();
        job = await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "completed");
        Assert.Equal(uids, Uids(job));
        Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SEG"));
    }

    [Fact]
    public async Task A_PACS_that_is_down_for_a_minute_gets_everything_once_it_is_back()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = OrthancPacs.Prepare();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "delivering");
        Stopwatch down = Stopwatch.StartNew();
        await Eventually.SeeAsync("the reason names the PACS", TimeSpan.FromSeconds(30), async () =>
            (await agent.JobsAsync())[0].GetProperty("reason").GetString()!.Contains($":{pacs.DicomPort}", StringComparison.Ordinal));
        await Task.Delay(TimeSpan.FromSeconds(60) - down.Elapsed, TestContext.Current.CancellationToken);
        string[] uids = Uids(job);
        await pacs.StartAsync();
        job = await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "completed");
        Assert.Equal(uids, Uids(job));
        Assert.Equal(uids[0], Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SEG")));
        Assert.Equal(uids[1], Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SR")));
    }

    [Fact]
    public async Task PostgreSQL_stopped_and_started_again_costs_no_acknowledged_instance()
    {
        using TemporaryFolder folder = new();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await using PostgresCluster postgres = new();
        string connection = await postgres.CreateDatabaseAsync("agent", _ => Task.CompletedTask, cancellation);
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort, settings =>
            settings["ConnectionStrings"] = new JsonObject { ["Agent"] = connection });
        await agent.StartAsync();
        int half = study.Files.Count / 2;
        Assert.Equal(0, (await Dcmsend.SendAsync(agent.DicomPort, study.Files.Take(half))).ExitCode);

        await postgres.StopServerAsync(cancellation);
        var (_, output) = await Dcmsend.SendAsync(agent.DicomPort, study.Files.Skip(half));
        Assert.Contains("0x110", output, StringComparison.Ordinal); // refused for now ...
        Assert.DoesNotContain("(Success)", output, StringComparison.Ordinal); // ... not acknowledged and lost
        await postgres.StartServerAsync(cancellation);

        Assert.Equal(0, (await Dcmsend.SendAsync(agent.DicomPort, study.Files.Skip(half))).ExitCode);
        await Eventually.SeeAsync("a row for the whole study, analysed", Patience, async () => (await agent.JobsAsync())
            .Any(job => job.GetProperty("state").GetString() == "completed" && job.GetProperty("outcome").GetString() == "hematoma"));
        Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SEG"));
        Assert.Equal(study.Files.Count, (await agent.JobsAsync())[0].GetProperty("instances").GetInt32());
    }

    private async Task<JsonElement> RowAsync(TemporaryFolder folder, IReadOnlyList<string> files, string state)
    {
        await using AgentProcess agent = new(folder, Loopback.FreePort());
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, files);
        return await agent.SeeJobAsync(study.StudyInstanceUid, Patience, state, "discarded");
    }

    private static IReadOnlyList<string> Altered(TemporaryFolder folder, IReadOnlyList<string> files, Action<DicomDataset> change, string name = "altered")
    {
        Directory.CreateDirectory(folder[name]);
        return [.. files.Select(file =>
        {
            DicomDataset dataset = DicomFile.Open(file).Dataset;
            change(dataset);
            string target = Path.Combine(folder[name], Path.GetFileName(file));
            new DicomFile(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Save(target);
            return target;
        })];
    }

    private static JsonObject Destination(JsonNode settings) => settings["Delivery"]!["Destinations"]![0]!.AsObject();

    private static string[] Uids(JsonElement job) =>
        [.. job.GetProperty("deliveries").EnumerateArray().OrderBy(delivery => delivery.GetProperty("kind").GetString()).Select(delivery => delivery.GetProperty("sopInstanceUid").GetString()!)];
}
