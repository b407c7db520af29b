namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Laplacian of Gaussian: the sampled kernel (r^2 / sigma^4 - D / sigma^2) G_sigma(r) in D dimensions, cut off at
/// 4 sigma along each axis, floor(4 sigma + 1/2) voxels. Unit: that of the image over squared voxels.
/// </summary>
/// <remarks>
/// The kernel is a sum of D products of a second derivative along one axis and Gaussians along the others, each with sigma in voxels of its
/// own axis. Where the spacings differ, derivatives along y and z are taken per squared voxel of x, so that the sum is a Laplacian in mm.
/// Cut off, the kernel does not quite sum to 0; the reference values include what a constant image leaves: some 1e-4 of its
/// intensity a dimension at sigma 1.5 voxels.
/// </remarks>
public sealed record LaplacianOfGaussianFilter(FilterDimension Dimension, double SigmaMm) : IbsiFilter(Dimension)
{
    private const double CutOff = 4;

    /// <summary>Standard deviation of the Gaussian, mm.</summary>
    public double SigmaMm { get; } = Positive(SigmaMm, "LoG sigma");

    private protected override string Title => $"log_{Dimensions}_s{Text(SigmaMm)}";

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        double[] spacings = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        int dimensions = Dimension == FilterDimension.Volume ? 3 : 2;
        AxisKernels[] smooth = [.. spacings.Take(dimensions).Select(spacing => Kernel(spacing, derivative: false)), AxisKernels.Identity];
        List<SeparableTerm> terms = [];
        for (int axis = 0; axis < dimensions; axis++)
        {
            AxisKernels[] kernels = [.. smooth];
            kernels[axis] = Kernel(spacings[axis], derivative: true);
            terms.Add(new SeparableTerm(kernels[0], kernels[1], kernels[2], Math.Pow(grid.SpacingXMm / spacings[axis], 2)));
        }

        return SeparableSum.Mean(Patch.Whole(image), wanted, terms, Boundary, cancellation).Values;
    }

    private AxisKernels Kernel(double spacingMm, bool derivative)
    {
        double sigma = SigmaMm / spacingMm, variance = sigma * sigma;
        if (CutOff * sigma > LineKernel.MaxReach)
            throw new RadiomicsException($"LoG with sigma {Text(SigmaMm)} mm reaches {CutOff * sigma:F0} voxels of {Text(spacingMm)} mm, " +
                $"more than {LineKernel.MaxReach}: use a smaller sigma");
        int reach = (int)Math.Floor(CutOff * sigma + 0.5);
        var taps = new double[2 * reach + 1];
        for (int i = -reach; i <= reach; i++)
        {
            double gaussian = Math.Exp(-i * i / (2 * variance)) / (Math.Sqrt(2 * Math.PI) * sigma);
            taps[i + reach] = derivative ? (i * i / variance - 1) / variance * gaussian : gaussian;
        }

        return new AxisKernels(LineKernel.Centred(taps));
    }
}
