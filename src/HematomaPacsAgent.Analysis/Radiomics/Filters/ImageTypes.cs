namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>An image to take features from, made when it is asked for.</summary>
/// <param name="Type">The entry it comes from, for settings of its own.</param>
/// <param name="Prefix">What PyRadiomics puts before the feature's name: <c>original</c>, <c>wavelet-LLH</c>, <c>log-sigma-1-0-mm-3D</c> …</param>
/// <param name="Compute">The response in the wanted box, x fastest: what filtering the whole image gives there. Safe to call from several threads,
/// each image's on its own; single-threaded inside.</param>
internal sealed record FilteredImage(ImageType Type, string Prefix, Func<CancellationToken, double[]> Compute);

/// <param name="Images">In the order in which PyRadiomics yields them.</param>
/// <param name="Warnings">Which images are missing, and why.</param>
internal sealed record FilteredImages(IReadOnlyList<FilteredImage> Images, IReadOnlyList<string> Warnings);

/// <summary>
/// PyRadiomics' image types (Python module <c>radiomics.imageoperations</c>): the names of their images, and how each is made. Nothing is computed
/// here yet; each filter reads only as much of the image as the wanted box depends on.
/// </summary>
internal static class ImageTypes
{
    /// <summary>Why <c>LBP3D</c> is not among the image types.</summary>
    public const string Lbp3DNotSupported = "image type LBP3D is not supported: leave it out, or use LBP2D";

    /// <summary>Most memory one filter may take, bytes.</summary>
    public const long MaxBytes = 2L << 30;

    /// <summary>The prefixes that image types give, whatever the image; one too small for a sigma lacks its image.</summary>
    public static IReadOnlyList<string> Prefixes(IEnumerable<ImageType> types)
    {
        // Names do not depend on the image. LoG's are made here, since this one is too small for it.
        ScalarImage any = new(new ImageGrid(2, 2, 2, 1, 1, 1), new double[8]);
        return [.. types.SelectMany(type => type is ImageType.LaplacianOfGaussian log
            ? log.Sigmas.Select(Prefix)
            : Of(any, any.Grid.Whole, [type]).Images.Select(image => image.Prefix))];
    }

    /// <param name="image">The whole image.</param>
    /// <param name="wanted">The region's bounding box.</param>
    /// <exception cref="RadiomicsException">The box is not inside the image.</exception>
    public static FilteredImages Of(ScalarImage image, Box wanted, IEnumerable<ImageType> types)
    {
        ImageGrid grid = image.Grid;
        if (wanted.X < 0 || wanted.Y < 0 || wanted.Z < 0 || wanted.SizeX < 1 || wanted.SizeY < 1 || wanted.SizeZ < 1
            || wanted.X > grid.SizeX - wanted.SizeX || wanted.Y > grid.SizeY - wanted.SizeY || wanted.Z > grid.SizeZ - wanted.SizeZ)
            throw new RadiomicsException($"box {wanted} is not inside the image of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels");
        IntensityMaps maps = new(image, wanted);
        List<FilteredImage> images = [];
        List<string> warnings = [];
        foreach (ImageType type in types)
            switch (type)
            {
                case ImageType.Original: Add(type, "original", _ => wanted.Cut<double>(image.Voxels, grid.SizeX, grid.SizeY)); break;
                case ImageType.Square: Add(type, "square", maps.Square); break;
                case ImageType.SquareRoot: Add(type, "squareroot", maps.SquareRoot); break;
                case ImageType.Logarithm: Add(type, "logarithm", maps.Logarithm); break;
                case ImageType.Exponential: Add(type, "exponential", maps.Exponential); break;
                case ImageType.Gradient gradient:
                    Add(type, "gradient", token => GradientMagnitude.Compute(image, wanted, gradient.UseSpacing, token));
                    break;
                case ImageType.LaplacianOfGaussian log:
                    foreach (LogSigma sigma in log.Sigmas) AddLog(log, sigma);
                    break;
                case ImageType.Wavelet wavelet:
                    foreach ((string prefix, Func<CancellationToken, double[]> compute) in StationaryWavelet.Bands(image, wanted, wavelet))
                        Add(type, prefix, compute);
                    break;
                case ImageType.LocalBinaryPattern2D lbp:
                    ImageType.LocalBinaryPattern2D typed = lbp with { WholeNumbers = lbp.WholeNumbers || image.WholeNumbers };
                    Add(type, "lbp-2D", token => LocalBinaryPattern.Compute(image, wanted, typed, token));
                    break;
                default: throw new RadiomicsException($"image type {type.Name} is not supported");
            }

        return new FilteredImages(images, warnings);

        void Add(ImageType type, string prefix, Func<CancellationToken, double[]> compute) => images.Add(new FilteredImage(type, prefix, compute));

        void AddLog(ImageType.LaplacianOfGaussian type, LogSigma sigma)
        {
            if (LaplacianOfGaussian.WhyNot(grid, sigma.Mm) is { } reason) warnings.Add(reason);
            else Add(type, Prefix(sigma), token => LaplacianOfGaussian.Compute(image, wanted, sigma.Mm, token));
        }
    }

    private static string Prefix(LogSigma sigma) => $"log-sigma-{sigma.Written.Replace('.', '-')}-mm-3D";

    /// <summary>Refuses what would take too much memory, before any is taken.</summary>
    /// <exception cref="RadiomicsException">More than <see cref="MaxBytes"/>.</exception>
    public static void CheckMemory(string what, Int128 doubles)
    {
        if (doubles * sizeof(double) > MaxBytes)
            throw new RadiomicsException($"{what} needs {doubles * sizeof(double) >> 20} MiB, more than {MaxBytes >> 20}: crop or resample the region first");
    }
}
