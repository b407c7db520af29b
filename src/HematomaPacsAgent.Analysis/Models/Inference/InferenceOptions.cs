using System.ComponentModel.DataAnnotations;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Where a model runs. What was asked for is what runs: nothing falls back silently.</summary>
public enum InferenceDevice
{
    Cpu,

    /// <summary>NVIDIA CUDA, or no start.</summary>
    Cuda,

    /// <summary>CUDA where it loads, else the processor; the findings say which and why.</summary>
    Auto,
}

/// <summary>How models run (section <c>Inference</c>); docs/inference-devices.md tells what each is for.</summary>
public sealed class InferenceOptions
{
    [EnumDataType(typeof(InferenceDevice))]
    public InferenceDevice Device { get; set; } = InferenceDevice.Cpu;

    /// <summary>A CUDA provider as a library of its own (libonnxruntime_providers_cuda_plugin.so), for a build with the plain ONNX Runtime. Empty: the one built in.</summary>
    public string PluginLibrary { get; set; } = "";

    /// <summary>Which of several GPUs, as CUDA counts them (from 0).</summary>
    [Range(0, 63)]
    public int GpuDeviceId { get; set; }

    /// <summary>Most memory of the GPU that one model takes, MB; 0 is no limit.</summary>
    [Range(0, 1 << 20)]
    public int GpuMemoryLimitMb { get; set; }

    /// <summary>Lets the GPU multiply with 10 bits of mantissa. Faster, and no longer the numbers that were validated.</summary>
    public bool UseTf32 { get; set; }

    /// <summary>Pads an incomplete batch on the GPU to the size of the largest before it: one shape, one plan, one amount of memory.</summary>
    public bool FixedShapes { get; set; }

    /// <summary>Threads of one run on the processor; 0 takes one a core.</summary>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Runs models inside the agent instead of in a process of their own: for diagnosis only.</summary>
    public bool InProcess { get; set; }

    /// <summary>Longest time for one run or for loading one model; then the process counts as hung and is replaced.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "WorkerTimeout lies between 00:00:01 and 1.00:00:00")]
    public TimeSpan WorkerTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Most memory of the machine that the process of the models may take, MB; 0 is no limit. CUDA maps much more than it uses: leave it 0 there.</summary>
    [Range(0, 1 << 24)]
    public int WorkerMemoryLimitMb { get; set; }

    /// <summary>All that is wrong; empty when they can be used.</summary>
    public IEnumerable<string> Problems()
    {
        List<ValidationResult> results = [];
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        return results.Select(result => $"Inference: {result.ErrorMessage}");
    }
}
