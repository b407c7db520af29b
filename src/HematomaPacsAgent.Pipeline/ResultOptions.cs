namespace HematomaPacsAgent.Pipeline;

/// <summary>What may leave this agent.</summary>
public sealed class ResultOptions
{
    /// <summary>Whether the expansion probability of a demonstration nomogram is written into the SR sent to a PACS.</summary>
    /// <value>Default false: such an SR says that the probability is withheld.</value>
    public bool AllowDemonstrationModels { get; set; }
}
