using System.ComponentModel.DataAnnotations;
using System.Net;
using HematomaPacsAgent.Dicom.Codecs;
using HematomaPacsAgent.Dicom.Network;

namespace HematomaPacsAgent;

/// <summary>The DICOM side of the agent (section <c>Dicom</c>; docs/dicom-listener.md).</summary>
public sealed class DicomOptions : IValidatableObject
{
    /// <summary>Our AE title; associations that call another are refused.</summary>
    /// <value>Default <c>HEMATOMA</c>.</value>
    [Required, StringLength(16, MinimumLength = 1)]
    public string AeTitle { get; set; } = "HEMATOMA";

    /// <value>Default 127.0.0.1: this machine only. A PACS on another machine needs an address it can reach, or 0.0.0.0 for all.</value>
    [Required]
    public string BindAddress { get; set; } = "127.0.0.1";

    /// <value>Default 11112, the registered DICOM port.</value>
    [Range(0, 65535)]
    public int Port { get; set; } = 11112;

    /// <summary>
    /// Who may call. Empty, as it is at first, refuses everyone, on loopback too, so that there is one rule to know: the agent starts all
    /// the same, warns, and the line of each refusal is what to add here. A worker that did not start would tell nobody who called.
    /// </summary>
    public IList<PeerOptions> Peers { get; } = [];

    [Range(1, 1000)]
    public int MaxAssociations { get; set; } = 100;

    [Range(1, 1000)]
    public int MaxAssociationsPerHost { get; set; } = 80;

    [Range(1, 10000)]
    public int MaxUnfinishedConnections { get; set; } = 128;

    [Range(1, 10000)]
    public int MaxUnfinishedConnectionsPerHost { get; set; } = 80;

    /// <summary>Slower senders are aborted; 0 is no limit.</summary>
    [Range(0, 1 << 30)]
    public int MinBytesPerSecond { get; set; } = 1024;

    /// <summary>The TLS port; without this section there is none.</summary>
    public DicomTlsOptions? Tls { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        List<ValidationResult> wrong = [];
        try
        {
            Listener();
        }
        catch (ArgumentException e)
        {
            wrong.Add(new ValidationResult(e.Message));
        }

        if (Tls is { Port: var port, Only: false } && port == Port && port != 0)
            wrong.Add(new ValidationResult($"Tls:Port and Port are both {port}: plain DICOM and TLS never share one (PS3.15 B)"));
        return wrong;
    }

    /// <exception cref="ArgumentException">A value cannot be used; the message names it and the remedy.</exception>
    internal DicomListenerOptions Listener()
    {
        if (!IPAddress.TryParse(BindAddress, out IPAddress? address))
            throw new ArgumentException($"BindAddress '{BindAddress}' is not an IP address");
        return new DicomListenerOptions
        {
            EndPoint = Tls?.Only ?? false ? null : new IPEndPoint(address, Port),
            Tls = Tls?.Listener(address),
            Policy = new AcceptancePolicy
            {
                CalledAeTitles = [AeTitle],
                TransferSyntaxes = PixelDecoders.Readable,
                Peers = [.. Peers.Select(peer => new AllowedPeer(peer.AeTitle, [.. peer.Hosts], peer.MaxAssociations))],
                MaxAssociations = MaxAssociations,
                MaxAssociationsPerHost = MaxAssociationsPerHost,
                MaxUnfinishedConnections = MaxUnfinishedConnections,
                MaxUnfinishedConnectionsPerHost = MaxUnfinishedConnectionsPerHost,
            },
            Association = new AssociationOptions { MinBytesPerSecond = MinBytesPerSecond },
        };
    }
}

/// <summary>A peer that may call.</summary>
public sealed class PeerOptions
{
    /// <summary><c>*</c> lets any title call.</summary>
    public string AeTitle { get; set; } = "";

    /// <summary>Addresses, networks and names; empty for anywhere.</summary>
    public IList<string> Hosts { get; } = [];

    public int? MaxAssociations { get; set; }
}

/// <summary>The TLS port (section <c>Dicom:Tls</c>). Relative paths are relative to the program.</summary>
public sealed class DicomTlsOptions
{
    /// <value>Default 2762, registered for DICOM over TLS.</value>
    [Range(0, 65535)]
    public int Port { get; set; } = 2762;

    /// <summary>Whether <see cref="DicomOptions.Port"/> stays closed.</summary>
    public bool Only { get; set; }

    /// <summary>PEM or PFX.</summary>
    public string Certificate { get; set; } = "";

    public string? Key { get; set; }

    public string? Password { get; set; }

    public string? PasswordFile { get; set; }

    public ClientCertificate ClientCertificate { get; set; } = ClientCertificate.Required;

    public string? ClientAuthorities { get; set; }

    public IList<string> ClientNames { get; } = [];

    internal TlsListenerOptions Listener(IPAddress address)
    {
        if (Certificate.Length == 0) throw new ArgumentException("Tls:Certificate is missing: name a PEM or PFX file");
        if (Port is < 0 or > 65535) throw new ArgumentException($"Tls:Port is {Port}: 0 to 65535 expected");
        return new TlsListenerOptions
        {
            EndPoint = new IPEndPoint(address, Port),
            Identity = new CertificateFiles
            {
                Certificate = AgentSettings.BesideProgram(Certificate),
                Key = Path(Key),
                Password = Password,
                PasswordFile = Path(PasswordFile),
            },
            ClientCertificate = ClientCertificate,
            ClientAuthorities = Path(ClientAuthorities),
            ClientNames = [.. ClientNames],
        };

        static string? Path(string? path) => string.IsNullOrEmpty(path) ? null : AgentSettings.BesideProgram(path);
    }
}
