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

/// <summary>What steers feature extraction. Every property is checked when it is set.</summary>
public sealed record RadiomicsSettings
{
    public RadiomicsProfile Profile { get; init; } = RadiomicsProfile.PyRadiomics;

    /// <summary>
    /// Width of a grey-level bin, HU, above 0. The default of 5 gives a hematoma (30 to 85 HU) about 12 to 16 levels; PyRadiomics' own
    /// default of 25 leaves 3 or 4, too few for texture.
    /// </summary>
    public double BinWidth
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new RadiomicsException($"bin width {value}: must be finite and above 0");
    } = 5;

    /// <summary>Number of bins over the region's own range; when set it replaces <see cref="BinWidth"/>. At least 1.</summary>
    public int? BinCount
    {
        get;
        init => field = value is null or > 0 ? value : throw new RadiomicsException($"bin count {value}: must be at least 1");
    }

    /// <summary>IBSI profile: lower edge of the first bin of fixed width (the lower re-segmentation bound), HU. Unset: the region's
    /// minimum.</summary>
    public double? BinOrigin
    {
        get;
        init => field = value is null || double.IsFinite(value.Value)
            ? value
            : throw new RadiomicsException($"bin origin {value}: must be finite");
    }

    /// <summary>Neighbour distances of the co-occurrence matrix, voxels in the Chebyshev norm, 1 to 10 each; 1 means the 13 directions of a
    /// 26-neighbourhood.</summary>
    public IReadOnlyList<int> Distances
    {
        get;
        init => field = value.Count > 0 && value.All(d => d is >= 1 and <= 10) && value.Distinct().Count() == value.Count
            ? value
            : throw new RadiomicsException($"distances [{string.Join(", ", value)}]: one or more different whole numbers from 1 to 10");
    } = [1];

    /// <summary>Whether each pair of neighbours counts in both orders. IBSI always does.</summary>
    public bool SymmetricGlcm { get; init; } = true;

    /// <summary>PyRadiomics profile: added to each intensity in Energy, TotalEnergy and RootMeanSquared, HU.</summary>
    public double VoxelArrayShift
    {
        get;
        init => field = double.IsFinite(value) ? value : throw new RadiomicsException($"voxel array shift {value}: must be finite");
    }

    /// <summary>Most grey levels that texture matrices are allocated for, 2 to 4096; a region with more gets a warning instead of
    /// features.</summary>
    public int MaxGreyLevels
    {
        get;
        init => field = value is >= 2 and <= 4096 ? value : throw new RadiomicsException($"at most {value} grey levels: must be 2 to 4096");
    } = 512;
}
