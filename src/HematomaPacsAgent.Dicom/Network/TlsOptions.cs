using System.Net;

namespace HematomaPacsAgent.Dicom.Network;

/// <summary>What a listener asks of its callers on the TLS port.</summary>
public enum ClientCertificate
{
    /// <summary>No certificate is asked for.</summary>
    None,

    /// <summary>One that is shown must be good; none may be shown.</summary>
    Optional,

    /// <summary>Mutual authentication, as PS3.15 §B wants between machines.</summary>
    Required,
}

/// <summary>A certificate with its private key.</summary>
public sealed record CertificateFiles
{
    /// <summary>PEM, the chain below the root after it; or PFX.</summary>
    public required string Certificate { get; init; }

    /// <summary>PEM with the private key; null where the certificate's file holds it.</summary>
    public string? Key { get; init; }

    /// <summary>Of the PFX or of an encrypted PEM key.</summary>
    public string? Password { get; init; }

    /// <summary>File with the password in its first line, in place of <see cref="Password"/>.</summary>
    public string? PasswordFile { get; init; }
}

/// <summary>The TLS port of a listener.</summary>
public sealed record TlsListenerOptions
{
    /// <summary>Port 2762 is registered for DICOM over TLS (PS3.8 §9.1.1); 0 takes a free one.</summary>
    public IPEndPoint EndPoint { get; init; } = new(IPAddress.Loopback, 2762);

    /// <summary>Read anew when the files change.</summary>
    public required CertificateFiles Identity { get; init; }

    public ClientCertificate ClientCertificate { get; init; } = ClientCertificate.Required;

    /// <summary>PEM file of the authorities that client certificates must come from; null for those that the system trusts.</summary>
    public string? ClientAuthorities { get; init; }

    /// <summary>Names (subject alternative DNS name, or common name) that client certificates may have; empty for any.</summary>
    public IReadOnlyCollection<string> ClientNames { get; init; } = [];

    /// <summary>Time for the whole handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>How to call a peer over TLS.</summary>
public sealed record TlsClientOptions
{
    /// <summary>PEM file of the authorities that the peer's certificate must come from; null for those that the system trusts.</summary>
    public string? Authorities { get; init; }

    /// <summary>What we show of ourselves; null for nothing.</summary>
    public CertificateFiles? Identity { get; init; }

    /// <summary>Name that the peer's certificate must have; null for the host that is called.</summary>
    public string? ExpectedHost { get; init; }
}
