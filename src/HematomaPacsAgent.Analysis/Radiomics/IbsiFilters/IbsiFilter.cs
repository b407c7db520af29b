using System.Globalization;

namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>Whether a filter sees each slice for itself or the whole volume.</summary>
public enum FilterDimension
{
    /// <summary>Slice by slice in the x-y plane.</summary>
    InPlane,

    /// <summary>In three dimensions.</summary>
    Volume,
}

/// <summary>How the responses to the turned filter become one.</summary>
public enum RotationPooling
{
    Mean,
    Max,
}

/// <summary>
/// A convolutional filter of the IBSI reference manual for image filters (Depeursinge et al., arXiv 2006.05470; Whybra et al., Radiology
/// 2024). A filter is a value, checked when it is made; its response is an image, whose intensity statistics are the features.
/// </summary>
public abstract record IbsiFilter
{
    private protected IbsiFilter(FilterDimension dimension) => Dimension = Defined(dimension);

    public FilterDimension Dimension { get; }

    /// <summary>What the filter sees beyond the image. The Simoncelli wavelet is periodic whatever this says.</summary>
    public FilterBoundary Boundary { get; init => field = Defined(value); } = FilterBoundary.Mirror;

    /// <summary>Short name for columns, such as <c>log_3D_s1.5</c>; different settings have different names.</summary>
    public string Name => Boundary == FilterBoundary.Mirror ? Title : $"{Title}_{Boundary.ToString().ToLowerInvariant()}";

    private protected abstract string Title { get; }

    private protected string Dimensions => Dimension == FilterDimension.Volume ? "3D" : "2D";

    /// <summary>The response in the box wanted, x fastest: exactly what the whole image's response has there.</summary>
    /// <exception cref="RadiomicsException">The box is empty or leaves the image, or the kernel would be too large for its spacing.</exception>
    internal double[] Respond(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        if (wanted.SizeX < 1 || wanted.SizeY < 1 || wanted.SizeZ < 1 || wanted.X < 0 || wanted.Y < 0 || wanted.Z < 0
            || wanted.X > grid.SizeX - wanted.SizeX || wanted.Y > grid.SizeY - wanted.SizeY || wanted.Z > grid.SizeZ - wanted.SizeZ)
            throw new RadiomicsException(
                $"{wanted} is empty or leaves the image of {grid.SizeX} x {grid.SizeY} x {grid.SizeZ} voxels: ask for a box inside it");
        cancellation.ThrowIfCancellationRequested();
        return Compute(image, wanted, cancellation);
    }

    private protected abstract double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation);

    private protected static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private protected static T Defined<T>(T value) where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw new RadiomicsException($"no {typeof(T).Name} {value}: use one of {string.Join(", ", Enum.GetNames<T>())}");

    private protected static T? Defined<T>(T? value) where T : struct, Enum => value is { } given ? Defined(given) : null;

    private protected static double Positive(double value, string what) => value > 0 && double.IsFinite(value)
        ? value
        : throw new RadiomicsException($"{what} {Text(value)}: must be finite and above 0");
}
