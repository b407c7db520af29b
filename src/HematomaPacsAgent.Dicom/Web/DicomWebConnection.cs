using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>HTTP to one DICOMweb server: trust, credentials, attempts, and failures in plain words.</summary>
internal sealed class DicomWebConnection : IDisposable
{
    private readonly DicomWebOptions options;
    private readonly HttpClient http;

    public DicomWebConnection(DicomWebOptions options)
    {
        this.options = options;
        SocketsHttpHandler sockets = new()
        {
            AutomaticDecompression = DecompressionMethods.All, AllowAutoRedirect = false,
                PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = new SslClientAuthenticationOptions(),
        };
        if (options.Authorities is { } authorities)
            sockets.SslOptions.CertificateChainPolicy = Policy(authorities);
        if (options.ClientCertificate is { } own) sockets.SslOptions.ClientCertificates = [own];
        ResiliencePipelineBuilder<HttpResponseMessage> attempts = new();
        if (options.Retries > 0)
            attempts.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries, Delay = options.RetryDelay, BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                // Whoever we cannot agree on trust with will not change its mind in a second.
                ShouldHandle = outcome => new(outcome.Outcome.Exception is not HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                    && HttpClientResiliencePredicates.IsTransient(outcome.Outcome)),
            });
        attempts.AddTimeout(options.AttemptTimeout);
        http = new HttpClient(new ResilienceHandler(attempts.Build()) { InnerHandler = sockets }) { BaseAddress = options.Address,
            Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>The server in messages.</summary>
    public string Server => options.Address.GetLeftPart(UriPartial.Path);

    /// <summary>Sends a request and returns as soon as its answer begins.</summary>
    /// <param name="path">Relative to the root.</param>
    /// <param name="what">The request in messages, without values.</param>
    /// <param name="content">Made anew for each attempt by its own serialisation; null for GET.</param>
    /// <exception cref="DicomWebException">No answer came.</exception>
    public async Task<HttpResponseMessage> SendAsync(string path, string what, string accept, HttpContent? content,
        CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(content is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = content };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        if (options.BearerToken is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer",
            await token(cancellation));
        else if (options.Basic is var (user, password))
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (TimeoutRejectedException e)
        {
            throw new DicomWebException($"{Server} did not answer {what} within {options.AttemptTimeout.TotalSeconds:0.#} s", e);
        }
        catch (HttpRequestException e)
        {
            throw new DicomWebException($"{Server} cannot be reached: {Cause(e)}", e);
        }
    }

    /// <summary>An answer's whole body, if it is not too long.</summary>
    public async Task<byte[]> ReadAsync(HttpResponseMessage response, string what, CancellationToken cancellation)
    {
        await using Stream body = await OpenAsync(response, cancellation);
        using MemoryStream bytes = new();
        byte[] piece = new byte[64 * 1024];
        for (int read; (read = await body.ReadAsync(piece, cancellation)) > 0;)
        {
            if (bytes.Length + read > options.MaxResponseBytes)
                throw new DicomWebException($"{Server} answered {what} with more than {options.MaxResponseBytes} bytes; ask for less");
            bytes.Write(piece, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>An answer's body as it comes.</summary>
    public async Task<Stream> OpenAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        new WatchedStream(await response.Content.ReadAsStreamAsync(cancellation), options.SilenceTimeout, Server);

    public void Dispose() => http.Dispose();

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static string Cause(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError => $"{e.InnerException?.Message ?? e.Message} If the certificate is the site's own, give its authority's file (--ca)",
        HttpRequestError.NameResolutionError => "its name is not known; check the address",
        HttpRequestError.ConnectionError => $"{e.InnerException?.Message ?? e.Message}; check address, firewall, and that it runs",
        _ => e.Message,
    };

    /// <summary>Ends a read that waits too long.</summary>
    private sealed class WatchedStream(Stream inner, TimeSpan silence, string server) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(silence);
            try
            {
                return await inner.ReadAsync(buffer, limit.Token);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new DicomWebException($"{server} fell silent for {silence.TotalSeconds:0.#} s in the midst of an answer", e);
            }
            catch (HttpRequestException e)
            {
                throw new DicomWebException($"{server} broke off in the midst of an answer: {e.Message}", e);
            }
            catch (HttpIOException e)
            {
                throw new DicomWebException($"{server} broke off in the midst of an answer: {e.Message}", e);
            }
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read asynchronously");

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }

        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
