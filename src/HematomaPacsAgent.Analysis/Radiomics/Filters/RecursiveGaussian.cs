namespace HematomaPacsAgent.Analysis.Radiomics.Filters;

/// <summary>
/// A Gaussian and its second derivative along one axis as recursive filters of fourth order, run forward and backward (Deriche, Recursively
/// implementing the Gaussian and its derivatives, INRIA RR-1893, 1993, with the improved constants of Farnebäck and Westin, Improving Deriche-style
/// recursive Gaussian filters, J. Math. Imaging Vis. 26, 2006), scaled as ITK's RecursiveGaussianImageFilter scales them: the sum of the Gaussian is 1,
/// the second derivative of x^2 is 2.
/// </summary>
/// <remarks>
/// Both share the poles. With w[i] = x[i] - sum(D[k] w[i - k], k = 1..4), the forward part is sum(N[k] w[i - k], k = 0..3); with w run backward,
/// the backward part is sum(M[k] w[i + k], k = 1..4).
/// </remarks>
internal sealed class RecursiveGaussian
{
    // The Gaussian and its second derivative are each sum over two of (a cos(w t) + b sin(w t)) e^(l t), t = distance / sigma.
    private static readonly Wave[] Smooth = [new(1.3530, 1.8151, 0.6681, -1.3932), new(-0.3531, 0.0902, 2.0787, -1.3732)];
    private static readonly Wave[] Curved = [new(-1.3563, 5.2318, 0.6681, -1.3932), new(0.3446, -2.2355, 2.0787, -1.3732)];

    /// <param name="sigmaMm">Width of the Gaussian, mm, above 0.</param>
    /// <param name="spacingMm">Voxel spacing along the axis, mm, above 0.</param>
    /// <exception cref="RadiomicsException">The width is too small for the spacing.</exception>
    public RecursiveGaussian(double sigmaMm, double spacingMm)
    {
        double sigma = sigmaMm / spacingMm;
        (double cos1, double cos2) = (Math.Cos(Smooth[0].Frequency / sigma), Math.Cos(Smooth[1].Frequency / sigma));
        (double exp1, double exp2) = (Math.Exp(Smooth[0].Decay / sigma), Math.Exp(Smooth[1].Decay / sigma));
        Poles =
        [
            -2 * (exp2 * cos2 + exp1 * cos1),
            4 * cos2 * cos1 * exp1 * exp2 + exp1 * exp1 + exp2 * exp2,
            -2 * cos1 * exp1 * exp2 * exp2 - 2 * cos2 * exp2 * exp1 * exp1,
            exp1 * exp1 * exp2 * exp2,
        ];
        Moments d = Moments.Of([1, .. Poles]);
        double[] n0 = Numerator(Smooth, sigma), n2 = Numerator(Curved, sigma);

        // The second derivative of a constant must be 0: as much of the Gaussian is added as takes care of that.
        double beta = -(2 * n2.Sum() - d.Sum * n2[0]) / (2 * n0.Sum() - d.Sum * n0[0]);
        for (int k = 0; k < 4; k++) n2[k] += beta * n0[k];
        Moments n = Moments.Of(n2);
        double gain0 = 2 * n0.Sum() / d.Sum - n0[0];
        double gain2 = (n.Second * d.Sum * d.Sum - d.Second * n.Sum * d.Sum - 2 * n.First * d.First * d.Sum + 2 * d.First * d.First * n.Sum)
            / (d.Sum * d.Sum * d.Sum);
        PoleSum = d.Sum;
        (ForwardSmooth, BackwardSmooth) = Scaled(n0, 1 / gain0);

        // ITK's second derivative is per voxel^2 times sigma^2 in mm^2 (normalised across scale); the Laplacian divides it by the spacing's square.
        (ForwardCurved, BackwardCurved) = Scaled(n2, sigmaMm * sigmaMm / gain2 * (1 / (spacingMm * spacingMm)));
        if (!ForwardCurved.Concat(ForwardSmooth).All(double.IsFinite) || !(d.Sum > 0))
            throw new RadiomicsException($"LoG sigma {sigmaMm} mm is out of proportion to a voxel spacing of {spacingMm} mm: use another sigma");
    }

    /// <summary>D[1..4].</summary>
    public double[] Poles { get; }

    /// <summary>1 + sum of D: what a constant input is divided by to give a constant w.</summary>
    public double PoleSum { get; }

    /// <summary>N[0..3] of the Gaussian.</summary>
    public double[] ForwardSmooth { get; }

    /// <summary>M[1..4] of the Gaussian.</summary>
    public double[] BackwardSmooth { get; }

    /// <summary>N[0..3] of the second derivative times sigma^2.</summary>
    public double[] ForwardCurved { get; }

    /// <summary>M[1..4] of the second derivative times sigma^2.</summary>
    public double[] BackwardCurved { get; }

    private static double[] Numerator(Wave[] waves, double sigma)
    {
        (Wave one, Wave two) = (waves[0], waves[1]);
        (double sin1, double cos1) = Math.SinCos(one.Frequency / sigma);
        (double sin2, double cos2) = Math.SinCos(two.Frequency / sigma);
        double exp1 = Math.Exp(one.Decay / sigma), exp2 = Math.Exp(two.Decay / sigma);
        return
        [
            one.A + two.A,
            exp2 * (two.B * sin2 - (two.A + 2 * one.A) * cos2) + exp1 * (one.B * sin1 - (one.A + 2 * two.A) * cos1),
            2 * exp1 * exp2 * ((one.A + two.A) * cos2 * cos1 - one.B * cos2 * sin1 - two.B * cos1 * sin2)
                + two.A * exp1 * exp1 + one.A * exp2 * exp2,
            exp2 * exp1 * exp1 * (two.B * sin2 - two.A * cos2) + exp1 * exp2 * exp2 * (one.B * sin1 - one.A * cos1),
        ];
    }

    private (double[] Forward, double[] Backward) Scaled(double[] numerator, double factor)
    {
        double[] n = [.. numerator.Select(value => value * factor), 0];
        return (n[..4], [.. Enumerable.Range(1, 4).Select(k => n[k] - Poles[k - 1] * n[0])]);
    }

    private readonly record struct Wave(double A, double B, double Frequency, double Decay);

    /// <summary>Sums of c[k], k c[k] and k^2 c[k].</summary>
    private readonly record struct Moments(double Sum, double First, double Second)
    {
        public static Moments Of(double[] c) => new(c.Sum(), c.Select((v, k) => k * v).Sum(), c.Select((v, k) => k * k * v).Sum());
    }
}
