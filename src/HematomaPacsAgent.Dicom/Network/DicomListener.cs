using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>Listens on TCP for associations and serves C-ECHO and C-STORE. Every connection is a task of its own: no peer can hold up
/// another.</summary>
public sealed class DicomListener : IDisposable
{
    /// <summary>Time for the system to recover when it has no more sockets to give.</summary>
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(200);

    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<long, Task> connections = new();
    private Socket? socket;
    private long accepted;
    private int associations;

    /// <param name="options">Where to listen, whom to serve.</param>
    /// <param name="storage">Takes the instances.</param>
    /// <param name="logger">For what happens on the wire.</param>
    /// <param name="time">Clock of all timeouts.</param>
    public DicomListener(DicomListenerOptions options, IStorageScp storage, ILogger logger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(logger);
        ArgumentNullException.ThrowIfNull(time);
        (Options, Storage, Logger, this.time) = (options, storage, logger, time);
    }

    /// <summary>Where it really listens.</summary>
    /// <exception cref="InvalidOperationException">Not started.</exception>
    public IPEndPoint LocalEndPoint => (IPEndPoint)(socket?.LocalEndPoint
        ?? throw new InvalidOperationException("the listener is not started"));

    /// <summary>Associations open now.</summary>
    public int OpenAssociations => Volatile.Read(ref associations);

    internal IStorageScp Storage { get; }

    internal DicomListenerOptions Options { get; }

    internal ILogger Logger { get; }

    /// <summary>Binds the port; peers can connect from here on and are served once <see cref="RunAsync"/> runs.</summary>
    /// <exception cref="DicomNetworkException">The port is taken or not allowed.</exception>
    public void Start()
    {
        if (socket is not null) return;
        IPEndPoint endPoint = Options.EndPoint;
        Socket listening = new(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.Address.Equals(IPAddress.IPv6Any)) listening.DualMode = true;
            listening.Bind(endPoint);
            listening.Listen(128);
        }
        catch (SocketException e)
        {
            listening.Dispose();
            throw new DicomNetworkException(
                $"cannot listen on {endPoint}: {e.Message}; choose another port, or stop the program that has this one", e);
        }

        socket = listening;
    }

    /// <summary>Serves until cancelled; then takes no more connections, lets associations finish within the grace period, and aborts the
    /// rest.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Start();
        Log.Listening(Logger, LocalEndPoint);
        using CancellationTokenSource abort = new();
        try
        {
            while (true) Serve(await AcceptAsync(socket!, cancellation), abort.Token);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            socket!.Dispose();
            Task all = Task.WhenAll(connections.Values);
            await Task.WhenAny(all, Task.Delay(Options.GracePeriod, time, CancellationToken.None));
            await abort.CancelAsync();
            await all;
            Log.Stopped(Logger, Options.EndPoint, Volatile.Read(ref accepted));
        }
    }

    public void Dispose() => socket?.Dispose();

    /// <summary>Counts an association in and tells how many others are open.</summary>
    internal int Enter() => Interlocked.Increment(ref associations) - 1;

    internal void Leave() => Interlocked.Decrement(ref associations);

    private async Task<Socket> AcceptAsync(Socket listening, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return await listening.AcceptAsync(cancellation);
            }
            catch (SocketException e)
            {
                Log.AcceptFailed(Logger, e);
                await Task.Delay(AcceptPause, time, cancellation);
            }
        }
    }

    private void Serve(Socket connected, CancellationToken stopping)
    {
        // Strangers and refused ones need a connection too, but not without end.
        if (connections.Count >= 2 * Options.Policy.MaxAssociations + 16)
        {
            Log.TooManyConnections(Logger, connections.Count);
            connected.Dispose();
            return;
        }

        long number = ++accepted;
        Task serving = Task.Run(() => ServeAsync(connected, number, stopping), CancellationToken.None);
        connections[number] = serving;
        _ = serving.ContinueWith((_, key) => connections.TryRemove((long)key!, out Task? _), number, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ServeAsync(Socket connected, long number, CancellationToken stopping)
    {
        try
        {
            IPEndPoint remote = (IPEndPoint)connected.RemoteEndPoint!;
            if (remote.Address.IsIPv4MappedToIPv6) remote = new IPEndPoint(remote.Address.MapToIPv4(), remote.Port);
            PduConnection connection = new(connected, new NetworkStream(connected, ownsSocket: true), Options.Association.MaxPduLength,
                awaitsResponses: false);
            await using AssociationChannel upper = new(connection, isRequestor: false, remote.ToString(), Options.Association, time,
                stopping);
            await new Association(upper, remote, number, this, stopping).RunAsync();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            Log.AcceptFailed(Logger, e);
            connected.Dispose();
        }
    }
}
