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
    private readonly Lock telling = new();
    private Socket? socket, tlsSocket;
    private TlsTransport? tls;
    private long accepted, toldAt;
    private int untold;

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
        Admission = new Admission(options.Policy);
    }

    /// <summary>Where it really listens.</summary>
    /// <exception cref="InvalidOperationException">Not started.</exception>
    public IPEndPoint LocalEndPoint => (IPEndPoint)((socket ?? tlsSocket)?.LocalEndPoint
        ?? throw new InvalidOperationException("the listener is not started"));

    /// <summary>Where it really listens for TLS; null where it does not.</summary>
    public IPEndPoint? LocalTlsEndPoint => (IPEndPoint?)tlsSocket?.LocalEndPoint;

    /// <summary>Associations open now.</summary>
    public int OpenAssociations => Admission.Associations;

    /// <summary>Connections open now, with an association or without.</summary>
    public int OpenConnections => Admission.Connections;

    internal Admission Admission { get; }

    internal IStorageScp Storage { get; }

    internal DicomListenerOptions Options { get; }

    internal ILogger Logger { get; }

    /// <summary>Binds the port; peers can connect from here on and are served once <see cref="RunAsync"/> runs.</summary>
    /// <exception cref="DicomNetworkException">The port is taken or not allowed, or the certificate cannot be used.</exception>
    public void Start()
    {
        if (socket is not null || tlsSocket is not null) return;
        if (Options.Tls is { } encrypted)
        {
            tls = new TlsTransport(encrypted, Logger, time);
            tlsSocket = Listen(encrypted.EndPoint);
        }

        if (Options.EndPoint is { } plain) socket = Listen(plain);
    }

    private static Socket Listen(IPEndPoint endPoint)
    {
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

        return listening;
    }

    /// <summary>Serves until cancelled; then takes no more connections, lets associations finish within the grace period, and aborts the
    /// rest.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        Start();
        if (socket is not null) Log.Listening(Logger, LocalEndPoint);
        if (tlsSocket is not null) Log.ListeningTls(Logger, LocalTlsEndPoint!, Options.Tls!.ClientCertificate);
        if (Options.Policy.Peers is { Count: 0 }) Log.NoPeers(Logger);
        using CancellationTokenSource abort = new();
        try
        {
            await Task.WhenAll(ListenAsync(socket, null), ListenAsync(tlsSocket, tls));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            Dispose();
            Task all = Task.WhenAll(connections.Values);
            await Task.WhenAny(all, Task.Delay(Options.GracePeriod, time, CancellationToken.None));
            await abort.CancelAsync();
            await all;
            Log.Stopped(Logger, (Options.EndPoint ?? Options.Tls?.EndPoint)!, Volatile.Read(ref accepted));
        }

        async Task ListenAsync(Socket? listening, TlsTransport? transport)
        {
            while (listening is not null) Serve(await AcceptAsync(listening, cancellation), transport, abort.Token);
        }
    }

    public void Dispose()
    {
        socket?.Dispose();
        tlsSocket?.Dispose();
    }

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

    private void Serve(Socket connected, TlsTransport? transport, CancellationToken stopping)
    {
        IPEndPoint remote;
        try
        {
            remote = (IPEndPoint)connected.RemoteEndPoint!;
        }
        catch (SocketException)
        {
            connected.Dispose(); // gone already
            return;
        }

        if (remote.Address.IsIPv4MappedToIPv6) remote = new IPEndPoint(remote.Address.MapToIPv4(), remote.Port);
        // Strangers and refused ones need a connection too, but not without end.
        if (Admission.TryConnect(remote.Address) is { } why)
        {
            connected.Dispose();
            TellTooMany(remote, why);
            return;
        }

        long number = Interlocked.Increment(ref accepted);
        Task serving = Task.Run(() => ServeAsync(connected, remote, transport, number, stopping), CancellationToken.None);
        connections[number] = serving;
        _ = serving.ContinueWith((_, key) => connections.TryRemove((long)key!, out Task? _), number, CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task ServeAsync(Socket connected, IPEndPoint remote, TlsTransport? transport, long number, CancellationToken stopping)
    {
        try
        {
            Stream stream = new NetworkStream(connected, ownsSocket: true);
            if (transport is not null) stream = await transport.AcceptAsync(stream, remote, stopping);
            PduConnection connection = new(connected, stream, Options.Association.MaxPduLength, awaitsResponses: false);
            await using AssociationChannel upper = new(connection, isRequestor: false, remote.ToString(), Options.Association, time,
                stopping);
            await new Association(upper, remote, number, this, stopping).RunAsync();
        }
        catch (DicomNetworkException e)
        {
            Log.HandshakeFailed(Logger, e.Message);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            Log.AcceptFailed(Logger, e);
        }
        finally
        {
            connected.Dispose();
            Admission.Disconnect(remote.Address);
        }
    }

    /// <summary>One line a second is enough of a flood.</summary>
    private void TellTooMany(IPEndPoint remote, string why)
    {
        lock (telling)
        {
            if (toldAt != 0 && time.GetElapsedTime(toldAt) < TimeSpan.FromSeconds(1))
            {
                untold++;
                return;
            }

            Log.TooManyConnections(Logger, remote, why, untold);
            (toldAt, untold) = (time.GetTimestamp(), 0);
        }
    }
}
