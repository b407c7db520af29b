using System.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Spatial autocorrelation of the intensities x of a region's N voxels (IBSI morphology HCUG), d = x - mean(x), w_ij =
/// 1 / distance of voxels i and j in mm, W = sum of w over all i != j. Moran's I = N / W sum(w_ij d_i d_j) / sum(d_i^2); Geary's C = (N - 1) /
/// (2 W) sum(w_ij (x_i - x_j)^2) / sum(d_i^2).
/// </summary>
internal static class SpatialCorrelation
{
    public static readonly IReadOnlyList<Feature<SpatialCorrelationMeasures>> Features =
    [
        new(null, "morph_moran_i", "N365", "1", m => m.Voxels / m.Weights * m.Products / m.Squares),
        new(null, "morph_geary_c", "NPT7", "1", m => (m.Voxels - 1) / (2 * m.Weights) * m.Differences / m.Squares),
    ];

    /// <summary>Complex numbers of one padded grid; two are held at a time, so this is 1 GB.</summary>
    private const long MostCells = 1L << 25;

    /// <summary>A cell of the padded grid costs as much time as this many pairs.</summary>
    private const long PairsPerCell = 50;

    /// <summary>Pairs looked at one by one where the padded grid would be too large: some seconds.</summary>
    private const double MostPairs = 1e9;

    /// <summary>
    /// Exact for any size of region: small ones pair by pair, others as correlations by Fourier transform on the box padded to twice its
    /// size, where no offset wraps round.
    /// </summary>
    /// <param name="grid">Sizes and spacing of the box.</param>
    /// <param name="mask">Flags of the intensity mask.</param>
    /// <param name="intensities">One value a voxel of the box, finite where the mask is set.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="RadiomicsException">The mask is empty, or the padded box would take more than 1 GB and the pairs too long.</exception>
    public static SpatialCorrelationMeasures Measure(ImageGrid grid, ReadOnlySpan<bool> mask, ReadOnlySpan<double> intensities, CancellationToken cancellation)
    {
        if (mask.Length != grid.Count || intensities.Length != grid.Count)
            throw new RadiomicsException($"{intensities.Length} intensities and {mask.Length} flags for {grid.Count} voxels");
        Box box = Box.Around(mask, grid.SizeX, grid.SizeY, grid.SizeZ);
        bool[] inside = box.Cut(mask, grid.SizeX, grid.SizeY);
        double[] deviations = Deviations(inside, box.Cut(intensities, grid.SizeX, grid.SizeY));
        ImageGrid cut = grid.Crop(box);
        long cells = Padded.Length(box.SizeX) * Padded.Length(box.SizeY) * Padded.Length(box.SizeZ);
        double voxels = inside.AsSpan().Count(true), pairs = voxels * (voxels - 1) / 2;
        if (pairs <= Math.Min(MostPairs, (double)cells * PairsPerCell) || (cells > MostCells && pairs <= MostPairs))
            return PairByPair(cut, inside, deviations, cancellation);
        if (cells > MostCells)
            throw new RadiomicsException($"Moran's I and Geary's C of {voxels} voxels in a box of {box.SizeX} x {box.SizeY} x {box.SizeZ} would take " +
                $"{cells * 32.0 / (1 << 30):F1} GB of memory, at most {MostCells * 32 / (1 << 30)} allowed: resample the region to larger voxels");
        return ByFourier(cut, inside, deviations, cancellation);
    }

    /// <summary>The definition, term by term.</summary>
    internal static SpatialCorrelationMeasures PairByPair(ImageGrid grid, ReadOnlySpan<bool> inside, ReadOnlySpan<double> deviations,
        CancellationToken cancellation)
    {
        int n = inside.Count(true), k = 0;
        (double[] x, double[] y, double[] z, double[] d) = (new double[n], new double[n], new double[n], new double[n]);
        for (int i = 0; i < inside.Length; i++)
        {
            if (!inside[i]) continue;
            (x[k], y[k]) = (i % grid.SizeX * grid.SpacingXMm, i / grid.SizeX % grid.SizeY * grid.SpacingYMm);
            (z[k], d[k++]) = (i / grid.SizeX / grid.SizeY * grid.SpacingZMm, deviations[i]);
        }

        double weights = 0, products = 0, differences = 0, squares = 0;
        for (int i = 0; i < n; i++)
        {
            if (i % 256 == 0) cancellation.ThrowIfCancellationRequested();
            squares += d[i] * d[i];
            double rowWeights = 0, rowProducts = 0, rowDifferences = 0;
            for (int j = 0; j < i; j++)
            {
                double dx = x[i] - x[j], dy = y[i] - y[j], dz = z[i] - z[j], w = 1 / Math.Sqrt(dx * dx + dy * dy + dz * dz), difference = d[i] - d[j];
                rowWeights += w;
                rowProducts += w * d[j];
                rowDifferences += w * difference * difference;
            }

            (weights, products, differences) = (weights + rowWeights, products + rowProducts * d[i], differences + rowDifferences);
        }

        return new SpatialCorrelationMeasures(n, 2 * weights, 2 * products, 2 * differences, squares);
    }

