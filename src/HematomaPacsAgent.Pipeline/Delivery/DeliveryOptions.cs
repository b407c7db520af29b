using System.ComponentModel.DataAnnotations;
using HematomaPacsAgent.Dicom.Network;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Delivery;

/// <summary>A storage SCP that receives results.</summary>
public sealed class Destination
{
    /// <summary>Its name here: in the job table, logs and commands. Rows keep it, so do not rename it while deliveries are open.</summary>
    [Required, RegularExpression("[A-Za-z0-9_.-]{1,64}")]
    public string Name { get; set; } = "";

    [Required, RegularExpression(@"[ -\[\]-~]{1,16}", ErrorMessage = "An AE title has 1 to 16 printable characters and no " +
        "backslash (PS3.5 VR AE).")]
    public string AeTitle { get; set; } = "";

    [Required]
    public string Host { get; set; } = "";

    [Range(1, 65535)]
    public int Port { get; set; } = 104;

    /// <summary>Our own AE title towards it.</summary>
    [Required, RegularExpression(@"[ -\[\]-~]{1,16}", ErrorMessage = "An AE title has 1 to 16 printable characters and no " +
        "backslash (PS3.5 VR AE).")]
    public string CallingAeTitle { get; set; } = "HEMATOMA";

    /// <summary>Without this section results go unencrypted.</summary>
    public DestinationTls? Tls { get; set; }

    /// <summary>Whom to call, and how.</summary>
    public RemoteAe Remote => new(AeTitle, Host, Port) { Tls = Tls?.Options };
}

/// <summary>How to call a destination over TLS. Relative paths are relative to the program.</summary>
public sealed class DestinationTls
{
    /// <summary>PEM file of the authorities that the destination's certificate must come from; without it those of the system.</summary>
    public string? Authorities { get; set; }

    /// <summary>Our certificate, PEM or PFX, where the destination wants one.</summary>
    public string? Certificate { get; set; }

    public string? Key { get; set; }

    public string? Password { get; set; }

    public string? PasswordFile { get; set; }

    /// <summary>Name in the destination's certificate; without it <see cref="Destination.Host"/>.</summary>
    public string? ExpectedHost { get; set; }

    internal TlsClientOptions Options => new()
    {
        Authorities = FullPath(Authorities),
        Identity = FullPath(Certificate) is not { } certificate ? null
            : new CertificateFiles { Certificate = certificate, Key = FullPath(Key), Password = Password, PasswordFile = FullPath(PasswordFile) },
        ExpectedHost = ExpectedHost,
    };

    private static string? FullPath(string? path) => string.IsNullOrEmpty(path) ? null : Path.GetFullPath(path, AppContext.BaseDirectory);
}

public sealed class DeliveryOptions : IValidatableObject
{
    /// <summary>Every result goes to each of these; with none, results are kept and not sent.</summary>
    [ValidateEnumeratedItems]
    public List<Destination> Destinations { get; } = [];

    /// <summary>Delay after the first failed try; it triples with each further one.</summary>
    /// <value>5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest delay between tries.</summary>
    /// <value>10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan RetryLongest { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an unreachable destination is tried before its deliveries fail.</summary>
    /// <value>7 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Refusals (a rejected AE title, an unwanted SOP class, a status Cxxx) before a delivery fails.</summary>
    /// <value>3.</value>
    [Range(1, 100)]
    public int MaxPermanentAttempts { get; set; } = 3;

    /// <summary>How often the outbox is looked at.</summary>
    /// <value>2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:05:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>An agent that is silent for this long has lost what it was sending to another.</summary>
    /// <value>2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var same in Destinations.GroupBy(d => d.Name).Where(group => group.Count() > 1))
            yield return new ValidationResult($"{same.Count()} destinations are named '{same.Key}': a name belongs to one",
                [nameof(Destinations)]);
        if (RetryLongest < RetryFirst) yield return new ValidationResult("RetryLongest is shorter than RetryFirst", [nameof(RetryLongest)]);
    }
}

[OptionsValidator]
public sealed partial class DeliveryOptionsValidator : IValidateOptions<DeliveryOptions>;
