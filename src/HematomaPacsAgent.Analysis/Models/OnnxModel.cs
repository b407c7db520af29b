using System.Runtime.CompilerServices;

// The process of the models is tested end to end, down to single runs.
[assembly: InternalsVisibleTo("HematomaPacsAgent.EndToEnd.Tests")]

namespace HematomaPacsAgent.Analysis.Models;

/// <summary>An ONNX model with one float input and one float output, its first dimension the batch.</summary>
internal sealed class OnnxModel : IDisposable
{
    private static int numbers;

    private readonly Inference inference;
    private readonly ModelFile file;
    private readonly Dictionary<string, long> fullBatches = [];

    private OnnxModel(ModelPackage package, ModelFile file, Inference inference)
    {
        (Package, this.file, this.inference) = (package, file, inference);
        Source = new ModelSource(Interlocked.Increment(ref numbers), package.PathOf(file.Path), file.Sha256);
    }

    public ModelPackage Package { get; }

    /// <summary>What runs it now.</summary>
    public InferenceRun Device { get; set; } = new("none", "", null, "");

    internal ModelSource Source { get; }

    /// <summary>Where it is open; null where it is not.</summary>
    internal IModelHost? OpenIn { get; set; }

    /// <summary>Whether it has given its golden output.</summary>
    internal bool IsProven { get; set; }

    /// <summary>Most items at once that memory was enough for.</summary>
    internal long LargestBatch { get; set; } = long.MaxValue;

    /// <summary>Loads the model and holds it against its golden output, on the device that will run it.</summary>
    /// <exception cref="ModelPackageException">The device is not to be had, or the model gives another output here than in training.</exception>
    /// <exception cref="InferenceException">It cannot be run now.</exception>
    public static OnnxModel Load(ModelPackage package, int member, Inference inference)
    {
        ArgumentNullException.ThrowIfNull(inference);
        OnnxModel model = new(package, package.Manifest.Files[member], inference);
        try
        {
            inference.Add(model, CancellationToken.None);
            return model;
        }
        catch (InferenceException refused) when (refused.InnerException is InferenceFault { Kind: FaultKind.Refused })
        {
            throw new ModelPackageException($"{model.Source.Path} does not load, or does not run on its golden input: {refused.Message} Remedy: install the package anew", refused);
        }
    }

    /// <summary>Runs a batch.</summary>
    /// <param name="values">Values of the batch.</param>
    /// <param name="shape">Batch first.</param>
    /// <param name="cancellation">Ends the run between two of its operators.</param>
    /// <returns>The output, the caller's own: later runs do not touch it.</returns>
    /// <exception cref="ArgumentException">Shape and values disagree.</exception>
    /// <exception cref="InferenceException">It cannot be run now; another attempt later may succeed.</exception>
    public float[] Run(float[] values, long[] shape, CancellationToken cancellation)
    {
        if (shape.Length == 0 || shape.Any(length => length < 1)
            || shape.Aggregate((Int128)1, (product, length) => product * length) != values.Length)
            throw new ArgumentException($"{values.Length} values do not fill the shape {string.Join(" x ", shape)}", nameof(values));
        return inference.Run(this, values, shape, cancellation);
    }

    public void Dispose() => inference.Remove(this);

    /// <summary>Largest batch seen so far of items of this shape.</summary>
    internal long FullBatch(long[] shape)
    {
        string item = string.Join('x', shape[1..]);
        return fullBatches[item] = Math.Max(shape[0], fullBatches.GetValueOrDefault(item));
    }

    internal void CheckGolden(Func<float[], long[], float[]> run)
    {
        (int[] shape, float[] values) = NpyFile.Read(Path.Combine(Package.Folder, file.GoldenInput));
        (int[] answer, float[] expected) = NpyFile.Read(Path.Combine(Package.Folder, file.GoldenOutput));
        if (values.Length == 0 || shape.Length == 0)
            throw new ModelPackageException($"{Package.PathOf(file.GoldenInput)} is empty. Remedy: install the package anew");
        int context = 2 * Package.Manifest.Inferer.Context;
        int[] wanted = [shape[0], Package.Manifest.Output.Channels, .. Package.Manifest.Kind == ModelKind.Signs ? [] : shape.Skip(2).Select(side => side - context)];
        if (!answer.SequenceEqual(wanted))
            throw new ModelPackageException($"{Package.PathOf(file.GoldenOutput)} has the shape [{string.Join(", ", answer)}], where batch, channels and patch of model.json "
                + $"make [{string.Join(", ", wanted)}]. Remedy: export the network with channels first, or correct output.channels and inferer.context");
        float[] output = run(values, [.. shape.Select(n => (long)n)]);
        // Max would pass over values that are no numbers.
        double worst = output.Length == expected.Length ? output.Zip(expected, (a, b) => Math.Abs((double)a - b)).Aggregate(0.0, (most, d) => d <= most ? most : d)
            : double.PositiveInfinity;
        if (output.Concat(expected).Any(value => !float.IsFinite(value))) worst = double.NaN;
        if (!(worst <= file.GoldenTolerance))
            throw new ModelPackageException(FormattableString.Invariant(
                $"{Package.PathOf(file.Path)} gives another output here than in training (on {Device}; largest difference {worst:G3}, allowed {file.GoldenTolerance:G3}): it must not be used on this machine"));
    }
}
