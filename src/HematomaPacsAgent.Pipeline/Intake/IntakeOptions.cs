using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Intake;

public sealed class IntakeOptions
{
    /// <summary>Where received instances and results are kept; one file system, since files are renamed within it.</summary>
    [Required]
    public string SpoolFolder { get; set; } = "data/spool";

    /// <summary>When an instance counts as kept: <c>fsync</c> when it is on the disk, <c>none</c> when it is written. With <c>none</c> a
    /// power cut loses acknowledged instances, which their sender will not send again.</summary>
    /// <value>fsync.</value>
    [EnumDataType(typeof(Durability))]
    public Durability Durability { get; set; } = Durability.Fsync;

    /// <summary>A study is analysed once no instance of it came for this long.</summary>
    /// <value>20 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long after its last instance a study still waits for the open association that brought it.</summary>
    /// <value>2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan OpenAssociationHold { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Free space to keep on the spool's file system: below it, instances are refused with A700 (out of resources).</summary>
    /// <value>1 GiB.</value>
    [Range(0, long.MaxValue)]
    public long MinimumFreeBytes { get; set; } = 1L << 30;

    /// <summary>Files in the spool that no row names and that are older than this go to the quarantine folder at start.</summary>
    /// <value>1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan OrphanAge { get; set; } = TimeSpan.FromHours(1);
}

[OptionsValidator]
public sealed partial class IntakeOptionsValidator : IValidateOptions<IntakeOptions>;
