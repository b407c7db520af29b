using System.Globalization;
using System.Security.Cryptography;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Database;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;
using HematomaPacsAgent.Pipeline.Tests.Database;
using HematomaPacsAgent.TestKit;
using Microsoft.EntityFrameworkCore;

namespace HematomaPacsAgent.Pipeline.Tests.Intake;

public sealed class StudyStoreTests(PostgresCluster cluster) : IAsyncLifetime
{
    private readonly TestFolder folder = new();
    private TestDatabase database = null!;
    private TestScp scp = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        database = await TestDatabase.CreateAsync(cluster);
        scp = TestScp.Start(database, Options(folder.Path));
    }

    public async ValueTask DisposeAsync()
    {
        await scp.DisposeAsync();
        await database.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public async Task What_dcmtk_sends_is_kept_byte_for_byte_and_its_study_waits()
    {
        string storescu = Programs.Find("storescu", "dcmtk");
        using TestFolder sent = new();
        for (int n = 1; n <= 5; n++)
            new DicomFile(TestScp.Ct("1.2.3", $"1.2.3.1.{n}"), DicomTransferSyntax.ExplicitVRLittleEndian).Save($"{sent.Path}/{n}.dcm");
        var (exit, output) = await Programs.RunAsync(storescu, ["-xe", "-aet", "SCANNER", "-aec", "AGENT", "+sd", "127.0.0.1",
            scp.Port.ToString(CultureInfo.InvariantCulture), sent.Path], Cancellation, new Dictionary<string,
                string>
            { ["TCP_NODELAY"] = "1" });
        Assert.True(exit == 0, output);

        await using AgentDb db = database.Open();
        Instance[] rows = await db.Instances.OrderBy(i => i.SopInstanceUid).ToArrayAsync(Cancellation);
        Assert.Equal(5, rows.Length);
        foreach (Instance row in rows)
        {
            Assert.Equal(("1.2.3", "1.2.3.1", "SCANNER", "AGENT"), (row.StudyInstanceUid, row.SeriesInstanceUid, row.CallingAe,
                row.CalledAe));
            byte[] kept = await File.ReadAllBytesAsync(scp.Spool.FullPath(row.SpoolPath), Cancellation);
            byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", row.SopInstanceUid));
            Assert.Equal(dataset, kept[^dataset.Length..]);
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(dataset)), row.Sha256);
            Assert.Equal(dataset.Length, row.Bytes);
            Assert.Equal("SCANNER",
                DicomFile.Open(scp.Spool.FullPath(row.SpoolPath)).FileMetaInformation.GetString(DicomTag.SourceApplicationEntityTitle));
            Assert.DoesNotContain("1.2.3", row.SpoolPath, StringComparison.Ordinal);
        }

        Assert.Equal(JobState.Available, (await db.Jobs.SingleAsync(Cancellation)).State);
        Assert.Empty(scp.Files("incoming"));
    }

    [Fact]
    public async Task The_same_content_again_is_a_success_that_changes_nothing()
    {
        byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"));
        Assert.True((await scp.SendAsync("1.2.3.1.1", dataset)).IsSuccess);
        Job job = (await database.Queue().ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation))!;
        Assert.True((await scp.SendAsync("1.2.3.1.1", dataset)).IsSuccess);
        Assert.Single(scp.Files("instances"));
        Assert.Empty(scp.Files("incoming"));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from instance"));
        Assert.Equal([job.Id], (await database.Queue().ListAsync(null, 10, Cancellation)).Select(j => j.Id));
    }

    [Fact]
    public async Task Other_content_under_the_same_UID_is_kept_beside_the_first_and_analysed()
    {
        await scp.SendAsync("1.2.3.1.1", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1")));
        Job first = (await database.Queue().ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation))!;
        Assert.True((await scp.SendAsync("1.2.3.1.1", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1", "HEAD corrected")))).IsSuccess);
        Assert.Equal(2, scp.Files("instances").Length);
        Job second = (await database.Queue().ListAsync(JobState.Available, 10, Cancellation)).Single();
        Assert.Equal(first.Id, second.SupersedesJobId);
        Assert.Equal(2, (await database.Queue().LoadWorkAsync(second, Cancellation)).Instances.Count);
    }

    [Fact]
    public async Task Senders_of_the_same_content_at_once_leave_one_row_and_its_file()
    {
        byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"));
        DicomStatus[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scp.SendAsync("1.2.3.1.1", dataset)));
        Assert.All(answers, status => Assert.True(status.IsSuccess));
        string path = await database.ScalarAsync<string>("select spool_path from instance");
        Assert.Equal(scp.Spool.FullPath(path), Assert.Single(scp.Files("instances")));
    }

    [Fact]
    public async Task A_row_whose_file_is_gone_takes_the_file_that_comes_again()
    {
        byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"));
        await scp.SendAsync("1.2.3.1.1", dataset);
        File.Delete(Assert.Single(scp.Files("instances")));
        Assert.True((await scp.SendAsync("1.2.3.1.1", dataset)).IsSuccess);
        Assert.Equal(scp.Spool.FullPath(await database.ScalarAsync<string>("select spool_path from instance")),
            Assert.Single(scp.Files("instances")));
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(1)]
    public async Task A_truncated_instance_is_refused_and_its_study_ends_in_a_visible_row(int missing)
    {
        byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"));
        for (int n = 0; n < 2; n++)
            Assert.Equal(DicomStatus.CannotUnderstand, await scp.SendAsync("1.2.3.1.1", dataset[..^missing]));
        await using AgentDb db = database.Open();
        RejectedInstance rejected = await db.RejectedInstances.SingleAsync(Cancellation);
        Assert.Equal(("1.2.3", "1.2.3.1.1", 0xC000, "SCANNER"), (rejected.StudyInstanceUid, rejected.SopInstanceUid, rejected.StatusCode,
            rejected.CallingAe));
        Assert.Contains("damaged or incomplete", rejected.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(".part", rejected.Reason, StringComparison.Ordinal);
        Assert.Empty(scp.Files("instances"));
        Assert.Empty(scp.Files("incoming"));

        Job job = (await database.Queue().ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation))!;
        Assert.Equal(rejected.Reason, Assert.Single((await database.Queue().LoadWorkAsync(job, Cancellation)).Rejected).Reason);
        await scp.SendAsync("1.2.3.1.1", dataset);
        Assert.Empty((await database.Queue().LoadWorkAsync(job, Cancellation)).Rejected);
    }

    [Fact]
    public async Task An_instance_that_is_not_what_its_sender_announced_is_refused()
    {
        Assert.Equal(DicomStatus.CannotUnderstand, await scp.SendAsync("1.2.3.1.9", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"))));
        DicomDataset mr = TestScp.Ct("1.2.3", "1.2.3.1.1").AddOrUpdate(DicomTag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.4");
        Assert.Equal(DicomStatus.DataSetDoesNotMatchSopClass, await scp.SendAsync("1.2.3.1.1", TestScp.Encode(mr)));
        Assert.Equal(DicomStatus.CannotUnderstand, await scp.SendAsync("1.2.3.1.1", TestScp.Encode(TestScp.Ct("", "1.2.3.1.1"))));
        Assert.Equal(DicomStatus.CannotUnderstand, await scp.SendAsync("1.2.3.1.1", [1, 2, 3]));
        Assert.Equal(4, await database.ScalarAsync<long>("select count(*) from rejected_instance"));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from rejected_instance where study_instance_uid is null"));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from instance"));
    }

    [Fact]
    public async Task A_UID_as_long_as_the_file_is_refused_unread()
    {
        DicomDataset hostile = TestScp.Ct("1.2.3", "1.2.3.1.1", pixels: 10)
            .AddOrUpdate(new DicomElement(DicomTag.StudyInstanceUID, DicomVR.UT, new byte[20_000_000]));
        byte[] dataset = TestScp.Encode(hostile);
        Assert.Equal(DicomStatus.CannotUnderstand, await scp.SendAsync("1.2.3.1.1", dataset));
        Assert.Equal(DicomStatus.InvalidSopInstance, await scp.SendAsync("..", dataset));
        Assert.Empty(scp.Files("instances"));
    }

    [Fact]
    public async Task Without_durability_an_instance_is_kept_with_its_row_all_the_same()
    {
        using TestFolder other = new();
        IntakeOptions options = Options(other.Path);
        options.Durability = Durability.None;
        await using TestScp hasty = TestScp.Start(database, options);
        Assert.True((await hasty.SendAsync("1.2.3.1.1", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1")))).IsSuccess);
        Assert.Equal(hasty.Spool.FullPath(await database.ScalarAsync<string>("select spool_path from instance")),
            Assert.Single(hasty.Files("instances")));
    }

    [Fact]
    public async Task Below_the_reserve_nothing_is_taken()
    {
        using TestFolder other = new();
        IntakeOptions options = Options(other.Path);
        options.MinimumFreeBytes = long.MaxValue;
        await using TestScp full = TestScp.Start(database, options);
        Assert.Equal(DicomStatus.OutOfResources, await full.SendAsync("1.2.3.1.1", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"))));
        Assert.Contains("free space", await database.ScalarAsync<string>("select reason from rejected_instance"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_said_and_what_was_kept_before_stays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root to mount a small file system");
        using TestFolder other = new();
        var (mounted, output) = await Programs.RunAsync("/bin/mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", other.Path],
            Cancellation);
        Assert.SkipUnless(mounted == 0, $"no file system can be mounted here: {output}");
        try
        {
            await using TestScp small = TestScp.Start(database, Options(other.Path));
            int taken = 0;
            DicomStatus status = DicomStatus.Success;
            for (; taken < 10 && status.IsSuccess; taken++)
                status = await small.SendAsync($"1.2.3.1.{taken}", TestScp.Encode(TestScp.Ct("1.2.3", $"1.2.3.1.{taken}")));
            Assert.Equal(DicomStatus.OutOfResources, status);
            Assert.Equal(taken - 1, small.Files("instances").Length);
            Assert.Empty(small.Files("incoming"));
            Assert.Equal(taken - 1L, await database.ScalarAsync<long>("select count(*) from instance"));
        }
        finally
        {
            await Programs.RunAsync("/bin/umount", [other.Path], CancellationToken.None);
        }
    }

    [Fact]
    public async Task Without_a_database_nothing_is_acknowledged_and_the_sender_can_try_again()
    {
        await using PostgresCluster own = new();
        await using TestDatabase away = await TestDatabase.CreateAsync(own);
        using TestFolder other = new();
        await using TestScp store = TestScp.Start(away, Options(other.Path));
        byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1"));
        await own.StopServerAsync(Cancellation);
        Assert.Equal(DicomStatus.ProcessingFailure, await store.SendAsync("1.2.3.1.1", dataset));
        Assert.Equal(DicomStatus.CannotUnderstand, await store.SendAsync("1.2.3.1.1", dataset[..^9]));
        Assert.Empty(store.Files(""));
        await own.StartServerAsync(Cancellation);
        Assert.True((await store.SendAsync("1.2.3.1.1", dataset)).IsSuccess);
        Assert.Equal(1, await away.ScalarAsync<long>("select count(*) from job"));
    }

    [Fact]
    public async Task A_sender_that_vanishes_leaves_nothing()
    {
        await using (ScuAssociation association = await scp.ConnectAsync())
        {
            byte[] dataset = TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1", pixels: 2_000_000));
            using CancellationTokenSource vanish = new();
            await Assert.ThrowsAnyAsync<Exception>(() => association.StoreAsync(DicomUID.CTImageStorage, new DicomUID("1.2.3.1.1"),
                DicomTransferSyntax.ExplicitVRLittleEndian,
                new VanishingStream(dataset, vanish), dataset.Length, vanish.Token));
        }

        for (int n = 0; n < 100 && scp.Files("incoming").Length > 0; n++) await Task.Delay(50, Cancellation);
        Assert.Empty(scp.Files(""));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from instance"));
    }

    [Fact]
    public async Task A_study_waits_while_the_association_that_brought_it_is_open()
    {
        using TestFolder other = new();
        IntakeOptions options = Options(other.Path);
        options.QuietPeriod = TimeSpan.FromMilliseconds(600);
        await using TestScp slow = TestScp.Start(database, options);
        await slow.Hold.StartAsync(Cancellation);
        await using (ScuAssociation association = await slow.ConnectAsync())
        {
            await TestScp.SendAsync(association, "1.2.3.1.1", TestScp.Encode(TestScp.Ct("1.2.3", "1.2.3.1.1")));
            await Task.Delay(2000, Cancellation);
            Assert.Null(await database.Queue().ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation));
            await association.ReleaseAsync(Cancellation);
        }

        Job? job = null;
        for (int n = 0; n < 100 && job is null; n++)
        {
            await Task.Delay(50, Cancellation);
            job = await database.Queue().ClaimAsync("w", TimeSpan.FromMinutes(1), Cancellation);
        }

        Assert.NotNull(job);
        await slow.Hold.StopAsync(Cancellation);
    }

    private static IntakeOptions Options(string folder) => new()
    {
        SpoolFolder = folder,
        QuietPeriod = TimeSpan.Zero,
        MinimumFreeBytes = 0
    };

    /// <summary>Cancels once a megabyte was read.</summary>
    private sealed class VanishingStream(byte[] content, CancellationTokenSource vanish) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position > 1_000_000) await vanish.CancelAsync();
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
