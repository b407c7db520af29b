namespace HematomaPacsAgent.Analysis.Models;

public enum SignState
{
    Absent,
    Indeterminate,
    Present,
}

/// <summary>One sign's answer.</summary>
/// <param name="Code">E.g. <c>blend-sign</c>.</param>
/// <param name="Probability">0 to 1, calibrated where the package says how.</param>
/// <param name="State">By the package's threshold and its indeterminate band.</param>
/// <param name="KeySlice">The slice the network looked at most closely: that of the largest area.</param>
public sealed record SignPrediction(string Code, double Probability, SignState State, int KeySlice);

/// <summary>Classifies the non-contrast CT signs of a hematoma from three pictures of it; see <c>sign_input</c> in models/training/phantoms.py.</summary>
public sealed class SignClassifier : IDisposable
{
    private readonly OnnxModel model;

    private SignClassifier(OnnxModel model) => this.model = model;

    public ModelPackage Package => model.Package;

    /// <exception cref="ModelPackageException">The package cannot be used; see <see cref="ModelPackage.Load(string, ModelKind)"/>.</exception>
    public static SignClassifier Load(string packageFolder, Inference inference) =>
        new(OnnxModel.Load(ModelPackage.Load(packageFolder, ModelKind.Signs), 0, inference));

    /// <param name="volume">A head CT.</param>
    /// <param name="hematoma">Its hematoma, not empty.</param>
    /// <param name="cancellation">Stops the network.</param>
    /// <exception cref="ArgumentException">The mask is empty.</exception>
    public IReadOnlyList<SignPrediction> Classify(Volume volume, Mask hematoma, CancellationToken cancellation)
    {
        (float[] logits, int key) = Logits(volume, hematoma, cancellation);
        return [.. Package.Manifest.Output.Classes.Select(output =>
        {
            double probability = Probability(logits[output.Index], output);
            return new SignPrediction(output.Key, probability, Decide(probability, output), key);
        })];
    }

    /// <summary>The network's own values, one for each channel, and the slice of the largest area.</summary>
    /// <inheritdoc cref="Classify"/>
    internal (float[] Values, int KeySlice) Logits(Volume volume, Mask hematoma, CancellationToken cancellation)
    {
        if (hematoma.IsEmpty) throw new ArgumentException("signs are classified on a hematoma; the mask is empty", nameof(hematoma));
        SliceGrid input = Grid(Package.Manifest);
        (float[] values, int key) = Views(volume, hematoma, input);
        float[] logits = model.Run(values, [1, 3, input.Size, input.Size], cancellation);
        if (logits.Length != Package.Manifest.Output.Channels)
            throw new ModelPackageException(
                $"{Package.PathOf(Package.Manifest.Files[0].Path)} gives {logits.Length} values, model.json names {Package.Manifest.Output.Channels} channels."
                + " Remedy: install the package anew");
        // No comparison holds for what is no number: such a sign would be absent.
        if (!logits.All(float.IsFinite))
            throw new ModelPackageException($"{Package.PathOf(Package.Manifest.Files[0].Path)} gives values that are no numbers on this hematoma: its result cannot be used");
        return (logits, key);
    }

    public void Dispose() => model.Dispose();

    private static SliceGrid Grid(ModelManifest manifest) =>
        new(manifest.Geometry.SpacingMm[1]!.Value, manifest.Inferer.Patch[0], manifest.Normalization.ClipHu);

    internal static double Probability(double logit, ModelClass output) => output.Calibration?.Probability(logit) ?? LogOdds.ToProbability(logit);

    internal static SignState Decide(double probability, ModelClass output)
    {
        double threshold = output.Threshold!.Value;
        (double low, double high) = output.IndeterminateBand is [var from, var to] ? (from, to)
            : (threshold - output.Indeterminate, threshold + output.Indeterminate);
        return probability > low && probability < high ? SignState.Indeterminate : probability >= threshold ? SignState.Present : SignState.Absent;
    }

    /// <summary>
    /// The largest slice; the lowest value under the mask over all slices with at least a third of the largest area; the mask's shadow. Cropped
    /// around it.
    /// </summary>
    internal static (float[] Values, int KeySlice) Views(Volume volume, Mask hematoma, SliceGrid input)
    {
        const int Field = 448; // the grid from which the crop is taken; wide enough for a head anywhere in a field of view of 50 cm
        ModelGrid grid = new(volume, input with { Size = Field });
        int slices = volume.Geometry.Slices, key = 0, keyArea = -1;
        bool[]?[] masks = new bool[]?[slices];
        int[] areas = new int[slices];
        for (int slice = 0; slice < slices; slice++)
        {
            if (hematoma.CountIn(slice) == 0) continue;
            masks[slice] = grid.Of(hematoma, slice);
            areas[slice] = masks[slice].AsSpan().Count(true);
            if (areas[slice] > keyArea) (key, keyArea) = (slice, areas[slice]);
        }

        float[] largest = grid.Normalised(key), lowest = new float[Field * Field], shadow = new float[Field * Field];
        Array.Fill(lowest, 1f);
        for (int slice = 0; slice < slices; slice++)
        {
            if (masks[slice] is not { } mask) continue;
            float[]? window = areas[slice] * 3 >= keyArea ? grid.Normalised(slice) : null;
            for (int i = 0; i < mask.Length; i++)
            {
                if (!mask[i]) continue;
                shadow[i] = 1;
                if (window is not null) lowest[i] = Math.Min(lowest[i], window[i]);
            }
        }

        (int left, int top) = Corner(shadow, Field, input.Size);
        float[] values = new float[3 * input.Size * input.Size];
        Cut(largest, 0, 0);
        Cut(lowest, 1, 1);
        Cut(shadow, 2, 0);
        return (values, key);

        void Cut(float[] picture, int channel, float fill)
        {
            Span<float> target = values.AsSpan(channel * input.Size * input.Size, input.Size * input.Size);
            for (int y = 0; y < input.Size; y++)
                for (int x = 0; x < input.Size; x++)
                {
                    int column = left + x, row = top + y;
                    target[y * input.Size + x] = column >= 0 && row >= 0 && column < Field && row < Field ? picture[row * Field + column] : fill;
                }
        }
    }

    private static (int Left, int Top) Corner(float[] shadow, int field, int size)
    {
        double sumX = 0, sumY = 0, count = 0;
        for (int i = 0; i < shadow.Length; i++)
            if (shadow[i] > 0) (sumX, sumY, count) = (sumX + i % field, sumY + i / field, count + 1);
        // A hematoma smaller than half a pixel of this grid leaves no shadow: look at the middle.
        if (count == 0) return ((field - size) / 2, (field - size) / 2);
        return ((int)Math.Round(sumX / count) - size / 2, (int)Math.Round(sumY / count) - size / 2);
    }
}
