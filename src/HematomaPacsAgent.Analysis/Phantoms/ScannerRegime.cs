namespace HematomaPacsAgent.Analysis.Phantoms;

/// <summary>Three looks of CT: kernel, noise, slice thickness, artefacts. C is never trained on and plays the external hospital.</summary>
public enum ScannerRegime
{
    A,
    B,
    C,
}
