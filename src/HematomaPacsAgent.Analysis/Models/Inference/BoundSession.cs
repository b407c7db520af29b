using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A session with its buffers: of each shape it has seen lately, input and output stay bound, so that a run allocates nothing.</summary>
/// <param name="session">One float input and one float output.</param>
/// <param name="gpu">The GPU's number; null on the processor.</param>
internal sealed class BoundSession(InferenceSession session, int? gpu) : IDisposable
{
    private const int MostShapes = 4;

    private readonly List<Binding> bindings = []; // the one used last is last
    private bool giveBack;

    /// <summary>Why it cannot be run here; null when it can.</summary>
    public string? Trouble => session.InputNames.Count == 1 && session.OutputNames.Count == 1 ? null
        : $"{session.InputNames.Count} inputs and {session.OutputNames.Count} outputs";

    /// <summary>Frees all buffers, and with the next run what the runtime keeps of the GPU's memory.</summary>
    public void GiveBackMemory()
    {
        Forget();
        giveBack = true;
    }

    public float[] Run(float[] values, long[] shape, CancellationToken cancellation)
    {
        using RunOptions run = new();
        // On the processor memory is given back after each run: an agent is idle most of the time. On a GPU that costs more than it frees.
        if (gpu is null) run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", "cpu:0");
        else if (giveBack) run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", $"gpu:{gpu}");
        giveBack = false;
        using CancellationTokenRegistration stop = cancellation.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, run);
        cancellation.ThrowIfCancellationRequested();

        int known = bindings.FindIndex(binding => binding.Shape.AsSpan().SequenceEqual(shape));
        if (known < 0) return First(run, values, shape);
        Binding bound = bindings[known];
        bindings.RemoveAt(known);
        bindings.Add(bound);
        values.CopyTo(bound.Input, 0);
        session.RunWithBinding(run, bound.Io);
        return [.. bound.Output];
    }

    public void Dispose()
    {
        Forget();
        session.Dispose();
    }

    /// <summary>The shape of the output is known only once it is there.</summary>
    private float[] First(RunOptions run, float[] values, long[] shape)
    {
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(values, shape);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, session.InputNames, [input], session.OutputNames);
        float[] output = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        if (bindings.Count == MostShapes)
        {
            bindings[0].Dispose();
            bindings.RemoveAt(0);
        }

        bindings.Add(new Binding(session, [.. shape], new float[values.Length], outputs[0].GetTensorTypeAndShape().Shape, new float[output.Length]));
        return output;
    }

    private void Forget()
    {
        foreach (Binding binding in bindings) binding.Dispose();
        bindings.Clear();
    }

    private sealed class Binding : IDisposable
    {
        private readonly OrtValue input, output;

        public Binding(InferenceSession session, long[] shape, float[] inputBuffer, long[] outputShape, float[] outputBuffer)
        {
            (Shape, Input, Output) = (shape, inputBuffer, outputBuffer);
            // Bound to managed arrays, which stay pinned; the provider itself brings them to its device and back.
            input = OrtValue.CreateTensorValueFromMemory(inputBuffer, shape);
            output = OrtValue.CreateTensorValueFromMemory(outputBuffer, outputShape);
            Io = session.CreateIoBinding();
            Io.BindInput(session.InputNames[0], input);
            Io.BindOutput(session.OutputNames[0], output);
        }

        public long[] Shape { get; }
        public float[] Input { get; }
        public float[] Output { get; }
        public OrtIoBinding Io { get; }

        public void Dispose()
        {
            Io.Dispose();
            input.Dispose();
            output.Dispose();
        }
    }
}
