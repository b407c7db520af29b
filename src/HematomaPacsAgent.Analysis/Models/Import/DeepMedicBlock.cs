namespace HematomaPacsAgent.Analysis.Models.Import;

/// <summary>
/// One block of DeepMedic: batch norm, written as <c>Scale · x + Shift</c> → PReLU with one slope → convolution without bias; where it has as many
/// outputs as inputs, its input is added.
/// </summary>
/// <param name="Scale">Of each input channel.</param>
/// <param name="Shift">Of each input channel.</param>
/// <param name="Weight">[outputs, inputs, kernel voxels].</param>
/// <param name="Kernel">Voxels on a side of the kernel, 3 or 1.</param>
/// <param name="Residual">As published, before channels are left out: what is left may be equal in number by chance.</param>
internal sealed record DeepMedicBlock(double[] Scale, double[] Shift, double Slope, double[][][] Weight, int Kernel, bool Residual)
{
    private const double Epsilon = 1e-5; // torch.nn.BatchNorm3d

    /// <summary>
    /// Smaller weights are none. Training with weight decay left whole channels with weights around 1e-40: they add nothing, but a processor takes many
    /// times as long for such denormal numbers as for others.
    /// </summary>
    private const double Nothing = 1e-15;

    // Beyond these a folded shift or slope would cost accuracy.
    private const double LargestShift = 32, SmallestSlope = 1e-6;

    public int Inputs => Scale.Length;
    public int Outputs => Weight.Length;

    /// <summary>
    /// Whether scale and shift can move into the convolutions before and after: <c>PReLU(a·x + b) = a·PReLU(x + b/a)</c> for a above 0, and with the slope
    /// turned over for a below 0.
    /// </summary>
    public bool Foldable => Math.Abs(Slope) > SmallestSlope
        && Scale.Zip(Shift).All(pair => pair.First != 0 && Math.Abs(pair.Second / pair.First) <= LargestShift);

    /// <summary>What is added to the block's input by what comes before it, if it is folded.</summary>
    public double[] FoldedShift => Foldable ? [.. Scale.Zip(Shift, (a, b) => b / a)] : new double[Inputs];

    /// <exception cref="InvalidDataException">A tensor is missing, of another shape, or not finite.</exception>
    public static DeepMedicBlock Read(IReadOnlyDictionary<string, TorchTensor> weights, string name, int inputs, int kernel)
    {
        double[] gamma = Get("bn.weight", inputs), beta = Get("bn.bias", inputs);
        double[] mean = Get("bn.running_mean", inputs), variance = Get("bn.running_var", inputs);
        if (variance.Any(v => v < 0)) throw new InvalidDataException($"{name}.bn.running_var is below 0");
        double[] scale = [.. gamma.Zip(variance, (g, v) => g / Math.Sqrt(v + Epsilon))];
        double[] shift = [.. beta.Select((b, i) => b - mean[i] * scale[i])];
        int outputs = weights.TryGetValue($"{name}.conv.weight", out TorchTensor? tensor) && tensor.Shape.Length == 5 ? tensor.Shape[0] : 0;
        if (outputs is < 1 or > 4096) throw new InvalidDataException($"{name}.conv.weight is missing or no 3D convolution");
        int voxels = kernel * kernel * kernel;
        double[] flat = Get("conv.weight", outputs, inputs, kernel, kernel, kernel);
        double[][][] kernels = [.. Enumerable.Range(0, outputs).Select(o => Enumerable.Range(0, inputs)
            .Select(i => flat.AsSpan((o * inputs + i) * voxels, voxels).ToArray().Select(w => Math.Abs(w) < Nothing ? 0 : w).ToArray()).ToArray())];
        return new DeepMedicBlock(scale, shift, Get("prelu.weight", 1)[0], kernels, kernel, Residual: inputs == outputs);

        double[] Get(string part, params int[] shape)
        {
            string key = $"{name}.{part}";
            if (!weights.TryGetValue(key, out TorchTensor? found)) throw new InvalidDataException($"the tensor {key} is missing");
            if (!found.Shape.SequenceEqual(shape))
                throw new InvalidDataException($"{key} is {string.Join(" x ", found.Shape)} where {string.Join(" x ", shape)} is needed");
            return found.Values.All(float.IsFinite) ? [.. found.Values.Select(v => (double)v)] : throw new InvalidDataException($"{key} is not finite");
        }
    }

    /// <summary>Which inputs change any output (a residual sum left aside).</summary>
    public bool[] Used() => [.. Enumerable.Range(0, Inputs).Select(i => Weight.Any(output => output[i].Any(w => w != 0)))];

    /// <summary>The block with some of its channels only.</summary>
    public DeepMedicBlock Keep(int[] inputs, int[] outputs) => this with
    {
        Scale = [.. inputs.Select(i => Scale[i])],
        Shift = [.. inputs.Select(i => Shift[i])],
        Weight = [.. outputs.Select(o => inputs.Select(i => Weight[o][i]).ToArray())],
    };

    /// <summary>Slope of each channel once scale and shift are folded.</summary>
    public float[] FoldedSlopes() => [.. Scale.Select(a => (float)(Foldable && a < 0 ? 1 / Slope : Slope))];

    /// <summary>The weights once scale is folded into them.</summary>
    public float[] FoldedWeights() => [.. Weight.SelectMany(output => output.SelectMany((kernel, i) =>
        kernel.Select(w => Finite(!Foldable ? w : Scale[i] > 0 ? w * Scale[i] : w * Scale[i] * Slope))))];

    /// <summary>No denormal number comes of folding either.</summary>
    private static float Finite(double w) => Math.Abs(w) < 1e-30 ? 0 : (float)w;
}
