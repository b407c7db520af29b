using System.CommandLine;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent.Commands;

/// <summary>The options of a verb that can call over TLS.</summary>
internal sealed class TlsArguments
{
    private readonly Option<bool> tls = new("--tls") { Description = "encrypt (TLS 1.2 or 1.3)" };
    private readonly Option<string?> authorities = new("--ca") { Description = "PEM file of the authorities to trust; without it the system's" };
    private readonly Option<string?> certificate = new("--cert") { Description = "our certificate, PEM or PFX, where the other side wants one" };
    private readonly Option<string?> key = new("--key") { Description = "PEM file with the private key of --cert" };
    private readonly Option<string?> host = new("--tls-host") { Description = "name in the other side's certificate, where it is not the host called" };

    public TlsArguments(Command command)
    {
        foreach (Option option in (Option[])[tls, authorities, certificate, key, host]) command.Options.Add(option);
    }

    /// <summary>The file of --ca, for HTTPS.</summary>
    public string? Authorities(ParseResult parsed) => parsed.GetValue(authorities);

    /// <summary>The name of --tls-host.</summary>
    public string? Host(ParseResult parsed) => parsed.GetValue(host);

    /// <summary>What --cert and --key show of ourselves.</summary>
    /// <exception cref="UsageException">A key is given without a certificate.</exception>
    public CertificateFiles? Identity(ParseResult parsed)
    {
        string? own = parsed.GetValue(certificate), secret = parsed.GetValue(key);
        if (secret is not null && own is null) throw new UsageException("--key needs --cert");
        return own is null ? null
            : new CertificateFiles
            {
                Certificate = own, Key = secret, Password = Environment.GetEnvironmentVariable("HEMATOMA_CERT_PASSWORD"),
            };
    }

    /// <exception cref="UsageException">A file is given without --tls, or a key without a certificate.</exception>
    public RemoteAe Apply(RemoteAe remote, ParseResult parsed)
    {
        CertificateFiles? own = Identity(parsed);
        if (!parsed.GetValue(tls))
            return own is null && (parsed.GetValue(authorities) ?? parsed.GetValue(host)) is null ? remote
                : throw new UsageException("--ca, --cert, --key and --tls-host need --tls");
        return remote with
        {
            Tls = new TlsClientOptions
            {
                Authorities = parsed.GetValue(authorities),
                Identity = own,
                ExpectedHost = parsed.GetValue(host),
            },
        };
    }
}
