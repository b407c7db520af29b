using System.Numerics;
using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// PyRadiomics <c>log-sigma-…</c>, ITK's LaplacianRecursiveGaussianImageFilter normalised across scale: sigma^2 (Gxx Gy Gz + Gx Gyy Gz + Gx Gy Gzz) f,
/// by recursive filters along each axis (<see cref="RecursiveGaussian"/>); beyond the image its edge voxel goes on. Unit: the image's.
/// </summary>
/// <remarks>
/// ITK keeps single precision between its nine passes over the whole image and orders them differently for each derivative; here every value is a double,
/// so that the two agree to ITK's own rounding, about 1e-7 of the image's range. Each slice goes along y, then x, and only what lies in the wanted box is
/// kept for the pass along z. The passes share their recursions: five runs instead of nine, each only as far as the box and the filters' tails reach.
/// </remarks>
internal static class LaplacianOfGaussian
{
    // The tails fall by e^-1.3732 a sigma: what lies 20 sigma off the box weighs 1e-12.
    private const double TailSigmas = 20;

    private const int FewestVoxels = 4;

    /// <summary>Why PyRadiomics gives no image for this width; null if it does.</summary>
    public static string? WhyNot(ImageGrid grid, double sigmaMm)
    {
        string size = $"{grid.SizeX} x {grid.SizeY} x {grid.SizeZ}";
        if (!(sigmaMm > 0)) return $"no LoG image for sigma {sigmaMm} mm: sigma must be above 0";
        if (Math.Min(grid.SizeX, Math.Min(grid.SizeY, grid.SizeZ)) < FewestVoxels)
            return $"no LoG image for sigma {sigmaMm} mm: the image has {size} voxels, and the filter needs {FewestVoxels} along each axis";
        return Fits(grid.SizeX, grid.SpacingXMm) && Fits(grid.SizeY, grid.SpacingYMm) && Fits(grid.SizeZ, grid.SpacingZMm)
            ? null
            : $"no LoG image for sigma {sigmaMm} mm: an image of {size} voxels is too small; along each axis it must have sigma / spacing + 1";

        bool Fits(int voxels, double spacingMm) => voxels >= Math.Ceiling(sigmaMm / spacingMm) + 1;
    }

    /// <exception cref="RadiomicsException">The box needs too much memory.</exception>
    public static double[] Compute(ScalarImage image, Box wanted, double sigmaMm, CancellationToken cancellation)
    {
        ImageGrid grid = image.Grid;
        RecursiveGaussian alongX = new(sigmaMm, grid.SpacingXMm), alongY = new(sigmaMm, grid.SpacingYMm), alongZ = new(sigmaMm, grid.SpacingZMm);
        Box read = wanted.Grown(Tail(grid.SpacingXMm, grid.SizeX), Tail(grid.SpacingYMm, grid.SizeY), Tail(grid.SpacingZMm, grid.SizeZ),
            grid.SizeX, grid.SizeY, grid.SizeZ);
        int rows = Padded(wanted.SizeY), columns = Padded(read.SizeX);
        Int128 slice = (Int128)rows * wanted.SizeX;
        ImageTypes.CheckMemory($"the LoG image of sigma {sigmaMm} mm",
            slice * (2 * read.SizeZ + wanted.SizeZ + 5) + wanted.Count + 2 * (Int128)columns * (wanted.SizeY + rows));

        // Slices lie with y fastest from here on, so that the pass along x also runs over neighbours in memory.
        int plane = rows * wanted.SizeX;
        double[] smooth = new double[plane * read.SizeZ], curved = new double[plane * read.SizeZ];
        InPlane passes = new(alongX, alongY, read, wanted, rows, columns);
        for (int z = 0; z < read.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            int first = ((read.Z + z) * grid.SizeY + read.Y) * grid.SizeX + read.X;
            passes.Run(image.Voxels.AsSpan(first), grid.SizeX, smooth.AsSpan(z * plane, plane), curved.AsSpan(z * plane, plane));
        }

        var response = new double[plane * wanted.SizeZ];
        RecursivePass pass = new(plane);
        Stretch stretch = new(read.SizeZ, wanted.Z - read.Z, wanted.SizeZ);
        pass.Run(alongZ, smooth, plane, plane, stretch, [], response, cancellation);
        pass.Run(alongZ, curved, plane, plane, stretch, response, [], cancellation);
        return Upright(response, wanted, rows);

        int Tail(double spacingMm, int size) => (int)Math.Min(size, Math.Ceiling(TailSigmas * sigmaMm / spacingMm));
    }

