using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Dicom.Web;

/// <summary>Where a DICOMweb server is and how to be let in.</summary>
public sealed record DicomWebOptions
{
    /// <param name="address">The root of its services, as https://pacs.example/dicom-web; a slash at the end makes no difference.</param>
    /// <exception cref="ArgumentException">It is no http or https address, or carries a password.</exception>
    public DicomWebOptions(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!address.IsAbsoluteUri || address.Scheme is not ("http" or "https"))
            throw new ArgumentException("the address is not http or https");
        if (address.UserInfo.Length > 0)
            throw new ArgumentException("a user or password in the address ends up in logs; give it as credentials");
        if (address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new ArgumentException($"{address.GetLeftPart(UriPartial.Path)} has a query behind it; give the root of its services");
        Address = new Uri(address.AbsoluteUri.TrimEnd('/') + "/");
    }

    public Uri Address { get; }

    /// <summary>Gives the bearer token for each request, so that it can be renewed; null for none.</summary>
    public Func<CancellationToken, ValueTask<string>>? BearerToken { get; init; }

    /// <summary>User and password of basic authentication; null for none.</summary>
    public (string User, string Password)? Basic { get; init; }

    /// <summary>PEM file of the authorities that the server's certificate must come from; null for those that the system trusts.</summary>
    public string? Authorities { get; init; }

    /// <summary>Our certificate, for servers that ask for one.</summary>
    public CertificateFiles? Identity { get; init; }

    /// <summary>Longest time for a connection to come about.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest time for one attempt until the answer begins: uploads included.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest time for all attempts of one request together, and the waits between them.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Longest silence while an answer comes.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Further attempts after a failure that may pass (408, 429, 5xx, no connection).</summary>
    public int Retries { get; init; } = 4;

    /// <summary>Before the second attempt; doubled with each further one, and spread at random. A server's Retry-After wins.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait before another attempt. A server that wants a longer one gets none: its answer stands.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Instances in one STOW-RS request.</summary>
    public int MaxInstances { get; init; } = 100;

    /// <summary>Bytes in one STOW-RS request; a larger instance goes alone.</summary>
    public long MaxRequestBytes { get; init; } = 64L << 20;

    /// <summary>Longest answer held in memory: query results, metadata, store reports.</summary>
    public int MaxResponseBytes { get; init; } = 64 << 20;
}
