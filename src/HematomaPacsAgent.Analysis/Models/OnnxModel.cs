using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>Where a model runs. What was asked for is what runs: nothing falls back silently.</summary>
public enum InferenceDevice
{
    Cpu,

    /// <summary>NVIDIA CUDA, or no start.</summary>
    Cuda,

    /// <summary>CUDA where it loads, else the processor; the findings say which.</summary>
    Auto,
}

/// <summary>An ONNX model with one float input and one float output, its first dimension the batch.</summary>
internal sealed class OnnxModel : IDisposable
{
    private readonly InferenceSession session;
    private readonly string input;
    private readonly ModelFile file;

    private OnnxModel(ModelPackage package, ModelFile file, InferenceSession session, string device)
    {
        (Package, this.file, this.session, Device) = (package, file, session, device);
        input = session.InputNames.Count == 1 && session.OutputNames.Count == 1 ? session.InputNames[0]
            : throw new ModelPackageException(
                $"{package.PathOf(file.Path)} has {session.InputNames.Count} inputs and {session.OutputNames.Count} outputs"
                + ", where one of each is needed");
    }

    public ModelPackage Package { get; }

    /// <summary>The execution provider that runs: <c>cpu</c> or <c>cuda</c>.</summary>
    public string Device { get; }

    /// <summary>Loads the model and holds it against its golden output.</summary>
    /// <exception cref="ModelPackageException">The device is not to be had, or the model gives another output here than in training.</exception>
    public static OnnxModel Load(ModelPackage package, int member, InferenceDevice device)
    {
        OnnxModel model = Open(package, package.Manifest.Files[member], device);
        try
        {
            model.CheckGolden();
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="values">Values of the batch.</param>
    /// <param name="shape">Batch first.</param>
    /// <param name="cancellation">Ends the run between two of its operators.</param>
    public float[] Run(float[] values, long[] shape, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using RunOptions options = new();
        // Memory is given back after each run: an agent is idle most of the time.
        options.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", Device == "cuda" ? "gpu:0" : "cpu:0");
        using CancellationTokenRegistration stop = cancellation.Register(() => options.Terminate = true);
        using OrtValue tensor = OrtValue.CreateTensorValueFromMemory(values, shape);
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [input], [tensor], session.OutputNames);
            return outputs[0].GetTensorDataAsSpan<float>().ToArray();
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    public void Dispose() => session.Dispose();

    private static OnnxModel Open(ModelPackage package, ModelFile file, InferenceDevice device)
    {
        if (device is InferenceDevice.Cuda or InferenceDevice.Auto)
            try
            {
                return new OnnxModel(package, file, Session(package, file, cuda: true), "cuda");
            }
            catch (Exception missing) when (missing is OnnxRuntimeException or EntryPointNotFoundException or DllNotFoundException)
            {
                if (device == InferenceDevice.Cuda)
                    throw new ModelPackageException(
                        $"Inference:Device is cuda, but CUDA does not load: {missing.Message} "
                        + "Remedy: build with -p:OnnxRuntimeGpu=true on a machine with the NVIDIA driver, CUDA and cuDNN, or set Inference:Device to cpu", missing);
            }

        try
        {
            return new OnnxModel(package, file, Session(package, file, cuda: false), "cpu");
        }
        catch (OnnxRuntimeException broken)
        {
            throw new ModelPackageException($"{package.PathOf(file.Path)} does not load: {broken.Message}", broken);
        }
    }

    private static InferenceSession Session(ModelPackage package, ModelFile file, bool cuda)
    {
        using SessionOptions options = new()
        {
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        // The agent shares its host with a PACS: threads that wait must not spin.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        if (cuda) options.AppendExecutionProvider_CUDA();
        return new InferenceSession(package.PathOf(file.Path), options);
    }

    private void CheckGolden()
    {
        (int[] shape, float[] values) = NpyFile.Read(Path.Combine(Package.Folder, file.GoldenInput));
        (_, float[] expected) = NpyFile.Read(Path.Combine(Package.Folder, file.GoldenOutput));
        float[] output;
        try
        {
            output = Run(values, [.. shape.Select(n => (long)n)], CancellationToken.None);
        }
        catch (OnnxRuntimeException refused)
        {
            throw new ModelPackageException(
                $"{Package.PathOf(file.Path)} does not run on {file.GoldenInput}: {refused.Message} Remedy: install the package anew", refused);
        }

        double worst = output.Length == expected.Length ? output.Zip(expected, (a, b) => Math.Abs((double)a - b)).Max() : double.PositiveInfinity;
        if (!(worst <= file.GoldenTolerance))
            throw new ModelPackageException(FormattableString.Invariant(
                $"{Package.PathOf(file.Path)} gives another output here than in training (largest difference {worst:G3}, allowed {file.GoldenTolerance:G3}): it must not be used on this machine"));
    }
}
