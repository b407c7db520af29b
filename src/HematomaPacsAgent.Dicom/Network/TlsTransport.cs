using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>
/// TLS on a connection: 1.2 and 1.3, and of 1.2 only suites with forward secrecy and authenticated encryption; nothing below is agreed to
/// (PS3.15 §B.10, non-downgrading BCP 195; RFC 9325 §4.2). Revocation is not asked: a hospital's network seldom reaches the list.
/// </summary>
internal sealed class TlsTransport
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

#pragma warning disable CA1416 // Made on Linux only, where OpenSSL takes it.
    private static readonly CipherSuitesPolicy? Suites = !OperatingSystem.IsLinux() ? null : new(
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ]);
#pragma warning restore CA1416

    private readonly TlsListenerOptions options;
    private readonly TlsIdentity identity;
    private readonly TimeProvider time;

    /// <exception cref="DicomNetworkException">The certificate or the authorities cannot be read.</exception>
    public TlsTransport(TlsListenerOptions options, ILogger logger, TimeProvider time)
    {
        (this.options, this.time, identity) = (options, time, new TlsIdentity(options.Identity, logger, time));
        if (options.ClientCertificate != ClientCertificate.None) TlsTrust.Policy(options.ClientAuthorities);
    }

    /// <summary>The listener's side of the handshake.</summary>
    /// <exception cref="DicomNetworkException">It failed; the connection is closed.</exception>
    public async Task<SslStream> AcceptAsync(Stream plain, IPEndPoint remote, CancellationToken stopping)
    {
        SslStream stream = new(plain, leaveInnerStreamOpen: false);
        string? fault = null;
        using CancellationTokenSource timeout = new(options.HandshakeTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopping);
        try
        {
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = identity.Current,
                EnabledSslProtocols = Protocols,
                CipherSuitesPolicy = Suites,
                AllowRenegotiation = false,
                ClientCertificateRequired = options.ClientCertificate != ClientCertificate.None,
                CertificateChainPolicy = options.ClientCertificate == ClientCertificate.None ? null
                    : TlsTrust.Policy(options.ClientAuthorities),
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    (fault = TlsTrust.FaultOfClient(options, certificate as X509Certificate2, chain, errors)) is null,
            }, either.Token);
            return stream;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException or ObjectDisposedException
            or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
        {
            await stream.DisposeAsync();
            string why = fault ?? (timeout.IsCancellationRequested ? $"not done within {options.HandshakeTimeout.TotalSeconds:0.###} s"
                : Explain(e));
            throw e as DicomNetworkException ?? new DicomNetworkException($"TLS handshake with {remote} failed: {why}", e);
        }
    }

    /// <summary>The caller's side of the handshake.</summary>
    /// <param name="plain">Connected; owned.</param>
    /// <param name="remote">Who is called.</param>
    /// <param name="options">Whom to trust, what to show.</param>
    /// <param name="timeout">Ends the wait.</param>
    /// <param name="cancellation">The caller gives up.</param>
    /// <exception cref="DicomNetworkException">It failed; the connection is closed.</exception>
    public static async Task<SslStream> ConnectAsync(Stream plain, RemoteAe remote, TlsClientOptions options, CancellationToken timeout,
        CancellationToken cancellation)
    {
        SslStream stream = new(plain, leaveInnerStreamOpen: false);
        string? fault = null;
        try
        {
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = options.ExpectedHost ?? remote.Host,
                EnabledSslProtocols = Protocols,
                CipherSuitesPolicy = Suites,
                AllowRenegotiation = false,
                ClientCertificateContext = options.Identity is { } own ? TlsIdentity.Load(own) : null,
                CertificateChainPolicy = TlsTrust.Policy(options.Authorities),
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                    (fault = TlsTrust.FaultOfServer(remote, options, certificate as X509Certificate2, chain, errors)) is null,
            }, timeout);
            return stream;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException
            or System.Net.Sockets.SocketException or System.ComponentModel.Win32Exception)
        {
            await stream.DisposeAsync();
            cancellation.ThrowIfCancellationRequested();
            string why = fault ?? (e is OperationCanceledException ? "it did not answer; is TLS spoken at this port?" : Explain(e));
            throw e as DicomNetworkException ?? new DicomNetworkException($"TLS handshake with {remote} failed: {why}", e);
        }
    }

    /// <summary>What is known of a broken connection in plain words: the alerts and surprises of TLS hide in inner exceptions.</summary>
    public static string Explain(Exception e)
    {
        string all = "";
        for (Exception? inner = e; inner is not null; inner = inner.InnerException) all += inner.Message + "\n";
        return all switch
        {
            _ when Says("certificate required") => "the peer wants a client certificate: give one that its authorities know",
            _ when Says("frame size") || Says("wrong version number") || Says("frame was received") || Says("packet length too long")
                || Says("corrupted frame") || Says("http request") => "the other side does not speak TLS: check which of its ports does",
            _ when Says("unknown ca") => "the peer does not know the authority of our certificate: add that to its trusted authorities",
            _ when Says("certificate expired") => "the peer finds our certificate expired: renew it",
            _ when Says("bad certificate") || Says("certificate unknown") => "the peer does not take our certificate; its log tells why",
            _ when Says("unsupported protocol") || Says("protocol version") || Says("no protocols available") =>
                "no common TLS version: 1.2 or 1.3 is needed",
            _ when Says("no shared cipher") || Says("handshake failure") || Says("no suitable") =>
                "no common cipher suite, or the peer wants a client certificate: ECDHE with AES-GCM or ChaCha20 is needed",
            _ when Says("unexpected EOF") || Says("0 bytes from the transport") => "the other side closed the connection in the handshake: "
                + "perhaps it speaks no TLS at this port, or wants a client certificate",
            _ => e.Message,
        };

        bool Says(string words) => all.Contains(words, StringComparison.OrdinalIgnoreCase);
    }
}
