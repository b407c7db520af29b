using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>Our C-FIND, C-MOVE and C-GET against DCMTK's dcmqrscp and against Orthanc.</summary>
public sealed class QueryRetrieveTests
{
    private const int Count = 6;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string[] Slices(int count) =>
        [.. Directory.GetFiles(SharedFiles.Data("head-ct-ge-tilted"), "*.dcm").Order().Take(count)];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Patients_studies_series_and_images_are_found(bool orthanc)
    {
        await using Archive archive = await Archive.StartAsync(orthanc);
        DicomDataset slice = DicomFile.Open(archive.Sent[0]).Dataset;
        string study = slice.GetString(DicomTag.StudyInstanceUID), series = slice.GetString(DicomTag.SeriesInstanceUID),
            patient = slice.GetString(DicomTag.PatientID);

        List<DicomDataset> patients = await FindAsync(archive, new DicomQuery(QueryModel.PatientRoot, QueryLevel.Patient,
            new DicomDataset().AddOrUpdate(DicomTag.PatientID, patient).AddOrUpdate(DicomTag.PatientName, "")));
        Assert.Equal(slice.GetString(DicomTag.PatientName), Assert.Single(patients).GetString(DicomTag.PatientName));

        List<DicomDataset> studies = await FindAsync(archive, new DicomQuery(QueryModel.StudyRoot, QueryLevel.Study,
            new DicomDataset().AddOrUpdate(DicomTag.PatientID, patient).AddOrUpdate(DicomTag.StudyInstanceUID, "")));
        Assert.Equal(study, Assert.Single(studies).GetString(DicomTag.StudyInstanceUID));

        List<DicomDataset> serieses = await FindAsync(archive, new DicomQuery(QueryModel.StudyRoot, QueryLevel.Series,
            new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, study).AddOrUpdate(DicomTag.SeriesInstanceUID, "")
                .AddOrUpdate(DicomTag.Modality, "CT")));
        Assert.Equal(series, Assert.Single(serieses).GetString(DicomTag.SeriesInstanceUID));

        List<DicomDataset> images = await FindAsync(archive, Images(study, series));
        Assert.Equal(archive.Sent.Select(path => OutgoingFile.Read(path).SopInstance.Value).Order(),
            images.Select(image => image.GetString(DicomTag.SOPInstanceUID)).Order());

