using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>An ONNX network opened to see its shapes and to run it once, on the processor.</summary>
internal sealed class NetworkProbe : IDisposable
{
    private const int Seed = 20260101, MostValues = 1 << 26;

    private readonly InferenceSession session;
    private readonly string shown;

    private NetworkProbe(InferenceSession session, string shown)
    {
        (this.session, this.shown) = (session, shown);
        if (session.InputNames.Count != 1)
            throw new ModelImportException($"{shown} has {session.InputNames.Count} inputs ({string.Join(", ", session.InputNames)}), where one is needed. "
                + "Remedy: export the network with the image as its only input");
        if (session.OutputNames.Count != 1)
            throw new ModelImportException($"{shown} has {session.OutputNames.Count} outputs, where one is needed. Remedy: export without deep supervision "
                + "(nnU-Net: network.decoder.deep_supervision = False before torch.onnx.export), or with the logits as the only output");
        (Input, Output) = (session.InputMetadata.Values.Single(), session.OutputMetadata.Values.Single());
        foreach (NodeMetadata side in (NodeMetadata[])[Input, Output])
            if (!side.IsTensor || side.ElementDataType != TensorElementType.Float)
                throw new ModelImportException($"{shown} takes or gives {(side.IsTensor ? side.ElementDataType : side.OnnxValueType)}, where 32-bit "
                    + "floats are needed. "
                    + "Remedy: export in float32 (network.float())");
    }

    private NodeMetadata Input { get; }
    private NodeMetadata Output { get; }

    /// <summary>-1 where a side is dynamic.</summary>
    public IReadOnlyList<int> InputShape => Input.Dimensions;

    /// <summary>-1 where a side is dynamic; empty where the file does not say.</summary>
    public IReadOnlyList<int> OutputShape => Output.Dimensions;

    /// <param name="path">The file.</param>
    /// <param name="shown">Its name in messages.</param>
    /// <exception cref="ModelImportException">No ONNX file that runs here, or not one float input and one float output.</exception>
    public static NetworkProbe Open(string path, string shown)
    {
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, InterOpNumThreads = 1 };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", SessionSettings.NoFolder);
        InferenceSession session;
        try
        {
            // From memory: weights kept in a second file are not found this way, and a digest would not cover them.
            session = new InferenceSession(File.ReadAllBytes(path), options);
        }
        catch (OnnxRuntimeException broken)
        {
            throw new ModelImportException($"{shown} does not load: {broken.Message} Remedy: export it anew, with the weights in the one file (no "
                + "external data)", broken);
        }

        try
        {
            return new NetworkProbe(session, shown);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs the network on seeded numbers from -1 to 1.</summary>
    public GoldenPair Sample(IReadOnlyList<int> shape, CancellationToken cancellation)
    {
        ulong state = Seed;
        Int128 values = shape.Aggregate((Int128)1, (product, side) => product * side);
        if (values < 1 || values > MostValues)
            throw new ModelImportException($"{shown}: a sample of [{string.Join(", ", shape)}] is not to be had ({MostValues} values at most). Remedy: "
                + "give a golden pair of a smaller input");
        float[] input = new float[(int)values];
        // A plain 64-bit linear congruential generator (Knuth, MMIX): the same numbers on every machine and runtime.
        for (int i = 0; i < input.Length; i++)
        {
            state = state * 6364136223846793005 + 1442695040888963407;
            input[i] = (state >> 40) / (float)(1 << 23) - 1;
        }

        (int[] outputShape, float[] output) = Run([.. shape], input, cancellation);
        if (!output.All(float.IsFinite)) throw new ModelImportException($"{shown} gives values that are no numbers on a sample. Remedy: export it anew");
        return new GoldenPair([.. shape], input, outputShape, output);
    }

    /// <exception cref="ModelImportException">The network gives another output than the golden one.</exception>
    public void Check(GoldenPair golden, double tolerance, CancellationToken cancellation)
    {
        (int[] shape, float[] output) = Run(golden.InputShape, golden.Input, cancellation);
        if (!shape.SequenceEqual(golden.OutputShape))
            throw new ModelImportException($"{shown} gives the shape [{string.Join(", ", shape)}], its golden output has "
                + $"[{string.Join(", ", golden.OutputShape)}]. "
                + "Remedy: make the golden pair with the network that was exported");
        double worst = output.Concat(golden.Output).All(float.IsFinite) ? output.Zip(golden.Output, (a, b) => Math.Abs((double)a - b)).Max() : double.NaN;
        if (!(worst <= tolerance))
            throw new ModelImportException(FormattableString.Invariant(
                $"{shown} gives another output than its golden one: largest difference {worst:G3}, allowed {tolerance:G3}. ")
                + "Remedy: export anew, or make the golden pair with the network that was exported (in eval mode)");
    }

    public void Dispose() => session.Dispose();

    private (int[] Shape, float[] Values) Run(int[] shape, float[] values, CancellationToken cancellation)
    {
        using RunOptions options = new();
        using CancellationTokenRegistration stop = cancellation.Register(() => options.Terminate = true);
        using OrtValue tensor = OrtValue.CreateTensorValueFromMemory(values, [.. shape.Select(side => (long)side)]);
        try
        {
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, [session.InputNames[0]], [tensor], session.OutputNames);
            return ([.. outputs[0].GetTensorTypeAndShape().Shape.Select(side => checked((int)side))], outputs[0].GetTensorDataAsSpan<float>().ToArray());
        }
        catch (OnnxRuntimeException refused)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new ModelImportException($"{shown} does not run on an input of [{string.Join(", ", shape)}]: {refused.Message} "
                + "Remedy: export it for this patch, with only the batch dynamic", refused);
        }
    }
}
