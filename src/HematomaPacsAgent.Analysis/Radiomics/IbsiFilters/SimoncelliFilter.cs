namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Simoncelli's non-separable wavelet (IBSI LODD), band-pass map B: in the Fourier domain the image is multiplied with
/// cos(pi/2 log2(2 f / m)) where m/4 &lt; f &lt;= m, and with 0 elsewhere; f is the length of the frequency, 1 being the highest of an
/// axis, and m = 2^(1 - level). The response does not change with the direction of structures. Unit: that of the image.
/// </summary>
/// <remarks>The transform is that of the whole image, which repeats itself: opposite edges see each other. Frequencies are per voxel, so voxels
/// should be cubes (squares in 2D).</remarks>
public sealed record SimoncelliFilter(FilterDimension Dimension, int Level = 1) : IbsiFilter(Dimension)
{
    private const int MaxLevel = 8;

    public int Level { get; } = Level is >= 1 and <= MaxLevel
        ? Level
        : throw new RadiomicsException($"Simoncelli wavelet level {Level}: must be 1 to {MaxLevel}");

    private protected override string Title => $"simoncelli_{Dimensions}_l{Level}";

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        double widest = Math.Pow(2, 1 - Level);
        return new RealFourier(image, Dimension).Respond(wanted, Gain, cancellation);

        double Gain(double squaredFrequency)
        {
            if (squaredFrequency > widest * widest || squaredFrequency <= widest * widest / 16) return 0;
            return Math.Cos(Math.PI / 4 * Math.Log2(4 * squaredFrequency / (widest * widest)));
        }
    }
}
