namespace HematomaPacsAgent.Analysis.Prognosis;

/// <summary>A nomogram file that must not be used, or inputs it cannot score. The message names the file and every fault in it.</summary>
public sealed class NomogramException : Exception
{
    public NomogramException() { }

    public NomogramException(string message) : base(message) { }

    public NomogramException(string message, Exception innerException) : base(message, innerException) { }
}
