using System.Text.Json;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

public sealed class LoopTests(PhantomStudy study) : IClassFixture<PhantomStudy>
{
    [Fact]
    public async Task A_head_CT_sent_by_dcmsend_comes_back_to_Orthanc_as_one_valid_SEG_and_one_valid_SR()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();

        var (exitCode, output) = await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        Assert.True(exitCode == 0, output);
        JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, TimeSpan.FromMinutes(2), "completed", "discarded");
        Assert.Equal("completed", job.GetProperty("state").GetString());
        Assert.Equal("hematoma", job.GetProperty("outcome").GetString());
        Assert.Equal(study.Files.Count, job.GetProperty("instances").GetInt32());

        foreach (string modality in (string[])["SEG", "SR"])
        {
            string uid = Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, modality));
            string file = folder[modality + ".dcm"];
            await File.WriteAllBytesAsync(file, await pacs.DownloadAsync(uid), TestContext.Current.CancellationToken);
            await Dciodvfy.AssertNoErrorsAsync(file);
            Assert.Equal(study.StudyInstanceUid, DicomFile.Open(file).Dataset.GetString(DicomTag.StudyInstanceUID));
        }

        // Neither name nor id of the patient reaches a log.
        Assert.DoesNotContain("PHANTOM", agent.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_study_sent_again_makes_no_second_job_and_no_second_result()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        await agent.SeeJobAsync(study.StudyInstanceUid, TimeSpan.FromMinutes(2), "completed");

        var (exitCode, output) = await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        Assert.True(exitCode == 0, output);
        await Task.Delay(TimeSpan.FromSeconds(4), TestContext.Current.CancellationToken); // twice the quiet period
        Assert.Single(await agent.JobsAsync());
        Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SR"));
    }

    [Fact]
    public async Task Late_slices_make_a_new_report_that_names_the_one_it_supersedes()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, study.Files.Take(study.Files.Count - 2));
        await agent.SeeJobAsync(study.StudyInstanceUid, TimeSpan.FromMinutes(2), "completed");
        string first = Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SR"));

        await Dcmsend.SendAsync(agent.DicomPort, study.Files.TakeLast(2));
        await Eventually.SeeAsync("a second report", TimeSpan.FromMinutes(2), async () => (await pacs.InstancesAsync(study.StudyInstanceUid, "SR")).Count == 2);
        string second = (await pacs.InstancesAsync(study.StudyInstanceUid, "SR")).Single(uid => uid != first);
        await File.WriteAllBytesAsync(folder["second.dcm"], await pacs.DownloadAsync(second), TestContext.Current.CancellationToken);
        DicomDataset replaced = DicomFile.Open(folder["second.dcm"]).Dataset.GetSequence(DicomTag.PredecessorDocumentsSequence).Items[0]
            .GetSequence(DicomTag.ReferencedSeriesSequence).Items[0].GetSequence(DicomTag.ReferencedSOPSequence).Items[0];
        Assert.Equal(first, replaced.GetString(DicomTag.ReferencedSOPInstanceUID));
        Assert.NotEqual(0, (await agent.JobsAsync())[0].GetProperty("supersedesJobId").GetInt64());
    }

    [Fact]
    public async Task Each_stage_of_a_job_shows_on_the_page_and_the_agent_stops_in_good_order()
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();
        await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, TimeSpan.FromMinutes(2), "completed");
        Assert.Equal(["load", "measure", "nomogram", "radiomics", "segment", "sign-rules", "signs"], job.GetProperty("timingsMs").EnumerateObject().Select(stage => stage.Name).Order());
        Assert.All(job.GetProperty("deliveries").EnumerateArray(), delivery => Assert.Equal("sent", delivery.GetProperty("state").GetString()));
        var (listed, table) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "jobs", "list", "--json", "--config", agent.ConfigurationFile], TestContext.Current.CancellationToken);
        Assert.True(listed == 0 && table.Contains(study.StudyInstanceUid, StringComparison.Ordinal), table);
        using HttpClient http = new();
        string page = await http.GetStringAsync(new Uri($"http://127.0.0.1:{agent.DashboardPort}/"), TestContext.Current.CancellationToken);
        Assert.Contains(study.StudyInstanceUid, page, StringComparison.Ordinal);
        Assert.Equal(0, await agent.StopAsync());
    }
}
