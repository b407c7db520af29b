using System.Net;
using BenchmarkDotNet.Attributes;
using HematomaPacsAgent.Dicom;
using HematomaPacsAgent.Dicom.Network;
using Microsoft.Extensions.Logging.Abstractions;

namespace HematomaPacsAgent.Benchmarks;

/// <summary>
/// The receive path without disk: one CT slice of 0.5 MB over loopback to a storage SCP that throws it away, response included; and beside
/// it what the study store adds: reading a received file's header. Run:
/// dotnet run -c Release --project tests/Benchmarks -- --filter '*Receive*'
/// </summary>
[MemoryDiagnoser]
public class ReceiveBenchmarks : IStorageScp, IDisposable
{
    private const string Instance = "1.2.3.1.1";

    private readonly CancellationTokenSource stop = new();
    private readonly string file = Path.Combine(Path.GetTempPath(), $"receive-benchmark-{Environment.ProcessId}.dcm");
    private readonly MemoryStream dataset = new();
    private DicomListener listener = null!;
    private ScuAssociation association = null!;
    private Task running = Task.CompletedTask;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        DicomFile slice = new(Ct(), DicomTransferSyntax.ExplicitVRLittleEndian);
        slice.Save(file);
        new DicomWriter(dataset, DicomTransferSyntax.ExplicitVRLittleEndian).Write(slice.Dataset);
        listener = new DicomListener(new DicomListenerOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, this,
            NullLogger.Instance, TimeProvider.System);
        listener.Start();
        running = listener.RunAsync(stop.Token);
        association = await ScuAssociation.OpenAsync(new RemoteAe("AGENT", "127.0.0.1", listener.LocalEndPoint.Port), "SCANNER",
            [new ProposedContext(DicomUID.CTImageStorage, [DicomTransferSyntax.ExplicitVRLittleEndian])], null, null,
            CancellationToken.None);
    }

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await association.DisposeAsync();
        await stop.CancelAsync();
        await running;
        File.Delete(file);
        Dispose();
    }

    public void Dispose()
    {
        listener.Dispose();
        stop.Dispose();
        dataset.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Sender and receiver together.</summary>
    [Benchmark]
    public Task<DicomStatus> StoreSlice()
    {
        dataset.Position = 0;
        return association.StoreAsync(DicomUID.CTImageStorage, new DicomUID(Instance), DicomTransferSyntax.ExplicitVRLittleEndian, dataset,
            dataset.Length, CancellationToken.None);
    }

    /// <summary>Every element read, pixel data skipped.</summary>
    [Benchmark]
    public int ReadHeader() => DicomFile.Open(file).Dataset.Count;

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        await request.Dataset.CopyToAsync(Stream.Null, cancellation);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) { }

    public void AssociationClosed(AssociationPeer peer, string how) { }

    private static DicomDataset Ct()
    {
        DicomDataset ct = new DicomDataset()
            .AddOrUpdate(DicomTag.SOPClassUID, DicomUID.CTImageStorage)
            .AddOrUpdate(DicomTag.SOPInstanceUID, Instance)
            .AddOrUpdate(DicomTag.StudyInstanceUID, "1.2.3")
            .AddOrUpdate(DicomTag.SeriesInstanceUID, "1.2.3.1")
            .AddOrUpdate(DicomTag.Modality, "CT");
        // About as many elements as a scanner writes, private ones included.
        for (ushort n = 0; n < 100; n++)
            ct.AddOrUpdate(DicomVR.LO, new DicomTag(0x0019, (ushort)(0x1000 + n)), "a value of a private element "u8.ToArray());
        return ct.AddOrUpdate(DicomVR.OW, DicomTag.PixelData, new byte[512 * 512 * 2]);
    }
}
