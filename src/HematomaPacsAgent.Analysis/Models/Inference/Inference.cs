using System.Diagnostics;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>
/// Runs models on the device that the options ask for, and climbs down a ladder when memory runs out or the device fails: a smaller batch,
/// a new session, a new process, and where the options say <see cref="InferenceDevice.Auto"/> the processor. Each step is said. Calls from
/// several threads wait for each other: models share one process and one GPU context.
/// </summary>
public sealed class Inference : IDisposable
{
    private readonly InferenceOptions options;
    private readonly Func<ProcessStartInfo>? start;
    private readonly Action<string> say;
    private readonly SemaphoreSlim gate = new(1);
    private readonly List<OnnxModel> models = [];
    private IModelHost? host;
    private string? fallback;
    private bool disposed;

    /// <param name="options">How to run.</param>
    /// <param name="start">How to start the process that calls <see cref="WorkerLoop.Run"/>; null runs models in this one.</param>
    /// <param name="say">Told each step of the ladder, for the log.</param>
    /// <exception cref="ArgumentException">The options cannot be used.</exception>
    public Inference(InferenceOptions options, Func<ProcessStartInfo>? start = null, Action<string>? say = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().ToArray() is { Length: > 0 } wrong) throw new ArgumentException(string.Join("; ", wrong), nameof(options));
        (this.options, this.start, this.say) = (options, options.InProcess ? null : start, say ?? (_ => { }));
    }

    /// <summary>The processor, in this process: each caller's own.</summary>
    public static Inference Cpu => new(new InferenceOptions());

    /// <summary>What ran the model that was opened last; null before the first.</summary>
    public InferenceRun? Device { get; private set; }

    /// <summary>The process that runs the models; null while there is none.</summary>
    public int? WorkerProcessId => (host as InferenceWorker)?.ProcessId;

    public void Dispose()
    {
        disposed = true;
        host?.Dispose();
        host = null;
    }

    /// <summary>Opens a model and holds it against its golden output on the device that will run it.</summary>
    /// <exception cref="ModelPackageException">The model does not load, or the device asked for is not to be had.</exception>
    internal void Add(OnnxModel model, CancellationToken cancellation)
    {
        gate.Wait(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            models.Add(model);
            Climb(() => Prove(model, cancellation), loading: true);
        }
        catch
        {
            Forget(model);
            throw;
        }
        finally
        {
            gate.Release();
        }
    }

    internal float[] Run(OnnxModel model, float[] values, long[] shape, CancellationToken cancellation)
    {
        gate.Wait(cancellation);
        try
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            return Climb(() =>
            {
                if (!model.IsProven) Prove(model, cancellation);
                return InBatches(model, values, shape, cancellation);
            }, smaller: () => Halve(model, shape[0]));
        }
        finally
        {
            gate.Release();
        }
    }

    internal void Remove(OnnxModel model)
    {
        gate.Wait();
        try
        {
            Forget(model);
        }
        finally
        {
            gate.Release();
        }
    }

    private void Forget(OnnxModel model)
    {
        models.Remove(model);
        if (host is not null && model.OpenIn == host) host.Close(model.Source.Id);
        model.OpenIn = null;
    }

    /// <summary>Opens the model where it is to run and holds it against its golden output there.</summary>
    private bool Prove(OnnxModel model, CancellationToken cancellation)
    {
        Opened(model);
        // Twice: the first run of a shape makes the buffers, every later one goes through them, and both ways must be right.
        for (int way = 0; way < 2; way++) model.CheckGolden((values, shape) => InBatches(model, values, shape, cancellation));
        return model.IsProven = true;
    }

    private bool OnCuda => options.Device != InferenceDevice.Cpu && fallback is null;

    /// <param name="attempt">What is tried at each step.</param>
    /// <param name="loading">Whether the model is new: then one that CUDA refuses may still suit the processor.</param>
    /// <param name="smaller">Halves the batch, if it can: processes that die one after the other may have been short of memory.</param>
    private T Climb<T>(Func<T> attempt, bool loading = false, Func<bool>? smaller = null)
    {
        bool newSession = false, newHost = false;
        while (true)
            try
            {
                return attempt();
            }
            catch (InferenceFault fault)
            {
                bool refused = fault.Kind == FaultKind.Refused;
                if (refused && !(loading && OnCuda && options.Device == InferenceDevice.Auto)) throw new InferenceException(fault.Message, fault);
                if (fault.Kind == FaultKind.OutOfMemory && !newSession)
                {
                    newSession = true;
                    say($"memory ran out ({fault.Message}): trying with new sessions");
                    foreach (OnnxModel model in models) model.OpenIn = null;
                }
                else if (!refused && fault.Kind != FaultKind.Unavailable
                         && (!newHost || fault.Kind == FaultKind.Died && smaller?.Invoke() == true))
                {
                    newHost = true;
                    say($"models failed to run ({fault.Message}): trying with a new process");
                    Restart();
                }
                else if (OnCuda && options.Device == InferenceDevice.Auto)
                {
                    (newSession, newHost) = (false, false);
                    FallBack(fault);
                }
                else
                    throw fault.Kind == FaultKind.Unavailable ? new ModelPackageException(fault.Message, fault) : GivenUp(fault);
            }
    }

    private InferenceException GivenUp(InferenceFault fault) => new(
        $"models cannot be run now, also not in a new process: {fault.Message}. Remedy: " + (fault.Kind switch
        {
            FaultKind.OutOfMemory when OnCuda =>
                "free memory of the GPU, raise Inference:GpuMemoryLimitMb if it is set, or lower inferer.batch of the model",
            FaultKind.OutOfMemory or FaultKind.Died => "give the agent more memory (Inference:WorkerMemoryLimitMb if it is set), or lower inferer.batch of the model",
            FaultKind.Hung => "raise Inference:WorkerTimeout if the machine is slow",
            _ => "look at the GPU (nvidia-smi, dmesg), or set Inference:Device to cpu",
        }), fault);

    private void Restart()
    {
        host?.Dispose();
        host = null;
    }

    /// <summary>To the processor, for good: a GPU that failed once is not trusted again before the agent is started anew.</summary>
    private void FallBack(InferenceFault fault)
    {
        fallback = fault.Message;
        say($"models run on the processor from now on: {fault.Message}");
        if (fault.Kind is not (FaultKind.Unavailable or FaultKind.Refused)) Restart();
        // They were held against their golden outputs on the GPU, not here: Run does so before it runs one again.
        foreach (OnnxModel model in models) (model.LargestBatch, model.OpenIn, model.IsProven) = (long.MaxValue, null, false);
    }

    /// <summary>The host, with the model open in it.</summary>
    private IModelHost Opened(OnnxModel model)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (host is { IsAlive: false })
        {
            say("the process that runs models has ended: another is started");
            Restart();
        }

        host ??= start is null ? new LocalSessions(options) : new InferenceWorker(options, start);
        if (model.OpenIn == host) return host;
        model.OpenIn = null;
        model.Device = host.Open(model.Source, OnCuda) with { FallbackReason = fallback };
        (model.OpenIn, Device) = (host, model.Device);
        return host;
    }

    /// <summary>The whole batch, or in parts of the size that memory was last enough for.</summary>
    private float[] InBatches(OnnxModel model, float[] values, long[] shape, CancellationToken cancellation)
    {
        while (true)
        {
            long most = Math.Min(shape[0], model.LargestBatch);
            try
            {
                return most == shape[0] ? Padded(model, values, shape, cancellation) : Parts(model, values, shape, most, cancellation);
            }
            catch (InferenceFault fault) when (fault.Kind == FaultKind.OutOfMemory && most > 1)
            {
                Halve(model, most);
                say($"memory ran out with {most} items at once ({fault.Message}): from now on {model.LargestBatch}");
            }
        }
    }

    private static bool Halve(OnnxModel model, long batch)
    {
        long most = Math.Min(batch, model.LargestBatch);
        if (most > 1) model.LargestBatch = most / 2;
        return most > 1;
    }

    private float[] Parts(OnnxModel model, float[] values, long[] shape, long most, CancellationToken cancellation)
    {
        int item = (int)(values.Length / shape[0]);
        float[] whole = [];
        for (long first = 0; first < shape[0]; first += most)
        {
            long count = Math.Min(most, shape[0] - first);
            float[] part = Padded(model, values.AsSpan((int)first * item, (int)count * item).ToArray(), [count, .. shape[1..]], cancellation);
            int answer = (int)(part.Length / count);
            if (first == 0) whole = new float[answer * shape[0]];
            part.CopyTo(whole, (int)first * answer);
        }

        return whole;
    }

    /// <summary>Runs one shape. With fixed shapes an incomplete batch is filled up with zeros, whose answers are cut off again.</summary>
    private float[] Padded(OnnxModel model, float[] values, long[] shape, CancellationToken cancellation)
    {
        IModelHost ready = Opened(model);
        long full = options.FixedShapes && OnCuda ? Math.Min(model.FullBatch(shape), model.LargestBatch) : shape[0];
        if (full <= shape[0]) return ready.Run(model.Source.Id, values, shape, cancellation);
        float[] filled = new float[values.Length / shape[0] * full];
        values.CopyTo(filled, 0);
        float[] output = ready.Run(model.Source.Id, filled, [full, .. shape[1..]], cancellation);
        return output[..(int)(output.Length / full * shape[0])];
    }
}
