namespace HematomaPacsAgent.Analysis.Radiomics.IbsiFilters;

/// <summary>
/// Gabor filter: the modulus of the response to the complex kernel
/// exp(-(u^2 + gamma^2 v^2) / (2 sigma^2) + 2 pi i u / lambda) in a plane, with u = x cos theta + y sin theta and v = y cos theta - x sin theta in
/// mm. Not normalised, so the response depends on the spacing. In three dimensions the moduli in the x-y, x-z and y-z planes are averaged.
/// Unit: that of the image.
/// </summary>
/// <remarks>The kernel is cut off at 6 sigma, where 2e-8 of its peak is left, and applied by Fourier transform, to the same effect as a sum over
/// voxels: the plane is extended by the kernel's reach, with the boundary's voxels, before it is transformed.</remarks>
public sealed record GaborFilter(FilterDimension Dimension, double SigmaMm, double LambdaMm, double Gamma) : IbsiFilter(Dimension)
{
    /// <summary>Standard deviation of the Gaussian along the wave, mm.</summary>
    public double SigmaMm { get; } = Positive(SigmaMm, "Gabor sigma");

    /// <summary>Wavelength, mm.</summary>
    public double LambdaMm { get; } = Positive(LambdaMm, "Gabor lambda");

    /// <summary>The Gaussian's standard deviation along the wave over that across.</summary>
    public double Gamma { get; } = Positive(Gamma, "Gabor gamma");

    /// <summary>Direction of the wave from the first axis of the plane towards the second, degrees; the first one where there are several.</summary>
    public double ThetaDegrees
    {
        get;
        init => field = double.IsFinite(value) ? value : throw new RadiomicsException($"Gabor theta {value}: must be finite");
    }

    /// <summary>Step between directions all the way round, degrees, a whole fraction of 360 from 1 to 180; unset: one direction.</summary>
    public double? StepDegrees
    {
        get;
        init => field = value is null || (value is >= 1 and <= 180 && Math.Abs(360 / value.Value - Math.Round(360 / value.Value)) < 1e-9)
            ? value
            : throw new RadiomicsException($"Gabor theta step {value}: must be a whole fraction of 360 degrees, 1 to 180");
    }

    /// <summary>How the moduli of several directions become one.</summary>
    public RotationPooling Pooling { get; init => field = Defined(value); } = RotationPooling.Mean;

    private protected override string Title => $"gabor_{Dimensions}_s{Text(SigmaMm)}_l{Text(LambdaMm)}_g{Text(Gamma)}" +
        $"{(ThetaDegrees != 0 ? $"_a{Text(ThetaDegrees)}" : "")}" +
        $"{(StepDegrees is { } step ? $"_t{Text(step)}{(Pooling == RotationPooling.Max ? "max" : "mean")}" : "")}";

    private protected override double[] Compute(ScalarImage image, Box wanted, CancellationToken cancellation)
    {
        double[] angles = Angles();
        var response = new double[wanted.Count];
        (int U, int V, int W)[] planes = Dimension == FilterDimension.Volume ? [(0, 1, 2), (0, 2, 1), (1, 2, 0)] : [(0, 1, 2)];
        foreach ((int u, int v, int w) in planes)
            new GaborPlane(this, image, wanted, u, v, w).AddTo(response, angles, 1.0 / planes.Length, cancellation);
        return response;
    }

    private double[] Angles()
    {
        int count = StepDegrees is { } step ? (int)Math.Round(360 / step) : 1;
        // The opposite direction has the conjugate response, of the same modulus.
        int different = count % 2 == 0 ? count / 2 : count;
        return [.. Enumerable.Range(0, different).Select(i => (ThetaDegrees + i * 360.0 / count) * Math.PI / 180)];
    }
}
