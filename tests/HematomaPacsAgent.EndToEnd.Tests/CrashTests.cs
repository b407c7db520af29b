using System.Text.Json;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>kill -9 at five moments between the first slice and delivery: each time one SEG and one SR, with the UIDs of an undisturbed run, and nothing lost.</summary>
public sealed class CrashTests(PhantomStudy study) : IClassFixture<PhantomStudy>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly SemaphoreSlim Gate = new(1, 1);
    private static (string Seg, string Sr)? undisturbed;

    [Fact]
    public Task Killed_while_slices_arrive() => DisturbedAsync(async (agent, _) =>
    {
        int half = study.Files.Count / 2;
        await Dcmsend.SendAsync(agent.DicomPort, study.Files.Take(half));
        Task<(int ExitCode, string)> sending = Dcmsend.SendAsync(agent.DicomPort, study.Files.Skip(half));
        await Eventually.SeeAsync("more than half of the slices", Patience, async () =>
            sending.IsCompleted || (await agent.JobsAsync()).Any(job => job.GetProperty("instances").GetInt32() > half));
        await agent.KillAsync();
        await sending;
        await agent.StartAsync();
        // What was not acknowledged is the sender's to send again; what was is not lost and not doubled.
        Assert.Equal(0, (await Dcmsend.SendAsync(agent.DicomPort, study.Files)).ExitCode);
    });

    [Fact]
    public Task Killed_in_the_quiet_period() => DisturbedAsync(async (agent, _) =>
    {
        await SendAllAsync(agent);
        await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "available");
        await agent.KillAsync();
        await agent.StartAsync();
    });

    [Theory]
    [InlineData("segment")]
    [InlineData("report")]
    public Task Killed_in_the_stage(string stage) => DisturbedAsync(async (agent, _) =>
    {
        await SendAllAsync(agent);
        await Eventually.SeeAsync($"stage {stage} (or the next thing after it)", Patience, async () =>
        {
            JsonElement job = (await agent.JobsAsync()).FirstOrDefault();
            return job.ValueKind == JsonValueKind.Object &&
                (job.GetProperty("stage").GetString() == stage || job.GetProperty("state").GetString() is "delivering" or "completed");
        });
        await agent.KillAsync();
        await agent.StartAsync();
    });

    [Fact]
    public Task Killed_while_delivering() => DisturbedAsync(async (agent, pacs) =>
    {
        await pacs.StopAsync();
        await SendAllAsync(agent);
        await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "delivering");
        await pacs.StartAsync();
        await Eventually.SeeAsync("the first object at the PACS", Patience, async () =>
            (await pacs.InstancesAsync(study.StudyInstanceUid, "SEG")).Count + (await pacs.InstancesAsync(study.StudyInstanceUid, "SR")).Count > 0);
        await agent.KillAsync();
        await agent.StartAsync();
    });

    private async Task DisturbedAsync(Func<AgentProcess, OrthancPacs, Task> disturb)
    {
        (string Seg, string Sr) expected = await UndisturbedAsync();
        (string Seg, string Sr) seen = await RunAsync(disturb);
        Assert.Equal(expected, seen);
    }

    private async Task<(string Seg, string Sr)> UndisturbedAsync()
    {
        await Gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return undisturbed ??= await RunAsync((agent, _) => SendAllAsync(agent));
        }
        finally
        {
            Gate.Release();
        }
    }

    private async Task<(string Seg, string Sr)> RunAsync(Func<AgentProcess, OrthancPacs, Task> act)
    {
        using TemporaryFolder folder = new();
        await using OrthancPacs pacs = await OrthancPacs.StartNewAsync();
        await using AgentProcess agent = new(folder, pacs.DicomPort);
        await agent.StartAsync();
        await act(agent, pacs);
        JsonElement job = await agent.SeeJobAsync(study.StudyInstanceUid, Patience, "completed", "discarded");
        Assert.Equal("completed", job.GetProperty("state").GetString());
        Assert.Equal(study.Files.Count, job.GetProperty("instances").GetInt32());
        return (Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SEG")), Assert.Single(await pacs.InstancesAsync(study.StudyInstanceUid, "SR")));
    }

    private async Task SendAllAsync(AgentProcess agent)
    {
        var (exitCode, output) = await Dcmsend.SendAsync(agent.DicomPort, study.Files);
        Assert.True(exitCode == 0, output);
    }
}
