namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>How an intensity between voxels is found.</summary>
public enum Interpolator
{
    /// <summary>The nearest voxel; half way, the one with the higher index (as ITK).</summary>
    Nearest,

    /// <summary>Linear along each axis.</summary>
    Linear,

    /// <summary>Cubic B-spline through the voxels, along each axis.</summary>
    CubicSpline,
}

/// <summary>PyRadiomics' names of interpolators: those of SimpleITK.</summary>
internal static class InterpolatorNames
{
    /// <param name="name">The setting <c>interpolator</c>: a SimpleITK name such as <c>sitkBSpline</c>, or its number.</param>
    /// <exception cref="RadiomicsException">SimpleITK has the interpolator but it is not built here, or there is no such name. (PyRadiomics takes
    /// sitkBSpline for a name it does not know: a misspelt setting would pass unseen.)</exception>
    public static Interpolator Parse(string name) => name switch
    {
        "sitkNearestNeighbor" or "1" => Interpolator.Nearest,
        "sitkLinear" or "2" => Interpolator.Linear,
        "sitkBSpline" or "sitkBSpline3" or "3" => Interpolator.CubicSpline,
        "sitkGaussian" or "sitkLabelGaussian" or "sitkLabelLinear" or "sitkHammingWindowedSinc" or "sitkCosineWindowedSinc" or "sitkWelchWindowedSinc"
            or "sitkLanczosWindowedSinc" or "sitkBlackmanWindowedSinc" or "sitkBSplineResampler" or "sitkBSplineResamplerOrder1"
            or "sitkBSplineResamplerOrder2" or "sitkBSplineResamplerOrder3" or "sitkBSplineResamplerOrder4" or "sitkBSplineResamplerOrder5"
            or "sitkBSpline1" or "sitkBSpline2" or "sitkBSpline4" or "sitkBSpline5" or "4" or "5" or "6" or "7" or "8" or "9" or "10"
            => throw new RadiomicsException($"interpolator {name} is not supported: use sitkNearestNeighbor, sitkLinear or sitkBSpline"),
        _ => throw new RadiomicsException($"there is no interpolator \"{name}\": use sitkNearestNeighbor, sitkLinear or sitkBSpline"),
    };
}
