using System.Text.RegularExpressions;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A model did not run, and neither a smaller batch nor a new session nor a new process helped. Another attempt later may.</summary>
public sealed class InferenceException : Exception
{
    public InferenceException(string message) : base(message) { }

    public InferenceException(string message, Exception inner) : base(message, inner) { }
}

internal enum FaultKind
{
    /// <summary>The model or its input is wrong: trying again changes nothing.</summary>
    Refused,

    /// <summary>The device asked for is not to be had.</summary>
    Unavailable,

    /// <summary>Memory ran out, of the GPU or of the machine; the session is still sound.</summary>
    OutOfMemory,

    /// <summary>The GPU's context is lost: every later call of the process fails too.</summary>
    DeviceLost,

    /// <summary>The process ended, or answered what is no answer.</summary>
    Died,

    /// <summary>The process gave no answer in time.</summary>
    Hung,
}

/// <summary>One failure of a run, told by kind. ONNX Runtime throws one exception for all, so the kind is read from its text.</summary>
internal sealed partial class InferenceFault(FaultKind kind, string message, Exception? inner = null) : Exception(message, inner)
{
    public FaultKind Kind { get; } = kind;

    public static FaultKind KindOf(string message) =>
        Memory().IsMatch(message) ? FaultKind.OutOfMemory
        : Missing().IsMatch(message) ? FaultKind.Unavailable
        : Lost().IsMatch(message) ? FaultKind.DeviceLost
        : FaultKind.Refused;

    // A library handle that cannot be made (NOT_INITIALIZED) is nearly always a GPU that is full.
    [GeneratedRegex("Failed to allocate memory|out of memory|bad_alloc|ALLOC_FAILED|NOT_INITIALIZED|MemoryAllocation|"
        + "is smaller than requested bytes", RegexOptions.IgnoreCase)]
    private static partial Regex Memory();

    [GeneratedRegex("cannot open shared object|Failed to load library|driver version is insufficient|no CUDA-capable device|"
        + "no kernel image|unsupported PTX|invalid device ordinal|"
        + "(requires?|need|without|not available).{0,40}cuDNN|"
        + "cuDNN.{0,60}(not available|not loaded|disabled|unavailable)|CUDNN is not", RegexOptions.IgnoreCase)]
    private static partial Regex Missing();

    [GeneratedRegex("illegal memory access|illegal address|launch failure|device-side assert|misaligned address|uncorrectable|devices? unavailable|"
        + "fallen off the bus|CUDA (failure|error)|cudaError|CUBLAS_STATUS_|CUDNN_STATUS_|CUFFT_", RegexOptions.IgnoreCase)]
    private static partial Regex Lost();
}
