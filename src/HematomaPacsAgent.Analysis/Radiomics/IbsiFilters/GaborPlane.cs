using System.Numerics;

namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>A Gabor filter at work in the planes along image axes u and v, one plane for each voxel wanted along axis w.</summary>
internal sealed class GaborPlane
{
    private const double CutOff = 6;

    /// <summary>Largest plane transformed, and the most that the kernels' spectra may take, voxels.</summary>
    private const long MaxPlane = 1 << 22, MaxSpectra = 1 << 26;

    private readonly GaborFilter filter;
    private readonly ScalarImage image;
    private readonly int imageSizeU, imageSizeV;
    private readonly (int First, int Count) wantedU, wantedV, wantedW;
    private readonly (int U, int V, int W) imageSteps, boxSteps;
    private readonly double spacingU, spacingV;
    private readonly int reachU, reachV, sizeU, sizeV;
    private readonly LineFourier fourierU, fourierV;

    public GaborPlane(GaborFilter filter, ScalarImage image, Box wanted, int u, int v, int w)
    {
        (this.filter, this.image) = (filter, image);
        ImageGrid grid = image.Grid;
        var goal = new Patch(grid, wanted, []);
        (wantedU, wantedV, wantedW) = (Range(u), Range(v), Range(w));
        (imageSizeU, imageSizeV) = (goal.Along(u).Size, goal.Along(v).Size);
        int[] imageStep = [1, grid.SizeX, grid.SizeX * grid.SizeY], boxStep = [1, wanted.SizeX, wanted.SizeX * wanted.SizeY];
        (imageSteps, boxSteps) = ((imageStep[u], imageStep[v], imageStep[w]), (boxStep[u], boxStep[v], boxStep[w]));
        double[] spacing = [grid.SpacingXMm, grid.SpacingYMm, grid.SpacingZMm];
        (spacingU, spacingV) = (spacing[u], spacing[v]);
        double reachMm = CutOff * filter.SigmaMm * Math.Max(1, 1 / filter.Gamma);
        if (!(reachMm / Math.Min(spacingU, spacingV) <= LineKernel.MaxReach))
            throw new RadiomicsException(
                $"{filter.Name} reaches {reachMm:F0} mm at spacings of {spacingU} and {spacingV} mm: use a smaller sigma or a larger gamma");
        (reachU, reachV) = ((int)Math.Ceiling(reachMm / spacingU), (int)Math.Ceiling(reachMm / spacingV));
        (sizeU, sizeV) = (Padded(wantedU.Count + 2 * reachU), Padded(wantedV.Count + 2 * reachV));
        if ((long)sizeU * sizeV > MaxPlane)
            throw new RadiomicsException($"{filter.Name} needs planes of {sizeU} x {sizeV} voxels: use a smaller region, a smaller sigma or a larger gamma");
        (fourierU, fourierV) = (new LineFourier(sizeU), new LineFourier(sizeV));

        (int, int) Range(int axis) => goal.Along(axis) is var (first, count, _) ? (first, count) : default;
    }

