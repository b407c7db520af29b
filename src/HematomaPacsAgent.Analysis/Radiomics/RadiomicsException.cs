namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>A region, image or setting from which features cannot be computed; the message says which, why, and what to change.</summary>
public sealed class RadiomicsException : Exception
{
    public RadiomicsException() { }

    public RadiomicsException(string message) : base(message) { }

    public RadiomicsException(string message, Exception innerException) : base(message, innerException) { }
}
