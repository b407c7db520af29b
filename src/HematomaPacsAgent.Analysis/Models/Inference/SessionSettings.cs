using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Opens sessions on the processor or on CUDA, and says what they run on.</summary>
internal sealed class SessionSettings(InferenceOptions options)
{
    /// <summary>A folder that is never there.</summary>
    internal const string NoFolder = "/nowhere/external-weights-are-not-read";

    private const string PluginName = "cuda-plugin";

    private static readonly Lock Registration = new();
    private static string? registered;

    private readonly Lazy<CudaDevice> gpu = new(() => CudaDevice.Probe(options.GpuDeviceId));

    /// <exception cref="InferenceFault">CUDA is not to be had.</exception>
    /// <exception cref="OnnxRuntimeException">The model does not load.</exception>
    public (InferenceSession Session, InferenceRun Run) Open(byte[] network, bool cuda)
    {
        string runtime = $"ONNX Runtime {OrtEnv.Instance().GetVersionString()}";
        if (!cuda)
        {
            using SessionOptions plain = Common();
            return (new InferenceSession(network, plain), new InferenceRun("cpu", ProcessorName(), null, runtime));
        }

        using SessionOptions strict = Cuda(out string provider);
        // An operator without a CUDA kernel would otherwise run on the processor without a word.
        strict.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        try
        {
            return (OpenOnCuda(network, strict), Ran(""));
        }
        catch (OnnxRuntimeException refused) when (refused.Message.Contains("fallback", StringComparison.OrdinalIgnoreCase))
        {
            // Arithmetic on shapes belongs on the processor: allowed, and said.
            using SessionOptions mixed = Cuda(out _);
            return (OpenOnCuda(network, mixed), Ran(", some operators on the processor"));
        }

        InferenceRun Ran(string remark) => new("cuda", gpu.Value.Name ?? "unknown", gpu.Value.Driver, $"{runtime}, {provider}{remark}");
    }

    private InferenceSession OpenOnCuda(byte[] network, SessionOptions cuda)
    {
        try
        {
            return new InferenceSession(network, cuda);
        }
        catch (OnnxRuntimeException missing) when (InferenceFault.KindOf(missing.Message) == FaultKind.Unavailable)
        {
            throw Unavailable(missing);
        }
    }

    private SessionOptions Common()
    {
        SessionOptions session = new()
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = 1,
            IntraOpNumThreads = options.Threads,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // The agent shares its host with a PACS: threads that wait must not spin.
        session.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        // Weights kept in a second file have no digest: they are looked for where nothing is.
        session.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", NoFolder);
        return session;
    }

    private SessionOptions Cuda(out string provider)
    {
        if (gpu.Value.Reason is { } none && options.PluginLibrary.Length == 0 && !OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
            throw new InferenceFault(FaultKind.Unavailable, CudaTrouble.Explain("CUDA execution provider is not enabled in this build", gpu.Value, null));
        if (gpu.Value.Reason is { } absent) throw new InferenceFault(FaultKind.Unavailable, CudaTrouble.Explain(absent, gpu.Value, Plugin));
        SessionOptions session = Common();
        try
        {
            provider = Plugin is null ? AppendBuiltIn(session) : AppendPlugin(session, Plugin);
            return session;
        }
        catch (Exception missing) when (missing is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
        {
            session.Dispose();
            throw Unavailable(missing);
        }
        catch (InferenceFault)
        {
            session.Dispose();
            throw;
        }
    }

    private string? Plugin => options.PluginLibrary.Length == 0 ? null : options.PluginLibrary;

    private InferenceFault Unavailable(Exception missing) => new(FaultKind.Unavailable, CudaTrouble.Explain(missing.Message, gpu.Value, Plugin), missing);

    private string AppendBuiltIn(SessionOptions session)
    {
        using OrtCUDAProviderOptions cuda = new();
        Dictionary<string, string> provider = ProviderOptions();
        provider["device_id"] = options.GpuDeviceId.ToString(CultureInfo.InvariantCulture);
        provider["arena_extend_strategy"] = "kSameAsRequested"; // no doubling: others use the GPU too
        if (options.GpuMemoryLimitMb > 0) provider["gpu_mem_limit"] = GpuMemoryLimit;
        cuda.UpdateOptions(provider);
        session.AppendExecutionProvider_CUDA(cuda);
        return "CUDAExecutionProvider";
    }

    private string AppendPlugin(SessionOptions session, string library)
    {
        OrtEnv environment = OrtEnv.Instance();
        lock (Registration)
        {
            if (registered is null)
            {
                environment.RegisterExecutionProviderLibrary(PluginName, library);
                registered = library;
            }
        }

        OrtEpDevice[] devices = [.. environment.GetEpDevices()
            .Where(device => device.EpName.Contains("cuda", StringComparison.OrdinalIgnoreCase) && device.HardwareDevice.Type == OrtHardwareDeviceType.GPU)];
        if (options.GpuDeviceId >= devices.Length)
            throw new InferenceFault(FaultKind.Unavailable, CudaTrouble.Explain(
                $"{library} offers {devices.Length} CUDA devices, Inference:GpuDeviceId is {options.GpuDeviceId}", gpu.Value, library));
        OrtEpDevice chosen = devices[options.GpuDeviceId];
        Dictionary<string, string> provider = ProviderOptions();
        if (options.GpuMemoryLimitMb > 0) provider["arena.max_mem"] = GpuMemoryLimit;
        session.AppendExecutionProvider(environment, [chosen], provider);
        return chosen.EpName;
    }

    private string GpuMemoryLimit => ((long)options.GpuMemoryLimitMb << 20).ToString(CultureInfo.InvariantCulture);

    private Dictionary<string, string> ProviderOptions() => new()
    {
        // The exhaustive search measures every algorithm anew for every shape.
        ["cudnn_conv_algo_search"] = "HEURISTIC",
        ["use_tf32"] = options.UseTf32 ? "1" : "0",
    };

    private static string ProcessorName()
    {
        const string Processors = "/proc/cpuinfo";
        string? line = File.Exists(Processors)
            ? File.ReadLines(Processors).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line is null ? RuntimeInformation.ProcessArchitecture.ToString() : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
