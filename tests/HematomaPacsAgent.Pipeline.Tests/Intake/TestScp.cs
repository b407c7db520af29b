using System.Net;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Tests.Database;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Tests.Intake;

/// <summary>Our storage SCP on a free port, in front of a study store.</summary>
internal sealed class TestScp : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly DicomListener listener;
    private readonly DurableFiles files;
    private readonly Task running;

    private TestScp(DicomListener listener, Spool spool, StudyHold hold, DurableFiles files)
    {
        (this.listener, Spool, Hold, this.files) = (listener, spool, hold, files);
        running = listener.RunAsync(stop.Token);
    }

    public Spool Spool { get; }

    public StudyHold Hold { get; }

    public int Port => listener.LocalEndPoint.Port;

    public static TestScp Start(TestDatabase database, IntakeOptions intake)
    {
        IOptions<IntakeOptions> options = Options.Create(intake);
        Spool spool = new(options);
        StudyHold hold = new(database.Queue(), options, TimeProvider.System, NullLogger<StudyHold>.Instance);
        DurableFiles files = new(intake.Durability);
        StudyStore store = new(spool, files, database.Queue(), hold, database.Source, options, NullLogger<StudyStore>.Instance);
        DicomListenerOptions listening = new() { EndPoint = new IPEndPoint(IPAddress.Loopback, 0), GracePeriod = TimeSpan.FromSeconds(1) };
        DicomListener listener = new(listening, store, NullLogger.Instance, TimeProvider.System);
        listener.Start();
        return new(listener, spool, hold, files);
    }

    public Task<ScuAssociation> ConnectAsync() => ScuAssociation.OpenAsync(new RemoteAe("AGENT", "127.0.0.1", Port), "SCANNER",
        [new ProposedContext(DicomUID.CTImageStorage, [DicomTransferSyntax.ExplicitVRLittleEndian])], null, null,
            TestContext.Current.CancellationToken);

    /// <summary>Sends one data set in an association of its own.</summary>
    public async Task<DicomStatus> SendAsync(string instanceUid, byte[] dataset)
    {
        await using ScuAssociation association = await ConnectAsync();
        DicomStatus status = await SendAsync(association, instanceUid, dataset);
        await association.ReleaseAsync(TestContext.Current.CancellationToken);
        return status;
    }

    public static Task<DicomStatus> SendAsync(ScuAssociation association, string instanceUid, byte[] dataset) => association.StoreAsync(
        DicomUID.CTImageStorage, new DicomUID(instanceUid), DicomTransferSyntax.ExplicitVRLittleEndian, new MemoryStream(dataset),
            dataset.Length, TestContext.Current.CancellationToken);

    public string[] Files(string folder) => Directory.GetFiles(Path.Combine(Spool.Root, folder), "*", SearchOption.AllDirectories);

    public static DicomDataset Ct(string study, string instance, string description = "HEAD", int pixels = 40_000)
    {
        DicomDataset dataset = new DicomDataset()
            .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, instance)
            .AddOrUpdate(DicomTag.Modality, "CT")
            .AddOrUpdate(DicomTag.SeriesDescription, description)
            .AddOrUpdate(DicomTag.SeriesInstanceUID, study + ".1")
            .AddOrUpdate(DicomVR.OW, DicomTag.PixelData, Enumerable.Range(0, 2 * pixels).Select(i => (byte)(i * 31)).ToArray());
        return study.Length == 0 ? dataset : dataset.AddOrUpdate(DicomTag.StudyInstanceUID, study);
    }

    public static byte[] Encode(DicomDataset dataset)
    {
        using MemoryStream encoded = new();
        new DicomWriter(encoded, DicomTransferSyntax.ExplicitVRLittleEndian).Write(dataset);
        return encoded.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        listener.Dispose();
        files.Dispose();
        Hold.Dispose();
        stop.Dispose();
    }
}
