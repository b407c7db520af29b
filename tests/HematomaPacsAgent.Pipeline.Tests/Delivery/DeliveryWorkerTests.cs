using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Findings;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.Pipeline.Tests.Intake;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace HematomaPacsAgent.Pipeline.Tests.Delivery;

/// <summary>Against DCMTK's storescp.</summary>
public sealed class DeliveryWorkerTests(PostgresCluster cluster) : IAsyncLifetime
{
    private const string SegClass = "1.2.840.10008.5.1.4.1.1.66.4", SrClass = "1.2.840.10008.5.1.4.1.1.88.34";
    private readonly TestFolder spoolFolder = new(), archive = new();
    private readonly int port = FreePort();
    private TestDatabase database = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => database = await TestDatabase.CreateAsync(cluster);

    public async ValueTask DisposeAsync()
    {
        await database.DisposeAsync();
        spoolFolder.Dispose();
        archive.Dispose();
    }

    [Fact]
    public async Task Results_reach_the_archive_and_the_job_completes_with_its_own_reason()
    {
        await using StoreScp storescp = await StartStoreScpAsync();
        await using Worker worker = await Worker.StartAsync(this);
        long id = await AnalysedAsync();
        Job job = await UntilAsync(id, job => job.State == JobState.Completed);
        Assert.Equal("hematoma of 12 ml", job.Reason);
        Assert.Equal(["1.2.3.9.1", "1.2.3.9.2"], Received());
    }

