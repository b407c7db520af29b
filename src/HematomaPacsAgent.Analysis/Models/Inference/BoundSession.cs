using Microsoft.ML.OnnxRuntime;

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>A session with its buffers: of each shape it has seen lately, input and output stay bound, so that a run allocates nothing.</summary>
/// <param name="session">One float input and one float output.</param>
/// <param name="arena">The memory that the runtime keeps between runs, by its name there, e.g. <c>cpu:0</c>; empty where it cannot be given back.</param>
/// <param name="always">Whether it is given back after each run, or only after memory ran out.</param>
internal sealed class BoundSession(InferenceSession session, string arena, bool always) : IDisposable
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
        if (arena.Length > 0 && (always || giveBack)) run.AddRunConfigEntry("memory.enable_memory_arena_shrinkage", arena);
        giveBack = false;
        using CancellationTokenRegistration stop = cancellation.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, run);
        cancellation.ThrowIfCancellationRequested();

        int known = bindings.FindIndex(binding => binding.Shape.AsSpan().SequenceEqual(shape));
        if (known < 0) return First(run, values, shape);
        Binding bound = bindings[known];
        bindings.RemoveAt(known);
        bindings.Add(bound);
        bound.Take(values);
        session.RunWithBinding(run, bound.Io);
        bound.Io.SynchronizeBoundOutputs();
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
        private readonly string inputName;

        public Binding(InferenceSession session, long[] shape, float[] inputBuffer, long[] outputShape, float[] outputBuffer)
        {
            (Shape, Input, Output) = (shape, inputBuffer, outputBuffer);
            // Bound to managed arrays, which stay pinned; the provider itself brings them to its device and back.
            input = OrtValue.CreateTensorValueFromMemory(inputBuffer, shape);
            output = OrtValue.CreateTensorValueFromMemory(outputBuffer, outputShape);
            inputName = session.InputNames[0];
            Io = session.CreateIoBinding();
            Io.BindOutput(session.OutputNames[0], output);
        }

        public long[] Shape { get; }
        public float[] Input { get; }
        public float[] Output { get; }
        public OrtIoBinding Io { get; }

        /// <summary>Binds anew: an input that lies elsewhere than the provider's device is copied there when it is bound, not when it is run. A GPU saw the
        /// values of the first binding for ever (seen on an H200: no hematoma in any head).</summary>
        public void Take(float[] values)
        {
            values.CopyTo(Input, 0);
            Io.BindInput(inputName, input);
            Io.SynchronizeBoundInputs();
        }

        public void Dispose()
        {
            Io.Dispose();
            input.Dispose();
            output.Dispose();
        }
    }
}