    /// <summary>Adds the pooled moduli of all directions to the box's response.</summary>
    public void AddTo(double[] response, IReadOnlyList<double> angles, double weight, CancellationToken cancellation)
    {
        if ((long)sizeU * sizeV * angles.Count > MaxSpectra)
            throw new RadiomicsException($"{filter.Name} has {angles.Count} directions on planes of {sizeU} x {sizeV} voxels: use a larger theta step");
        double[][] kernels = [.. angles.Select(angle => KernelSpectrum(angle, cancellation))];
        int voxels = sizeU * sizeV;
        (double[] re, double[] im, double[] productRe, double[] productIm) =
            (new double[voxels], new double[voxels], new double[voxels], new double[voxels]);
        var pooled = new double[wantedU.Count * wantedV.Count];
        bool max = filter.Pooling == RotationPooling.Max;
        for (int w = 0; w < wantedW.Count; w++)
        {
            Load(wantedW.First + w, re);
            Array.Clear(im);
            Forward(re, im);
            Array.Clear(pooled);
            foreach (double[] kernel in kernels)
            {
                cancellation.ThrowIfCancellationRequested();
                Multiply(re, kernel, productRe);
                Multiply(im, kernel, productIm);
                fourierV.Along(productRe, productIm, 0, sizeU, 1, sizeU, inverse: true);
                fourierU.Along(productRe, productIm, reachV * sizeU, wantedV.Count, sizeU, 1, inverse: true);
                for (int v = 0, target = 0; v < wantedV.Count; v++)
                    for (int u = 0, at = (v + reachV) * sizeU + reachU; u < wantedU.Count; u++, at++, target++)
                    {
                        double modulus = Math.Sqrt(productRe[at] * productRe[at] + productIm[at] * productIm[at]);
                        pooled[target] = max ? Math.Max(pooled[target], modulus) : pooled[target] + modulus;
                    }
            }

            double scale = max ? weight : weight / kernels.Length;
            for (int v = 0, from = 0; v < wantedV.Count; v++)
                for (int u = 0; u < wantedU.Count; u++, from++)
                    response[u * boxSteps.U + v * boxSteps.V + w * boxSteps.W] += scale * pooled[from];
        }
    }

    private void Forward(double[] re, double[] im)
    {
        fourierU.Along(re, im, 0, sizeV, sizeU, 1, inverse: false);
        fourierV.Along(re, im, 0, sizeU, 1, sizeU, inverse: false);
    }

    /// <summary>The wanted part of a plane with its surroundings, in the corner of the padded plane.</summary>
    private void Load(int w, double[] plane)
    {
        Array.Clear(plane);
        for (int v = 0; v < wantedV.Count + 2 * reachV; v++)
        {
            int placeV = filter.Boundary.Place(wantedV.First - reachV + v, imageSizeV);
            if (placeV < 0) continue;
            for (int u = 0; u < wantedU.Count + 2 * reachU; u++)
            {
                int placeU = filter.Boundary.Place(wantedU.First - reachU + u, imageSizeU);
                if (placeU < 0) continue;
                plane[v * sizeU + u] = image.Voxels[placeU * imageSteps.U + placeV * imageSteps.V + w * imageSteps.W];
            }
        }
    }

    /// <summary>Transform of the kernel with its centre at voxel 0. It is real, as the kernel at -r is the conjugate of that at r.</summary>
    private double[] KernelSpectrum(double theta, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        (double sin, double cos) = Math.SinCos(theta);
        (double[] re, double[] im) = (new double[sizeU * sizeV], new double[sizeU * sizeV]);
        for (int j = -reachV; j <= reachV; j++)
            for (int i = -reachU; i <= reachU; i++)
            {
                double x = i * spacingU, y = j * spacingV, along = x * cos + y * sin, across = filter.Gamma * (y * cos - x * sin);
                double envelope = Math.Exp(-(along * along + across * across) / (2 * filter.SigmaMm * filter.SigmaMm));
                (double s, double c) = Math.SinCos(2 * Math.PI * along / filter.LambdaMm);
                int at = (j + sizeV) % sizeV * sizeU + (i + sizeU) % sizeU;
                (re[at], im[at]) = (envelope * c, envelope * s);
            }

        Forward(re, im);
        return re;
    }

    private static void Multiply(ReadOnlySpan<double> values, ReadOnlySpan<double> factors, Span<double> products)
    {
        int lanes = Vector<double>.Count, i = 0;
        for (; i <= products.Length - lanes; i += lanes) (new Vector<double>(values[i..]) * new Vector<double>(factors[i..])).CopyTo(products[i..]);
        for (; i < products.Length; i++) products[i] = values[i] * factors[i];
    }

    private static int Padded(int size) => (int)BitOperations.RoundUpToPowerOf2((uint)size);
}
