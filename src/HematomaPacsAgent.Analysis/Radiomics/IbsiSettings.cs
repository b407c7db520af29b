using HematomaPacsAgent.Analysis.Radiomics.Features;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// Our own <c>ibsi</c> section: what the profile <c>ibsi</c> needs beside the settings that it shares with PyRadiomics (spacing,
/// interpolator, re-segmentation range, bins, distances).
/// </summary>
public sealed record IbsiSettings
{
    /// <summary>Which of the six ways textures are aggregated; matrices without directions take the dimensions that occur.</summary>
    public IReadOnlyList<Aggregation> Aggregations
    {
        get;
        init => field = value.Count > 0 && value.Distinct().Count() == value.Count
            ? value
            : throw new RadiomicsException("aggregation: one or more, each once");
    } = [Aggregation.VolumeAverage, Aggregation.VolumeMerged];

    /// <summary>Intensities farther from the mean than so many standard deviations leave the intensity mask, after the range; null keeps them.</summary>
    public double? ResegmentOutliers
    {
        get;
        init => field = value is null || value > 0 && double.IsFinite(value.Value)
            ? value
            : throw new RadiomicsException($"resegmentOutliers {value}: must be above 0");
    }

    /// <summary>Whether interpolated intensities are rounded to whole numbers (CT).</summary>
    public bool RoundIntensity { get; init; } = true;

    /// <summary>Whether the mask is resampled linearly and cut at 0.5 (IBSI), instead of by nearest neighbour.</summary>
    public bool LinearMask { get; init; } = true;

    /// <summary>Lower edge of the first bin of fixed width, HU; null takes the re-segmentation range's lower bound, or the region's minimum.</summary>
    public double? BinOrigin { get; init; }

    /// <summary>Levels of the intensity-volume histogram; its range is the re-segmentation range.</summary>
    public VolumeHistogramLevels Ivh { get; init; } = new();
}
