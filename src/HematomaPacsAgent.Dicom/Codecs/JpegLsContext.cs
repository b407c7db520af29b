namespace HematomaPacsAgent.Dicom.Codecs;

/// <summary>What was learnt of prediction errors where the neighbourhood looked alike.</summary>
/// <remarks>ISO 14495-1 §A.2.1; names as there.</remarks>
internal struct JpegLsContext
{
    /// <summary>Sum of the errors' magnitudes.</summary>
    public uint A;

    /// <summary>Sum of the errors; for run interruptions Nn, how many were negative.</summary>
    public int B;

    /// <summary>Correction of the prediction, -128 to 127.</summary>
    public int C;

    /// <summary>How often it occurred since the last halving.</summary>
    public int N;
}
