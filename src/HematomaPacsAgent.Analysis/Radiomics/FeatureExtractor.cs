namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>All features of a region: first order, shape, co-occurrence.</summary>
public static class FeatureExtractor
{
    /// <exception cref="RadiomicsException">More grey levels than fit.</exception>
    public static RadiomicsResult Extract(RoiImage roi, RadiomicsSettings settings, CancellationToken cancellation)
    {
        Dictionary<string, double> values = [];
        List<string> warnings = [];
        Discretisation levels = Discretisation.FixedWidth(roi, settings);
        if (levels.Count < settings.FewestGreyLevels)
            warnings.Add(FormattableString.Invariant($"a bin width of {settings.BinWidth} HU leaves {levels.Count} grey levels in this region: texture features say little"));
        FirstOrder.AddTo(values, roi, levels, settings);
        cancellation.ThrowIfCancellationRequested();
        Shape.AddTo(values, roi, settings);
        cancellation.ThrowIfCancellationRequested();
        Glcm.AddTo(values, roi, levels, settings);
        if (values.Count(feature => double.IsNaN(feature.Value)) is var undefined and > 0)
            warnings.Add($"{undefined} features are undefined for a region of {roi.VoxelCount} voxels");
        return new RadiomicsResult(settings.Profile, values, warnings);
    }
}
