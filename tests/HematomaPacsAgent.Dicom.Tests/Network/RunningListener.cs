using System.Collections.Concurrent;
using System.Net;
using HematomaPacsAgent.Dicom.Network;
using HematomaPacsAgent.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HematomaPacsAgent.Dicom.Tests.Network;

/// <summary>A listener on a free loopback port that writes each instance to a folder, or does what the test puts in its place.</summary>
internal sealed class RunningListener : IStorageScp, IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly TemporaryFolder folder = new();
    private readonly Task running;

    public RunningListener(AcceptancePolicy? policy = null, AssociationOptions? association = null, TimeSpan? grace = null,
        StorageCommitmentService? commitment = null, StorageCommitmentInbox? reports = null, TlsListenerOptions? tls = null, ILogger? logger = null)
    {
        Listener = new DicomListener(new DicomListenerOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Tls = tls,
            Policy = policy ?? new AcceptancePolicy(),
            Association = association ?? new AssociationOptions(),
            Commitment = commitment,
            CommitmentReports = reports,
            GracePeriod = grace ?? TimeSpan.FromSeconds(5),
        }, this, logger ?? NullLogger.Instance, TimeProvider.System);
        Listener.Start();
        running = Listener.RunAsync(stop.Token);
    }

    public DicomListener Listener { get; }

    public int Port => Listener.LocalEndPoint.Port;

    public RemoteAe Remote => new("HEMATOMA", "127.0.0.1", Port);

    public string[] Files => Directory.GetFiles(folder.Path, "*.dcm");

    public ConcurrentQueue<AssociationPeer> Opened { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    /// <summary>Instead of writing a file; null from it writes the file all the same.</summary>
    public Func<CStoreRequest, Task<DicomStatus?>> Handler { get; set; } = _ => Task.FromResult<DicomStatus?>(null);

    public string FileOf(string sopInstanceUid) => folder[sopInstanceUid + ".dcm"];

    public async Task<DicomStatus> StoreAsync(CStoreRequest request, CancellationToken cancellation)
    {
        if (await Handler(request) is { } status) return status;
        await using FileStream file = File.Create(FileOf(request.SopInstanceUid.Value));
        await file.WriteAsync(Part10Header.Write(request), cancellation);
        await request.Dataset.CopyToAsync(file, cancellation);
        return DicomStatus.Success;
    }

    public void AssociationOpened(AssociationPeer peer) => Opened.Enqueue(peer);

    public void AssociationClosed(AssociationPeer peer, string how) => Closed.Enqueue(how);

    /// <summary>How the only association ended.</summary>
    public async Task<string> ClosedAsync()
    {
        await Eventually.SeeAsync("the association is over", TimeSpan.FromSeconds(10), () => Task.FromResult(!Closed.IsEmpty));
        return Assert.Single(Closed);
    }

    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        Listener.Dispose();
        stop.Dispose();
        folder.Dispose();
    }
}
