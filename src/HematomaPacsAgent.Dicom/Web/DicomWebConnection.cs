using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using HematomaPacsAgent.Dicom.Network;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Timeout;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>HTTP to one DICOMweb server: trust, credentials, attempts, and failures in plain words.</summary>
internal sealed class DicomWebConnection : IDisposable
{
    private const string CheckAddress = "check address, firewall, and that it runs";
    private const long LargeUpload = 1 << 20;

    private readonly DicomWebOptions options;
    private readonly HttpClient http;

    /// <exception cref="DicomNetworkException">The file of the authorities or of our certificate cannot be used.</exception>
    public DicomWebConnection(DicomWebOptions options)
    {
        this.options = options;
        SocketsHttpHandler sockets = new()
        {
            AutomaticDecompression = DecompressionMethods.All, AllowAutoRedirect = false, ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TlsTrust.Policy(options.Authorities) },
        };
        if (options.Identity is { } own) sockets.SslOptions.ClientCertificateContext = TlsIdentity.Load(own);
        ResiliencePipelineBuilder<HttpResponseMessage> attempts = new();
        attempts.AddTimeout(options.RequestTimeout);
        if (options.Retries > 0)
            attempts.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.Retries, Delay = options.RetryDelay, MaxDelay = options.MaxRetryDelay,
                BackoffType = DelayBackoffType.Exponential, UseJitter = true,
                ShouldHandle = outcome => new(MayPass(outcome.Outcome)),
                DelayGenerator = outcome => new(RetryAfter(outcome.Outcome.Result)),
            });
        attempts.AddTimeout(options.AttemptTimeout);
        http = new HttpClient(new ResilienceHandler(attempts.Build()) { InnerHandler = sockets })
        {
            BaseAddress = options.Address, Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>The server in messages.</summary>
    public string Server => options.Address.GetLeftPart(UriPartial.Path);

    /// <summary>Sends a request and returns as soon as its answer begins.</summary>
    /// <param name="path">Relative to the root.</param>
    /// <param name="what">The request in messages, without values.</param>
    /// <param name="content">Made anew for each attempt by its own serialisation; null for GET.</param>
    /// <exception cref="DicomWebException">No answer came, or the token cannot be sent.</exception>
    /// <exception cref="UnreadableFileException">A file of the content cannot be read.</exception>
    public async Task<HttpResponseMessage> SendAsync(string path, string what, string accept, HttpContent? content,
        CancellationToken cancellation)
    {
        using HttpRequestMessage request = new(content is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = content };
        request.Headers.TryAddWithoutValidation("Accept", accept);
        // Who refuses a large upload by its head closes the connection, and the refusal would be lost in the broken pipe.
        request.Headers.ExpectContinue = content?.Headers.ContentLength > LargeUpload;
        request.Headers.Authorization = await AuthorizationAsync(cancellation);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (TimeoutRejectedException e)
        {
            throw new DicomWebException($"{Server} did not answer {what} within {e.Timeout.TotalSeconds:0.#} s", e);
        }
        catch (OperationCanceledException e) when (IsConnectTimeout(e) && !cancellation.IsCancellationRequested)
        {
            throw new DicomWebException(
                $"{Server} cannot be reached: no connection within {options.ConnectTimeout.TotalSeconds:0.#} s; {CheckAddress}", e);
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
        new AnswerStream(await response.Content.ReadAsStreamAsync(cancellation), options.SilenceTimeout, Server,
            // The last: a body that is not compressed as it says.
            e => e is HttpRequestException or IOException or InvalidDataException ? $"{Server} broke off in the midst of an answer: {e.Message}" : null);

    public void Dispose() => http.Dispose();

    private async ValueTask<AuthenticationHeaderValue?> AuthorizationAsync(CancellationToken cancellation)
    {
        if (options.BearerToken is { } token) return new AuthenticationHeaderValue("Bearer", Checked(await token(cancellation)));
        return options.Basic is var (user, password)
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")))
            : null;
    }

    /// <summary>Whoever we cannot agree on trust with will not change its mind in a second, nor will we wait until tomorrow.</summary>
    private bool MayPass(Outcome<HttpResponseMessage> outcome) => outcome.Exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => false,
        OperationCanceledException e when IsConnectTimeout(e) => true,
        _ => HttpClientResiliencePredicates.IsTransient(outcome) && !(RetryAfter(outcome.Result) > options.MaxRetryDelay),
    };

    /// <remarks>A date counts from the server's own clock, where it tells it.</remarks>
    private static TimeSpan? RetryAfter(HttpResponseMessage? response) => response?.Headers.RetryAfter is { } after
        ? after.Delta ?? after.Date - (response.Headers.Date ?? TimeProvider.System.GetUtcNow()) : null;

    private static bool IsConnectTimeout(OperationCanceledException e) => e.InnerException is TimeoutException;

    /// <summary>Never shows the token: messages end up in logs.</summary>
    private static string Checked(string token) => token.Length > 0 && token.All(c => c is > ' ' and <= '~') ? token
        : throw new DicomWebException("the bearer token is empty or has blanks, line ends or foreign letters in it; give the bare token");

    private static string Cause(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError =>
            $"{e.InnerException?.Message ?? e.Message} If the certificate is the site's own, give its authority's file (--ca)",
        HttpRequestError.NameResolutionError => "its name is not known; check the address",
        HttpRequestError.ConnectionError => $"{e.InnerException?.Message ?? e.Message}; {CheckAddress}",
        _ => e.Message,
    };
}