    [Fact]
    public async Task An_archive_that_is_down_gets_the_same_instances_when_it_is_back()
    {
        await using Worker worker = await Worker.StartAsync(this);
        long id = await AnalysedAsync();
        Job waiting = await UntilAsync(id, job => job.Reason?.Contains("attempt 2", StringComparison.Ordinal) == true);
        Assert.Equal(JobState.Delivering, waiting.State);
        Assert.StartsWith("waiting for PACS: ", waiting.Reason, StringComparison.Ordinal);
        Assert.Contains("refused", waiting.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(port.ToString(CultureInfo.InvariantCulture), waiting.Reason, StringComparison.Ordinal);

        await using StoreScp storescp = await StartStoreScpAsync();
        Assert.Equal("hematoma of 12 ml", (await UntilAsync(id, job => job.State == JobState.Completed)).Reason);
        Assert.Equal(["1.2.3.9.1", "1.2.3.9.2"], Received());
    }

    [Fact]
    public async Task A_refused_association_ends_in_words_and_a_retry_sends_the_same_instances()
    {
        long id;
        await using (StoreScp refusing = await StartStoreScpAsync("--refuse"))
        {
            await using Worker worker = await Worker.StartAsync(this);
            id = await AnalysedAsync();
            Job end = await UntilAsync(id, job => job.State == JobState.Discarded);
            Assert.Equal(Outcome.Hematoma, end.Outcome);
            Assert.StartsWith("analysed, but not delivered: PACS: ", end.Reason, StringComparison.Ordinal);
            await using AgentDb db = database.Open();
            Assert.All(await db.Deliveries.ToListAsync(Cancellation), d => Assert.Equal((DeliveryState.Failed, 3, 3),
                (d.State, d.Attempt, d.Refusals)));
        }

        await using StoreScp storescp = await StartStoreScpAsync();
        await using Worker again = await Worker.StartAsync(this);
        Assert.True((await database.Queue().RetryAsync(id, Cancellation)).Done);
        await UntilAsync(id, job => job.State == JobState.Completed);
        Assert.Equal(["1.2.3.9.1", "1.2.3.9.2"], Received());
    }

    [Fact]
    public async Task An_archive_that_takes_only_implicit_VR_gets_implicit_VR()
    {
        await using StoreScp storescp = await StartStoreScpAsync("+xi");
        await using Worker worker = await Worker.StartAsync(this);
        long id = await AnalysedAsync();
        await UntilAsync(id, job => job.State == JobState.Completed);
        Assert.All(Directory.GetFiles(archive.Path), file => Assert.Equal(DicomTransferSyntax.ImplicitVRLittleEndian,
            DicomFile.Open(file).TransferSyntax));
    }

    [Fact]
    public async Task An_archive_that_aborts_is_tried_again()
    {
        long id = await AnalysedAsync();
        await using (StoreScp aborting = await StartStoreScpAsync("--abort-after"))
        {
            await using Worker worker = await Worker.StartAsync(this);
            await UntilAsync(id, job => job.Reason?.Contains("attempt 2", StringComparison.Ordinal) == true);
        }

        await using StoreScp storescp = await StartStoreScpAsync();
        await using Worker again = await Worker.StartAsync(this);
        await UntilAsync(id, job => job.State == JobState.Completed);
        Assert.Equal(["1.2.3.9.1", "1.2.3.9.2"], Received());
    }

    [Fact]
    public async Task A_result_that_is_gone_from_the_disk_fails_at_once()
    {
        long id = await AnalysedAsync();
        foreach (string file in Directory.GetFiles(spoolFolder.Path, "*.dcm", SearchOption.AllDirectories)) File.Delete(file);
        await using Worker worker = await Worker.StartAsync(this);
        Assert.Contains("rerun the job", (await UntilAsync(id, job => job.State == JobState.Discarded)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_is_no_longer_configured_is_named()
    {
        long id = await AnalysedAsync("OLDPACS");
        await using Worker worker = await Worker.StartAsync(this);
        Job waiting = await UntilAsync(id, job => job.Reason?.StartsWith("waiting for OLDPACS", StringComparison.Ordinal) == true);
        Assert.Contains("no destination 'OLDPACS' is configured", waiting.Reason, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string[] Received() =>
        [.. Directory.GetFiles(archive.Path).Select(file => DicomFile.Open(file).Dataset.GetString(DicomTag.SOPInstanceUID)).Order()];

    private async Task<StoreScp> StartStoreScpAsync(params string[] arguments)
    {
        ProcessStartInfo start = new(Programs.Find("storescp", "dcmtk"),
            ["--output-directory", archive.Path, "--unique-filenames", .. arguments,
                port.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardError = true };
        start.Environment["TCP_NODELAY"] = "1";
        StoreScp storescp = new(Process.Start(start)!);
        for (int n = 0; n < 200; n++)
        {
            using TcpClient probe = new();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port, Cancellation);
                return storescp;
            }
            catch (SocketException)
            {
                await Task.Delay(20, Cancellation);
            }
        }

        throw new TimeoutException("storescp does not listen");
    }

    private async Task<long> AnalysedAsync(string destination = "PACS")
    {
        JobQueue queue = database.Queue();
        await database.ScheduleAsync("1.2.3");
        Job job = (await queue.ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation))!;
        ResultObject[] objects = [Make("SEG", SegClass, "1.2.3.9.1"), Make("SR", SrClass, "1.2.3.9.2")];
        StudyOutcome outcome = new(Outcome.Hematoma, "hematoma of 12 ml", "{}", "digest", objects);
        Assert.True(await queue.FinishAnalysisAsync(job, outcome, [.. objects.Select(made => new NewDelivery(destination, made))],
            Cancellation));
        return job.Id;
    }

    private ResultObject Make(string kind, string sopClass, string instance)
    {
        string path = $"results/{kind}.dcm";
        Directory.CreateDirectory(Path.Combine(spoolFolder.Path, "results"));
        new DicomFile(TestScp.Ct("1.2.3", instance).AddOrUpdate(DicomTag.SOPClassUID, sopClass), DicomTransferSyntax.ExplicitVRLittleEndian)
            .Save(Path.Combine(spoolFolder.Path, path));
        return new(kind, sopClass, instance, path);
    }

    private async Task<Job> UntilAsync(long id, Func<Job, bool> condition)
    {
        for (int n = 0; n < 400; n++)
        {
            Job job = (await database.Queue().FindAsync(id, Cancellation))!;
            if (condition(job)) return job;
            await Task.Delay(50, Cancellation);
        }

        throw new TimeoutException($"job {id} never got there: {await database.Queue().FindAsync(id, Cancellation)}");
    }

    private sealed class StoreScp : IAsyncDisposable
    {
        private readonly Process process;

        public StoreScp(Process process)
        {
            this.process = process;
            process.BeginErrorReadLine();
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
            process.Dispose();
        }
    }

    private sealed class Worker(DeliveryWorker worker) : IAsyncDisposable
    {
        public static async Task<Worker> StartAsync(DeliveryWorkerTests test)
        {
            DeliveryOptions delivery = new()
            {
                PollInterval = TimeSpan.FromMilliseconds(50),
                RetryFirst = TimeSpan.FromMilliseconds(50),
                RetryLongest = TimeSpan.FromMilliseconds(300),
            };
            delivery.Destinations.Add(new() { Name = "PACS", AeTitle = "ARCHIVE", Host = "127.0.0.1", Port = test.port });
            Spool spool = new(Microsoft.Extensions.Options.Options.Create(new IntakeOptions { SpoolFolder = test.spoolFolder.Path }));
            DeliveryWorker worker = new(new Outbox(test.database.Source), spool, test.database.Source,
                Microsoft.Extensions.Options.Options.Create(delivery), TimeProvider.System, NullLogger<DeliveryWorker>.Instance);
            await worker.StartAsync(Cancellation);
            return new(worker);
        }

        public async ValueTask DisposeAsync()
        {
            await worker.StopAsync(CancellationToken.None);
            worker.Dispose();
        }
    }
}