    private static int Padded(int count) => (count + Vector<double>.Count - 1) / Vector<double>.Count * Vector<double>.Count;

    private static double[] Upright(double[] response, Box wanted, int rows)
    {
        var upright = new double[wanted.Count];
        for (int z = 0, target = 0; z < wanted.SizeZ; z++)
            for (int y = 0; y < wanted.SizeY; y++)
                for (int x = 0, source = z * wanted.SizeX * rows + y; x < wanted.SizeX; x++, source += rows) upright[target++] = response[source];
        return upright;
    }

    /// <summary>The passes along y and x of one slice, and the memory they work in.</summary>
    private sealed class InPlane(RecursiveGaussian alongX, RecursiveGaussian alongY, Box read, Box wanted, int rows, int columns)
    {
        private readonly RecursivePass passY = new(columns), passX = new(rows);
        private readonly double[] smoothY = new double[columns * wanted.SizeY], curvedY = new double[columns * wanted.SizeY];
        private readonly double[] turned = new double[rows * read.SizeX];

        /// <param name="slice">From the first voxel read.</param>
        /// <param name="stride">Voxels from row to row.</param>
        /// <param name="smooth">Takes Gx Gy f, zero before.</param>
        /// <param name="curved">Takes (Gxx Gy + Gx Gyy) f, zero before.</param>
        public void Run(ReadOnlySpan<double> slice, int stride, Span<double> smooth, Span<double> curved)
        {
            Array.Clear(smoothY);
            Array.Clear(curvedY);
            passY.Run(alongY, slice, stride, read.SizeX, new Stretch(read.SizeY, wanted.Y - read.Y, wanted.SizeY), smoothY, curvedY, default);
            Stretch stretch = new(read.SizeX, wanted.X - read.X, wanted.SizeX);
            Turn(smoothY);
            passX.Run(alongX, turned, rows, rows, stretch, smooth, curved, default);
            Turn(curvedY);
            passX.Run(alongX, turned, rows, rows, stretch, curved, [], default);
        }

        private void Turn(double[] source)
        {
            // In squares, so that both sides stay in the cache.
            const int Square = 16;
            for (int left = 0; left < read.SizeX; left += Square)
                for (int y = 0; y < wanted.SizeY; y++)
                    for (int x = left, end = Math.Min(left + Square, read.SizeX), from = y * columns; x < end; x++)
                        turned[x * rows + y] = source[from + x];
        }
    }

    /// <param name="Length">Places along the axis that are read.</param>
    /// <param name="First">The first that is wanted.</param>
    /// <param name="Count">How many are wanted.</param>
    private readonly record struct Stretch(int Length, int First, int Count);

    /// <summary>Runs the recursive filters along one axis over lines that lie side by side.</summary>
    private sealed class RecursivePass
    {
        private readonly Vector<double>[] row;
        private readonly Vector<double>[][] states;

        /// <param name="lanes">Lines side by side at most, a multiple of the vector length.</param>
        public RecursivePass(int lanes)
        {
            row = new Vector<double>[lanes / Vector<double>.Count];
            states = [.. Enumerable.Range(0, 4).Select(_ => new Vector<double>[row.Length])];
        }

