namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>The mean over a square or cube of Size voxels a side. Unit: that of the image.</summary>
public sealed record MeanFilter(FilterDimension Dimension, int Size) : IbsiFilter(Dimension)
{
    public int Size { get; } = Size is > 0 and <= LineKernel.MaxReach && Size % 2 == 1
        ? Size
        : throw new RadiomicsException($"mean filter of {Size} voxels: must be odd, 1 to {LineKernel.MaxReach}");

    private protected override string Title => $"mean_{Dimensions}_m{Size}";

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation) =>
        Over(Patch.Whole(image), wanted, Dimension, Size, Boundary, cancellation).Values;

    internal static Patch Over(Patch source, Box wanted, FilterDimension dimension, int size, FilterBoundary boundary, CancellationToken cancellation)
    {
        var taps = new double[size];
        Array.Fill(taps, 1.0 / size);
        AxisKernels line = new(LineKernel.Centred(taps));
        SeparableTerm term = new(line, line, dimension == FilterDimension.Volume ? line : AxisKernels.Identity, 1);
        return SeparableSum.Mean(source, wanted, [term], boundary, cancellation);
    }
}
