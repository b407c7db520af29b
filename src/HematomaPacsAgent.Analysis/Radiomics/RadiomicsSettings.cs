using HematomaPacsAgent.Analysis.Radiomics.Features;
using HematomaPacsAgent.Analysis.Radiomics.Filters;
using HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Whose definitions and names the features follow where PyRadiomics and IBSI differ.</summary>
public enum RadiomicsProfile
{
    /// <summary>PyRadiomics 3.1: its bin edges, raw kurtosis, covariance over N; names such as <c>original_glcm_JointEnergy</c>.</summary>
    PyRadiomics,

    /// <summary>IBSI reference manual: its bins, excess kurtosis, covariance over N - 1; names are IBSI tags such as
    /// <c>cm_energy_3D_avg</c>.</summary>
    Ibsi,
}

/// <summary>How directions are weighted when their matrices are added up (PyRadiomics <c>weightingNorm</c>).</summary>
public enum WeightingNorm
{
    NoWeighting,
    Manhattan,
    Euclidean,
    Infinity,
}

/// <summary>
/// PyRadiomics' <c>setting</c> section: names and defaults are PyRadiomics' own, so that a published parameter file means the same here. Every
/// property is checked when it is set.
/// </summary>
public sealed record RadiomicsSettings
{
    /// <summary>Fewest dimensions that a region may have, 1 to 3.</summary>
    public int MinimumROIDimensions
    {
        get;
        init => field = value is >= 1 and <= 3 ? value : throw Bad("minimumROIDimensions", value, "1, 2 or 3");
    } = 2;

    /// <summary>Voxels that a region must exceed; null asks for one only.</summary>
    public int? MinimumROISize
    {
        get;
        init => field = value is null or > 0 ? value : throw Bad("minimumROISize", value, "above 0");
    }

    /// <summary>How far image and mask may lie apart, in parts of the spacing along x; null is 0.01 mm, which allows for float headers.</summary>
    public double? GeometryTolerance
    {
        get;
        init => field = value is null || value > 0 && double.IsFinite(value.Value) ? value : throw Bad("geometryTolerance", value, "above 0");
    }

    /// <summary>Whether a mask on another grid is resampled to the image's (nearest neighbour) instead of being refused.</summary>
    public bool CorrectMask { get; init; }

    /// <summary>Whether diagnostics go with the features.</summary>
    public bool AdditionalInfo { get; init; } = true;

    /// <summary>The value of the region in the mask, above 0.</summary>
    public int Label { get; init => field = value > 0 ? value : throw Bad("label", value, "above 0"); } = 1;

    /// <summary>
    /// Width of a grey-level bin, HU, above 0. PyRadiomics' default of 25 leaves a hematoma (30 to 85 HU) 3 or 4 levels, too few for texture:
    /// this product's own parameter file says 5.
    /// </summary>
    public double BinWidth
    {
        get;
        init => field = value > 0 && double.IsFinite(value) ? value : throw new RadiomicsException($"bin width {value}: must be finite and above 0");
    } = 25;

    /// <summary>Number of bins over the region's own range; when set it replaces <see cref="BinWidth"/>. At least 1.</summary>
    public int? BinCount
    {
        get;
        init => field = value is null or > 0 ? value : throw new RadiomicsException($"bin count {value}: must be at least 1");
    }

    /// <summary>Whether the image is first scaled to mean 0 and deviation 1.</summary>
    public bool Normalize { get; init; }

    /// <summary>What a normalised image is multiplied by, above 0.</summary>
    public double NormalizeScale { get; init => field = value > 0 && double.IsFinite(value) ? value : throw Bad("normalizeScale", value, "above 0"); } = 1;

    /// <summary>Normalised intensities beyond so many deviations are set to that bound; null leaves them.</summary>
    public double? RemoveOutliers
    {
        get;
        init => field = value is null || value > 0 && double.IsFinite(value.Value) ? value : throw Bad("removeOutliers", value, "above 0");
    }

    /// <summary>Voxel spacing x, y, z to resample to, mm; 0 keeps an axis; null resamples nothing.</summary>
    public IReadOnlyList<double>? ResampledPixelSpacing
    {
        get;
        init => field = value is null || value.Count == 3 && value.All(spacing => spacing >= 0 && double.IsFinite(spacing))
            ? value
            : throw Bad("resampledPixelSpacing", $"[{string.Join(", ", value)}]", "three numbers (x, y, z), each 0 or more");
    }

    public Interpolator? Interpolator { get; init; } = Preprocessing.Interpolator.CubicSpline;

    /// <summary>Voxels kept around the region after resampling and cropping, 0 or more.</summary>
    public int PadDistance { get; init => field = value >= 0 ? value : throw Bad("padDistance", value, "0 or more"); } = 5;

    /// <summary>Neighbour distances of GLCM, GLDM and NGTDM, voxels in the Chebyshev norm, 1 to 10 each.</summary>
    public IReadOnlyList<int> Distances
    {
        get;
        init => field = value.Count > 0 && value.All(d => d is >= 1 and <= 10) && value.Distinct().Count() == value.Count
            ? value
            : throw new RadiomicsException($"distances [{string.Join(", ", value)}]: one or more different whole numbers from 1 to 10");
    } = [1];

