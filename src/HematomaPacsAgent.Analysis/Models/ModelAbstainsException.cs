namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A scan that the model must not be asked about, or an answer that it must not give. The message is the reason, fit for a report.</summary>
public sealed class ModelAbstainsException(string message) : Exception(message);
