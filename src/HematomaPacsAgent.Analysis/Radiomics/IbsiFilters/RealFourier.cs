namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Multiplies the Fourier transform of a real image with a gain that depends on the length of the frequency alone. Such an image's transform at
/// -f is the conjugate of that at f, so only half of the frequencies along x are held, and two rows are transformed as one complex row.
/// </summary>
/// <remarks>
/// The IBSI reference values are met by frequencies that run evenly from -1 for the lowest to 1 for the highest of an axis' n frequencies, so an
/// even n has them half a step off: (2 k + 1) / (n - 1). The response is the real part then, which is the gain averaged over f and -f. A
/// constant has no response, though for a small even n its frequency would not be quite 0.
/// </remarks>
internal sealed class RealFourier(ScalarImage image, FilterDimension dimension)
{
    private readonly int sizeX = image.Grid.SizeX, sizeY = image.Grid.SizeY, sizeZ = image.Grid.SizeZ, half = image.Grid.SizeX / 2 + 1;

    private readonly double[] squaredX = [.. Enumerable.Range(0, image.Grid.SizeX / 2 + 1).Select(x => Squared(x, image.Grid.SizeX))];
    private readonly double[] oppositeX = [.. Enumerable.Range(0, image.Grid.SizeX / 2 + 1).Select(x => Squared(-x, image.Grid.SizeX))];

    /// <param name="wanted">The part of the response that is computed to the end.</param>
    /// <param name="gain">Factor for a squared frequency; 1 is the Nyquist frequency of an axis.</param>
    public double[] Respond(Box wanted, Func<double, double> gain, CancellationToken cancellation)
    {
        bool volume = dimension == FilterDimension.Volume;
        (int firstZ, int slices) = volume ? (0, sizeZ) : (wanted.Z, wanted.SizeZ);
        (LineFourier alongX, LineFourier alongY) = (new(sizeX), new(sizeY));
        int slice = half * sizeY;
        if ((long)slice * slices > Array.MaxLength)
            throw new RadiomicsException($"the transform of {sizeX} x {sizeY} x {slices} voxels is more than memory takes: crop or resample the image first");
        (double[] re, double[] im) = (new double[slice * slices], new double[slice * slices]);
        for (int z = 0; z < slices; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            Rows(alongX, image.Voxels.AsSpan((firstZ + z) * sizeX * sizeY, sizeX * sizeY), re.AsSpan(z * slice, slice), im.AsSpan(z * slice, slice));
            alongY.Along(re, im, z * slice, half, 1, half, inverse: false);
        }

        if (volume)
        {
            var alongZ = new LineFourier(sizeZ);
            for (int y = 0; y < sizeY; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                alongZ.Along(re, im, y * half, half, 1, slice, inverse: false);
                for (int z = 0; z < slices; z++)
                    Weigh(re, im, z, y, Squared(y, sizeY) + Squared(z, sizeZ), Squared(-y, sizeY) + Squared(-z, sizeZ), gain);
                alongZ.Along(re, im, y * half, half, 1, slice, inverse: true);
            }
        }
        else
        {
            for (int z = 0; z < slices; z++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (int y = 0; y < sizeY; y++) Weigh(re, im, z, y, Squared(y, sizeY), Squared(-y, sizeY), gain);
            }
        }

        var response = new double[wanted.Count];
        for (int z = 0; z < wanted.SizeZ; z++)
        {
            cancellation.ThrowIfCancellationRequested();
            int start = (wanted.Z + z - firstZ) * slice;
            alongY.Along(re, im, start, half, 1, half, inverse: true);
            int target = z * wanted.SizeX * wanted.SizeY;
            Back(alongX, re.AsSpan(start, slice), im.AsSpan(start, slice), wanted, response.AsSpan(target, wanted.SizeX * wanted.SizeY));
        }

        return response;
    }

    private void Weigh(double[] re, double[] im, int z, int y, double squared, double opposite, Func<double, double> gain)
    {
        int start = (z * sizeY + y) * half;
        for (int x = 0, at = start; x < half; x++, at++)
        {
            double factor = (gain(squared + squaredX[x]) + gain(opposite + oppositeX[x])) / 2;
            (re[at], im[at]) = (re[at] * factor, im[at] * factor);
        }

        if (y == 0 && (z == 0 || dimension == FilterDimension.InPlane)) (re[start], im[start]) = (0, 0);
    }

    /// <summary>Squared frequency of index k, which counts modulo the size; 1 is the highest of the axis.</summary>
    private static double Squared(int k, int size)
    {
        if (size == 1) return 0;
        double frequency = 2.0 * ((k + size + size / 2) % size) / (size - 1) - 1;
        return frequency * frequency;
    }

    /// <summary>Transforms a slice's rows; rows 2k and 2k + 1 are the real and imaginary part of one line.</summary>
    private void Rows(LineFourier fourier, ReadOnlySpan<double> rows, Span<double> re, Span<double> im)
    {
        const int Lanes = LineFourier.Lanes;
        (double[] a, double[] b) = (new double[sizeX * Lanes], new double[sizeX * Lanes]);
        for (int y = 0; y < sizeY; y += 2 * Lanes)
        {
            int count = Math.Min(2 * Lanes, sizeY - y);
            Array.Clear(a);
            Array.Clear(b);
            for (int row = 0; row < count; row++)
            {
                double[] part = row % 2 == 0 ? a : b;
                for (int x = 0, from = (y + row) * sizeX, to = row / 2; x < sizeX; x++, from++, to += Lanes) part[to] = rows[from];
            }

            fourier.Block(a, b, inverse: false);
            for (int row = 0; row < count; row++)
                for (int x = 0, to = (y + row) * half; x < half; x++, to++)
                {
                    int at = x * Lanes + row / 2, opposite = (sizeX - x) % sizeX * Lanes + row / 2;
                    (re[to], im[to]) = row % 2 == 0
                        ? ((a[at] + a[opposite]) / 2, (b[at] - b[opposite]) / 2)
                        : ((b[at] + b[opposite]) / 2, (a[opposite] - a[at]) / 2);
                }
        }
    }

    /// <summary>The inverse of <see cref="Rows"/> for the rows and columns wanted.</summary>
    private void Back(LineFourier fourier, ReadOnlySpan<double> re, ReadOnlySpan<double> im, Box wanted, Span<double> response)
    {
        const int Lanes = LineFourier.Lanes;
        (double[] a, double[] b) = (new double[sizeX * Lanes], new double[sizeX * Lanes]);
        for (int y = 0; y < wanted.SizeY; y += 2 * Lanes)
        {
            int count = Math.Min(2 * Lanes, wanted.SizeY - y);
            Array.Clear(a);
            Array.Clear(b);
            for (int row = 0; row < count; row++)
                for (int x = 0; x < sizeX; x++)
                {
                    // Rows P and Q travel as P + i Q; beyond the half held, P and Q are the conjugates of what is held.
                    int held = Math.Min(x, sizeX - x), from = (wanted.Y + y + row) * half + held, to = x * Lanes + row / 2;
                    double real = re[from], imaginary = held == x ? im[from] : -im[from];
                    a[to] += row % 2 == 0 ? real : -imaginary;
                    b[to] += row % 2 == 0 ? imaginary : real;
                }

            fourier.Block(a, b, inverse: true);
            for (int row = 0; row < count; row++)
            {
                double[] part = row % 2 == 0 ? a : b;
                for (int x = 0, to = (y + row) * wanted.SizeX; x < wanted.SizeX; x++, to++)
                    response[to] = part[(wanted.X + x) * Lanes + row / 2] / sizeX;
            }
        }
    }
}