        Assert.Empty(await FindAsync(archive, new DicomQuery(QueryModel.StudyRoot, QueryLevel.Study,
            new DicomDataset().AddOrUpdate(DicomTag.StudyInstanceUID, "1.2.3.4"))));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_query_that_is_left_early_ends_in_order(bool orthanc)
    {
        await using Archive archive = await Archive.StartAsync(orthanc);
        DicomDataset slice = DicomFile.Open(archive.Sent[0]).Dataset;
        DicomQuery images = Images(slice.GetString(DicomTag.StudyInstanceUID), slice.GetString(DicomTag.SeriesInstanceUID));
        await using ScuAssociation association = await ScuAssociation.OpenAsync(archive.Remote, "HEMATOMA",
            [DicomQuery.Context(images.FindClass)], null, null, Cancellation);

        int seen = 0;
        await foreach (DicomDataset _ in FindScu.FindAsync(association, images, limit: 2, Cancellation)) seen++;
        Assert.Equal(2, seen);

        await foreach (DicomDataset _ in FindScu.FindAsync(association, images, limit: null, Cancellation)) break;

        using CancellationTokenSource cancel = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (DicomDataset _ in FindScu.FindAsync(association, images, null, cancel.Token)) await cancel.CancelAsync();
        });

        Assert.True(association.IsOpen);
        seen = 0;
        await foreach (DicomDataset _ in FindScu.FindAsync(association, images, limit: null, Cancellation)) seen++;
        Assert.Equal(Count, seen);
        await association.ReleaseAsync(Cancellation);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_study_is_moved_to_our_listener_with_progress(bool orthanc)
    {
        await using RunningListener listener = new();
        await using Archive archive = await Archive.StartAsync(orthanc, listener.Remote);
        Steps steps = new();
        RetrieveResult result = await MoveScu.MoveAsync(archive.Remote, "HEMATOMA", archive.Study, "HEMATOMA", steps, null, Cancellation);
        Assert.True(result.IsComplete, result.ToString());
        Assert.Equal(Count, steps.Seen[^1].Completed);
        Assert.Equal(Count, listener.Files.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_move_to_a_destination_unknown_to_the_peer_tells_so(bool orthanc)
    {
        await using Archive archive = await Archive.StartAsync(orthanc);
        RetrieveResult result = await MoveScu.MoveAsync(archive.Remote, "HEMATOMA", archive.Study, "NOWHERE", null, null, Cancellation);
        Assert.False(result.IsComplete);
        Assert.Equal(DicomStatusClass.Failure, result.Status.Class);
        if (!orthanc) Assert.Contains("does not know the destination", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_move_that_is_cancelled_stops_and_tells_how_far_it_came()
    {
        using CancellationTokenSource cancel = new();
        await using RunningListener listener = new();
        listener.Handler = async _ =>
        {
            await cancel.CancelAsync();
            await Task.Delay(300, Cancellation);
            return null;
        };
        await using Archive archive = await Archive.StartAsync(orthanc: false, listener.Remote);
        RetrieveResult result = await MoveScu.MoveAsync(archive.Remote, "HEMATOMA", archive.Study, "HEMATOMA", null, null, cancel.Token);
        Assert.Equal(DicomStatus.Cancel, result.Status);
        Assert.InRange(listener.Files.Length, 1, Count - 1);
        Assert.Equal(Count, result.Counts.Completed + result.Counts.Failed + result.Counts.Remaining);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_study_is_got_over_the_same_association(bool orthanc)
    {
        await using Archive archive = await Archive.StartAsync(orthanc);
        // Serves as the store only: nobody connects to it.
        await using RunningListener store = new();
        Steps steps = new();
        RetrieveResult result = await GetScu.GetAsync(archive.Remote, "HEMATOMA", archive.Study, [DicomUID.CTImageStorage], null, store,
            steps, null, Cancellation);
        Assert.True(result.IsComplete, result.ToString());
        Assert.Equal(Count, steps.Seen[^1].Completed);
        ListenerTests.AssertStored(store, archive.Sent);
        AssociationPeer peer = Assert.Single(store.Opened);
        Assert.Equal((archive.Remote.AeTitle, "HEMATOMA", archive.Remote.Port),
            (peer.CallingAeTitle, peer.CalledAeTitle, peer.RemoteEndPoint.Port));
        Assert.Equal(["released"], store.Closed);
    }

    [Fact]
    public async Task What_our_store_refuses_in_a_get_is_counted_as_failed()
    {
        await using Archive archive = await Archive.StartAsync(orthanc: false);
        string refused = OutgoingFile.Read(archive.Sent[2]).SopInstance.Value;
        await using RunningListener store = new();
        store.Handler = request => request.SopInstanceUid.Value == refused ? throw new IOException("disk gone")
            : Task.FromResult<DicomStatus?>(null);
        RetrieveResult result = await GetScu.GetAsync(archive.Remote, "HEMATOMA", archive.Study, [DicomUID.CTImageStorage], null, store,
            null, null, Cancellation);
        Assert.Equal((DicomStatusClass.Warning, Count - 1, 1), (result.Status.Class, result.Counts.Completed, result.Counts.Failed));
        Assert.Equal([refused], result.FailedInstances.Select(uid => uid.Value));
        Assert.Equal("0xB000 not everything was stored: 5 stored, 0 with a remark, 1 failed", result.ToString());
    }

    [Fact]
    public async Task A_series_and_single_instances_are_got_too()
    {
        await using Archive archive = await Archive.StartAsync(orthanc: false);
        DicomDataset slice = DicomFile.Open(archive.Sent[0]).Dataset;
        DicomUID study = new(slice.GetString(DicomTag.StudyInstanceUID)), series = new(slice.GetString(DicomTag.SeriesInstanceUID));
        DicomUID[] two = [.. archive.Sent.Take(2).Select(path => OutgoingFile.Read(path).SopInstance)];
        foreach ((DicomQuery query, int expected) in ((DicomQuery, int)[])
            [(DicomQuery.Series(study, series), Count), (DicomQuery.Instances(study, series, two), 2)])
        {
            await using RunningListener store = new();
            RetrieveResult result = await GetScu.GetAsync(archive.Remote, "HEMATOMA", query, [DicomUID.CTImageStorage], null, store,
                null, null, Cancellation);
            Assert.True(result.IsComplete, result.ToString());
            Assert.Equal(expected, store.Files.Length);
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_serve_queries_is_named()
    {
        await using RunningListener listener = new();
        DicomNetworkException refused = await Assert.ThrowsAsync<DicomNetworkException>(async () =>
        {
            await foreach (DicomDataset _ in FindScu.FindAsync(listener.Remote, "HEMATOMA", DicomQuery.Study(new DicomUID("1.2")), null,
                null, Cancellation))
                Assert.Fail("no match can come");
        });
        Assert.Contains("does not accept Study Root Query/Retrieve Information Model", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_study_root_has_no_patient_level() =>
        Assert.Throws<ArgumentException>(() => new DicomQuery(QueryModel.StudyRoot, QueryLevel.Patient, new DicomDataset()));

    private static DicomQuery Images(string study, string series) => new(QueryModel.StudyRoot, QueryLevel.Image, new DicomDataset()
        .AddOrUpdate(DicomTag.StudyInstanceUID, study).AddOrUpdate(DicomTag.SeriesInstanceUID, series)
        .AddOrUpdate(DicomTag.SOPInstanceUID, ""));

    private static async Task<List<DicomDataset>> FindAsync(Archive archive, DicomQuery query)
    {
        List<DicomDataset> matches = [];
        await foreach (DicomDataset match in FindScu.FindAsync(archive.Remote, "HEMATOMA", query, null, null, Cancellation))
            matches.Add(match);
        return matches;
    }

    private sealed class Steps : IProgress<RetrieveProgress>
    {
        public List<RetrieveProgress> Seen { get; } = [];

        public void Report(RetrieveProgress value) => Seen.Add(value);
    }

    /// <summary>One of the two archives, with slices of one study in it.</summary>
    private sealed class Archive(IAsyncDisposable server, RemoteAe remote, string[] sent) : IAsyncDisposable
    {
        public RemoteAe Remote => remote;

        public string[] Sent => sent;

        public DicomQuery Study => DicomQuery.Study(new DicomUID(DicomFile.Open(sent[0]).Dataset.GetString(DicomTag.StudyInstanceUID)));

        public static async Task<Archive> StartAsync(bool orthanc, RemoteAe? destination = null)
        {
            string[] slices = Slices(Count);
            Archive archive;
            if (orthanc)
            {
                OrthancPacs pacs = await OrthancPacs.StartNewAsync();
                await pacs.AddModalityAsync("HEMATOMA", destination?.Port ?? 104);
                archive = new(pacs, new RemoteAe(OrthancPacs.AeTitle, "127.0.0.1", pacs.DicomPort), slices);
            }
            else
            {
                QueryScp scp = await QueryScp.StartAsync(destination is null ? [] : [destination]);
                archive = new(scp, scp.Remote, slices);
            }

            IReadOnlyList<StoreResult> results = await StoreScu.SendAsync(archive.Remote, "HEMATOMA", slices, null, null, Cancellation);
            Assert.All(results, result => Assert.True(result.Stored, result.Reason));
            return archive;
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }
}
