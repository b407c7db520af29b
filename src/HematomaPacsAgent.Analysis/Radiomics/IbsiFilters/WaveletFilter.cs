namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>Families of orthogonal wavelets.</summary>
public enum WaveletFamily
{
    Haar,

    /// <summary>Daubechies' wavelet with two vanishing moments, four taps.</summary>
    Daubechies2,

    /// <summary>Daubechies' wavelet with three vanishing moments, six taps.</summary>
    Daubechies3,

    /// <summary>Coiflet with two vanishing moments, six taps.</summary>
    Coiflet1,
}

/// <summary>
/// Separable undecimated wavelet: a low-pass (L) or high-pass (H) kernel along x, y (and z), as the map's letters say.
/// Level j filters the low-pass response of level j - 1 with kernels that have 2^(j - 1) - 1 zeros between taps (algorithme à trous). With
/// rotation invariance the responses to the whole cascade turned by right angles are pooled. Unit: that of the image.
/// </summary>
public sealed record WaveletFilter(FilterDimension Dimension, WaveletFamily Family, string Map, int Level = 1) : IbsiFilter(Dimension)
{
    private const int MaxLevel = 6;

    /// <summary>L or H for x, y (and z): LH, HHH.</summary>
    public string Map { get; } = Map.Length == (Dimension == FilterDimension.Volume ? 3 : 2) && Map.All(letter => letter is 'L' or 'H')
        ? Map
        : throw new RadiomicsException($"wavelet map '{Map}': needs {(Dimension == FilterDimension.Volume ? "three letters" : "two letters")}, each L or H");

    /// <summary>Level of the decomposition, from 1.</summary>
    public int Level { get; } = Level is >= 1 and <= MaxLevel
        ? Level
        : throw new RadiomicsException($"wavelet level {Level}: must be 1 to {MaxLevel}");

    public WaveletFamily Family { get; } = Defined(Family);

    /// <summary>How the turned responses become one; unset: no turning.</summary>
    public RotationPooling? Rotations { get; init => field = Defined(value); }

    private protected override string Title =>
        $"wavelet_{Dimensions}_{FamilyName}_{Map}_l{Level}" +
        $"{Rotations switch { null => "", RotationPooling.Max => "_rotmax", _ => "_rotmean" }}";

    private string FamilyName => Family switch
    {
        WaveletFamily.Haar => "haar",
        WaveletFamily.Daubechies2 => "db2",
        WaveletFamily.Daubechies3 => "db3",
        _ => "coif1",
    };

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        double[] low = LowPass(Family);
        // The high-pass kernel is the low-pass one backwards with alternating signs.
        double[] high = [.. low.Select((_, k) => (k % 2 == 0 ? -1 : 1) * low[^(k + 1)])];
        AxisKernels[] kernels = [.. Map.Select(letter => Cascade(letter == 'L' ? low : high, low))];
        IReadOnlyList<SeparableTerm> terms = RightAngles.Terms(kernels, Rotations);
        return SeparableSum.Pool(Patch.Whole(image), wanted, terms, Boundary, Rotations ?? RotationPooling.Mean, cancellation).Values;
    }

    private AxisKernels Cascade(double[] last, double[] low) =>
        new([.. Enumerable.Range(1, Level).Select(level => LineKernel.Centred(level == Level ? last : low).Dilated(1 << level - 1))]);

    /// <summary>Decomposition low-pass kernels with sum sqrt(2), as they are convolved.</summary>
    private static double[] LowPass(WaveletFamily family)
    {
        // Closed forms of the scaling coefficients: Daubechies, Ten Lectures on Wavelets (1992); here last one first.
        (double three, double seven, double ten) = (Math.Sqrt(3), Math.Sqrt(7), Math.Sqrt(10));
        (double root, double scale) = (Math.Sqrt(5 + 2 * ten), 16 * Math.Sqrt(2));
        double[] unscaled = family switch
        {
            WaveletFamily.Haar => [16, 16],
            WaveletFamily.Daubechies2 => [4 - 4 * three, 12 - 4 * three, 12 + 4 * three, 4 + 4 * three],
            WaveletFamily.Daubechies3 =>
                [1 + ten - root, 5 + ten - 3 * root, 10 - 2 * ten - 2 * root, 10 - 2 * ten + 2 * root, 5 + ten + 3 * root, 1 + ten + root],
            _ => [seven - 3, 1 - seven, 14 - 2 * seven, 14 + 2 * seven, 5 + seven, 1 - seven],
        };
        return [.. unscaled.Select(tap => tap / scale)];
    }
}
