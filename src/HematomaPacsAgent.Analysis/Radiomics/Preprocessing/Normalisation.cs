namespace HematomaPacsAgent.Analysis.Radiomics.Preprocessing;

/// <summary>PyRadiomics' <c>normalize</c>: intensities as multiples of the image's standard deviation from its mean.</summary>
internal static class Normalisation
{
    /// <summary>
    /// x' = scale clip((x - mean) / sigma), over all voxels of the image, not those of the region alone. Sigma is the sample standard deviation
    /// (over N - 1), as in ITK's NormalizeImageFilter; clip cuts at +-removeOutliers.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="scale">PyRadiomics' <c>normalizeScale</c>.</param>
    /// <param name="removeOutliers">PyRadiomics' <c>removeOutliers</c>, in sigma, above 0; null leaves outliers.</param>
    /// <exception cref="RadiomicsException">All voxels have the same intensity, or a parameter is out of range.</exception>
    public static ScalarImage Apply(ScalarImage image, double scale, double? removeOutliers)
    {
        if (!double.IsFinite(scale) || scale == 0) throw new RadiomicsException($"normalizeScale {scale}: must be finite and not 0");
        if (removeOutliers is { } limit && !(limit > 0)) throw new RadiomicsException($"removeOutliers {limit}: must be above 0 standard deviations");
        double[] voxels = image.Voxels;
        double mean = 0, squares = 0;
        foreach (double x in voxels) mean += x;
        mean /= voxels.Length;
        foreach (double x in voxels) squares += (x - mean) * (x - mean);
        double sigma = Math.Sqrt(squares / (voxels.Length - 1));
        if (!(sigma > 0) || !double.IsFinite(sigma))
            throw new RadiomicsException($"the image cannot be normalised: its standard deviation is {sigma}");
        double cut = removeOutliers ?? double.PositiveInfinity;
        var result = new double[voxels.Length];
        for (int i = 0; i < result.Length; i++) result[i] = scale * Math.Clamp((voxels[i] - mean) / sigma, -cut, cut);
        return new ScalarImage(image.Grid, result);
    }
}