        /// <summary>Adds the Gaussian of the lines to one output and their second derivative to the other; either may be empty. Outputs hold only the
        /// wanted places, <c>row.Length</c> vectors each.</summary>
        public void Run(RecursiveGaussian filter, ReadOnlySpan<double> input, int stride, int lanes, Stretch stretch, Span<double> smooth,
            Span<double> curved, CancellationToken cancellation)
        {
            int end = stretch.First + stretch.Count;
            Span<Vector<double>> smoothRows = MemoryMarshal.Cast<double, Vector<double>>(smooth);
            Span<Vector<double>> curvedRows = MemoryMarshal.Cast<double, Vector<double>>(curved);
            Load(input, lanes);
            Rest(filter);
            for (int i = 0; i < end; i++)
            {
                if (lanes > 4096 || i % 64 == 0) cancellation.ThrowIfCancellationRequested();
                Load(input[(i * stride)..], lanes);
                Advance(filter.Poles);
                if (i < stretch.First) continue;
                if (!smooth.IsEmpty) Add(filter.ForwardSmooth, smoothRows.Slice((i - stretch.First) * row.Length, row.Length));
                if (!curved.IsEmpty) Add(filter.ForwardCurved, curvedRows.Slice((i - stretch.First) * row.Length, row.Length));
            }

            Load(input[((stretch.Length - 1) * stride)..], lanes);
            Rest(filter);
            for (int i = stretch.Length - 1; i >= stretch.First; i--)
            {
                if (lanes > 4096 || i % 64 == 0) cancellation.ThrowIfCancellationRequested();
                if (i < end)
                {
                    if (!smooth.IsEmpty) Add(filter.BackwardSmooth, smoothRows.Slice((i - stretch.First) * row.Length, row.Length));
                    if (!curved.IsEmpty) Add(filter.BackwardCurved, curvedRows.Slice((i - stretch.First) * row.Length, row.Length));
                }

                Load(input[(i * stride)..], lanes);
                Advance(filter.Poles);
            }
        }

        private void Load(ReadOnlySpan<double> input, int lanes) => input[..lanes].CopyTo(MemoryMarshal.Cast<Vector<double>, double>(row.AsSpan()));

        /// <summary>The states after the current row has gone on for ever.</summary>
        private void Rest(RecursiveGaussian filter)
        {
            for (int v = 0; v < row.Length; v++) states[0][v] = row[v] * (1 / filter.PoleSum);
            for (int k = 1; k < 4; k++) states[0].CopyTo(states[k], 0);
        }

        /// <summary>The newest state comes first.</summary>
        private void Advance(double[] poles)
        {
            Vector<double> d1 = new(-poles[0]), d2 = new(-poles[1]), d3 = new(-poles[2]), d4 = new(-poles[3]);
            Span<Vector<double>> x = row;
            Span<Vector<double>> w1 = states[0].AsSpan(0, x.Length), w2 = states[1].AsSpan(0, x.Length), w3 = states[2].AsSpan(0, x.Length),
                w4 = states[3].AsSpan(0, x.Length);
            for (int v = 0; v < x.Length; v++)
                w4[v] = Vector.MultiplyAddEstimate(d1, w1[v], Vector.MultiplyAddEstimate(d2, w2[v],
                    Vector.MultiplyAddEstimate(d3, w3[v], Vector.MultiplyAddEstimate(d4, w4[v], x[v]))));
            Vector<double>[] newest = states[3];
            (states[3], states[2], states[1], states[0]) = (states[2], states[1], states[0], newest);
        }

        private void Add(double[] weights, Span<Vector<double>> output)
        {
            Vector<double> n1 = new(weights[0]), n2 = new(weights[1]), n3 = new(weights[2]), n4 = new(weights[3]);
            Span<Vector<double>> w1 = states[0].AsSpan(0, output.Length), w2 = states[1].AsSpan(0, output.Length),
                w3 = states[2].AsSpan(0, output.Length), w4 = states[3].AsSpan(0, output.Length);
            for (int v = 0; v < output.Length; v++)
                output[v] = Vector.MultiplyAddEstimate(n1, w1[v], Vector.MultiplyAddEstimate(n2, w2[v],
                    Vector.MultiplyAddEstimate(n3, w3[v], Vector.MultiplyAddEstimate(n4, w4[v], output[v]))));
        }
    }
}