    /// <summary>
    /// With m the mask and K(o) = 1 / |o mm|, K(0) = 0: W = sum m (K * m), sum w d d = sum d (K * d), and sum w (d_i - d_j)^2 = 2 sum(m (K *
    /// d^2)) - 2 sum w d d. By Parseval the sums are taken in Fourier space, where two transforms hold four real grids: m + i d and d^2 + i K.
    /// </summary>
    internal static SpatialCorrelationMeasures ByFourier(ImageGrid grid, ReadOnlySpan<bool> inside, ReadOnlySpan<double> deviations,
        CancellationToken cancellation)
    {
        Padded padded = new(grid);
        double squares = 0;
        foreach (double d in deviations) squares += d * d;
        double n = inside.Count(true), scale = squares > 0 ? Math.Sqrt(n / squares) : 1;
        var signals = new Complex[padded.Cells];
        var others = new Complex[padded.Cells];
        padded.FillKernel(others, cancellation);
        for (int z = 0, i = 0; z < grid.SizeZ; z++)
            for (int y = 0; y < grid.SizeY; y++)
                for (int x = 0, at = (z * padded.Y + y) * padded.X; x < grid.SizeX; x++, i++, at++)
                {
                    if (!inside[i]) continue;
                    double d = deviations[i] * scale;
                    signals[at] = new Complex(1, d);
                    others[at] = new Complex(d * d, others[at].Imaginary);
                }

        Fourier3.Forward(signals, padded.X, padded.Y, padded.Z, cancellation);
        Fourier3.Forward(others, padded.X, padded.Y, padded.Z, cancellation);
        double weights = 0, products = 0, mixed = 0;
        for (int z = 0, i = 0; z < padded.Z; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int y = 0; y < padded.Y; y++)
            {
                int mirrored = ((padded.Z - z) % padded.Z * padded.Y + (padded.Y - y) % padded.Y) * padded.X;
                for (int x = 0; x < padded.X; x++, i++)
                {
                    int j = mirrored + ((padded.X - x) & (padded.X - 1));
                    (Complex m, Complex d) = Parts(signals[i], signals[j]);
                    (Complex dd, Complex kernel) = Parts(others[i], others[j]);
                    // K is even, so its transform is real.
                    double k = kernel.Real;
                    weights += k * (m.Real * m.Real + m.Imaginary * m.Imaginary);
                    products += k * (d.Real * d.Real + d.Imaginary * d.Imaginary);
                    mixed += k * (m.Real * dd.Real + m.Imaginary * dd.Imaginary);
                }
            }
        }

        double square = scale * scale;
        (weights, products, mixed) = (weights / padded.Cells, products / padded.Cells / square, mixed / padded.Cells / square);
        return new SpatialCorrelationMeasures(n, weights, products, 2 * (mixed - products), squares);
    }

    /// <summary>Transforms of a and b out of the one of a + i b at a frequency and at its negative.</summary>
    private static (Complex Real, Complex Imaginary) Parts(Complex at, Complex opposite) =>
        (new((at.Real + opposite.Real) / 2, (at.Imaginary - opposite.Imaginary) / 2),
            new((at.Imaginary + opposite.Imaginary) / 2, (opposite.Real - at.Real) / 2));

    internal static double[] Deviations(ReadOnlySpan<bool> inside, double[] intensities)
    {
        double sum = 0;
        for (int i = 0; i < inside.Length; i++)
            if (inside[i]) sum += intensities[i];
        double mean = sum / inside.Count(true);
        for (int i = 0; i < inside.Length; i++) intensities[i] = inside[i] ? intensities[i] - mean : 0;
        return intensities;
    }

    /// <summary>A grid of powers of two, at least twice as long as the box less one along each axis.</summary>
    private readonly struct Padded(ImageGrid grid)
    {
        public int X { get; } = (int)Length(grid.SizeX);
        public int Y { get; } = (int)Length(grid.SizeY);
        public int Z { get; } = (int)Length(grid.SizeZ);

        public int Cells => X * Y * Z;

        public static long Length(int size) => (long)BitOperations.RoundUpToPowerOf2((ulong)(2L * size - 1));

        /// <summary>The kernel as imaginary part; an offset below 0 is counted from the end.</summary>
        public void FillKernel(Complex[] cells, CancellationToken cancellation)
        {
            for (int z = 0, i = 0; z < Z; z++)
            {
                cancellation.ThrowIfCancellationRequested();
                double dz = Math.Min(z, Z - z) * grid.SpacingZMm;
                for (int y = 0; y < Y; y++)
                {
                    double dy = Math.Min(y, Y - y) * grid.SpacingYMm, square = dy * dy + dz * dz;
                    for (int x = 0; x < X; x++, i++)
                    {
                        double dx = Math.Min(x, X - x) * grid.SpacingXMm;
                        if (i > 0) cells[i] = new Complex(0, 1 / Math.Sqrt(dx * dx + square));
                    }
                }
            }
        }
    }
}

/// <param name="Voxels">N.</param>
/// <param name="Weights">W, 1/mm.</param>
/// <param name="Products">sum(w_ij d_i d_j).</param>
/// <param name="Differences">sum(w_ij (x_i - x_j)^2).</param>
/// <param name="Squares">sum(d_i^2).</param>
internal sealed record SpatialCorrelationMeasures(double Voxels, double Weights, double Products, double Differences, double Squares);
