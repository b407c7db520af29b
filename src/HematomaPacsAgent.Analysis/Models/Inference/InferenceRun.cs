namespace HematomaPacsAgent.Analysis.Models;

/// <summary>What really ran a model: part of every finding.</summary>
/// <param name="Provider"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="DeviceName">Name of the processor or of the GPU, as its driver tells it.</param>
/// <param name="Driver">Version of the GPU's driver; null on a processor, or where it cannot be told.</param>
/// <param name="Runtime">ONNX Runtime and its version.</param>
/// <param name="FallbackReason">Why the processor ran where CUDA was preferred; null otherwise.</param>
public sealed record InferenceRun(string Provider, string DeviceName, string? Driver, string Runtime, string? FallbackReason = null)
{
    /// <summary>Short: <c>cpu</c>, or <c>cuda (NVIDIA H100 80GB HBM3, driver 580.159.04)</c>.</summary>
    public override string ToString() => Provider == "cpu" ? Provider : $"{Provider} ({DeviceName}, driver {Driver ?? "unknown"})";
}