    /// <summary>Whether neighbours are looked for within planes only.</summary>
    public bool Force2D { get; init; }

    /// <summary>The axis across those planes: 0 is z (axial slices), 1 is y, 2 is x.</summary>
    public int Force2Ddimension { get; init => field = value is >= 0 and <= 2 ? value : throw Bad("force2Ddimension", value, "0, 1 or 2"); }

    /// <summary>One (lower) or two bounds of the intensities that stay in the region; null keeps all.</summary>
    public IReadOnlyList<double>? ResegmentRange
    {
        get;
        init => field = value is null || value.Count is 1 or 2 && value.All(double.IsFinite) && (value.Count == 1 || value[0] <= value[1])
            ? value
            : throw Bad("resegmentRange", $"[{string.Join(", ", value)}]", "one lower bound, or a lower and an upper bound");
    }

    public ResegmentMode ResegmentMode { get; init; }

    /// <summary>Whether shape is that of the re-segmented region.</summary>
    public bool ResegmentShape { get; init; }

    /// <summary>Whether the image is cropped to the region (with <see cref="PadDistance"/>) before it is filtered.</summary>
    public bool PreCrop { get; init; }

    /// <summary>Widths of the Laplacian of Gaussian, mm. Without one there is no such image, as in PyRadiomics.</summary>
    public IReadOnlyList<LogSigma> Sigma { get; init; } = [];

    /// <summary>First wavelet level that is kept, 0 or more.</summary>
    public int StartLevel { get; init => field = value is >= 0 and <= 8 ? value : throw Bad("start_level", value, "0 to 8"); }

    /// <summary>Wavelet levels from there, 1 or more.</summary>
    public int Level { get; init => field = value is >= 1 and <= 8 ? value : throw Bad("level", value, "1 to 8"); } = 1;

    public string Wavelet { get; init; } = "coif1";

    public bool GradientUseSpacing { get; init; } = true;

    /// <summary>Pixels, above 0.</summary>
    public double Lbp2DRadius { get; init => field = value is > 0 and <= 64 ? value : throw Bad("lbp2DRadius", value, "above 0, at most 64"); } = 1;

    /// <summary>Points on the circle, 1 to 24. PyRadiomics' manual says 9, its code takes 8.</summary>
    public int Lbp2DSamples { get; init => field = value is >= 1 and <= 24 ? value : throw Bad("lbp2DSamples", value, "1 to 24"); } = 8;

    public string Lbp2DMethod
    {
        get;
        init => field = value is "default" or "ror" or "uniform" or "var" ? value : throw Bad("lbp2DMethod", value, "default, ror, uniform or var");
    } = "uniform";

    /// <summary>Added to each intensity in Energy, TotalEnergy and RootMeanSquared, HU.</summary>
    public double VoxelArrayShift
    {
        get;
        init => field = double.IsFinite(value) ? value : throw new RadiomicsException($"voxel array shift {value}: must be finite");
    }

    /// <summary>Whether each pair of neighbours counts in both orders.</summary>
    public bool SymmetricalGlcm { get; init; } = true;

    /// <summary>Set: GLCM and GLRLM of all directions are added up with these weights. Null: one matrix a direction, features averaged.</summary>
    public WeightingNorm? WeightingNorm { get; init; }

    /// <summary>Largest difference of levels between dependent neighbours in GLDM, 0 or more.</summary>
    public int GldmA { get; init => field = value >= 0 ? value : throw Bad("gldm_a", value, "0 or more"); }

    /// <summary>Most grey levels; a region with more fails its textures before anything is allocated. 2 to 1,000,000. Not a PyRadiomics setting.</summary>
    public int MaxGreyLevels
    {
        get;
        init => field = value is >= 2 and <= 1_000_000 ? value : throw Bad("grey levels", value, "2 to 1000000");
    } = 65536;

    /// <summary>Where neighbours are looked for.</summary>
    internal Plane Plane => Force2D ? (Plane)(Force2Ddimension + 1) : Plane.Volume;

    /// <summary>Length of a step in the weighting norm, mm; 1 without one.</summary>
    internal double Length(Offset step, RoiImage roi)
    {
        double x = Math.Abs(step.X) * roi.SpacingXMm, y = Math.Abs(step.Y) * roi.SpacingYMm, z = Math.Abs(step.Z) * roi.SpacingZMm;
        return WeightingNorm switch
        {
            Radiomics.WeightingNorm.Manhattan => x + y + z,
            Radiomics.WeightingNorm.Euclidean => Math.Sqrt(x * x + y * y + z * z),
            Radiomics.WeightingNorm.Infinity => Math.Max(x, Math.Max(y, z)),
            _ => 1,
        };
    }

    private static RadiomicsException Bad(string name, object? value, string allowed) => new($"{name} {value}: must be {allowed}");
}
