using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace HematomaPacsAgent.Pipeline.Jobs;

public sealed class JobOptions : IValidatableObject
{
    /// <summary>A worker that is silent for this long has lost its job to another.</summary>
    /// <value>1 minute.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often an idle worker looks for due studies.</summary>
    /// <value>2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:05:00")]
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Claims of one job before it is given up.</summary>
    /// <value>5.</value>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Delay after the first failed attempt; it triples with each further one.</summary>
    /// <value>10 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryFirst { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest delay between attempts.</summary>
    /// <value>15 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00.010", "1.00:00:00")]
    public TimeSpan RetryLongest { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Studies analysed at the same time by this agent.</summary>
    /// <value>1.</value>
    [Range(1, 64)]
    public int Concurrency { get; set; } = 1;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RetryLongest < RetryFirst) yield return new ValidationResult("RetryLongest is shorter than RetryFirst", [nameof(RetryLongest)]);
    }
}

[OptionsValidator]
public sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;
