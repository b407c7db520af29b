using System.Runtime.ExceptionServices;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;

namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Computes the radiomic features of one region: prepares image and mask, filters, measures.</summary>
public static class FeatureExtractor
{
    /// <summary>
    /// Measures a region. A class that cannot be computed (one voxel, too many grey levels) has NaN for values, and its status says why.
    /// </summary>
    /// <param name="image">The whole image: filters look beyond the region.</param>
    /// <param name="mask">The region, one flag a voxel of the image.</param>
    /// <param name="parameters">Profile, image types, classes, settings.</param>
    /// <param name="threads">Image types measured at the same time; 0 takes all cores.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <param name="progress">Told the share that is done, 0 to 1, after each class of each image.</param>
    /// <exception cref="RadiomicsException">The region cannot be measured at all: empty, too small, resampled away.</exception>
    public static RadiomicsResult Extract(ScalarImage image, bool[] mask, RadiomicsParameters parameters, int threads, CancellationToken cancellation,
        IProgress<double>? progress = null)
    {
        if (mask.Length != image.Grid.Count)
            throw new RadiomicsException($"{mask.Length} flags for an image of {image.Grid.SizeX} x {image.Grid.SizeY} x {image.Grid.SizeZ} voxels");
        List<string> warnings = [.. parameters.Remarks];
        PreparedCase prepared = parameters.Profile == RadiomicsProfile.Ibsi
            ? IbsiPreparation.Of(image, mask, parameters, warnings, cancellation)
            : PyRadiomicsPreparation.Of(image, mask, parameters, warnings, cancellation);

        var measured = new ImageFeatures[prepared.Images.Count];
        int done = 0;
        double steps = measured.Length * parameters.WantedClasses.Count;
        void Step() => progress?.Report(Interlocked.Increment(ref done) / steps);
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancellation };
        try
        {
            Parallel.For(0, measured.Length, options, i => measured[i] = ImageFeatures.Of(prepared.Images[i], parameters, Step, cancellation));
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }

        OrderedDictionary<string, double> values = [];
        foreach (ImageFeatures features in measured)
            foreach ((string name, double value) in features.Values) values.Add(name, value);
        return new RadiomicsResult(parameters.Profile == RadiomicsProfile.PyRadiomics ? "pyradiomics" : "ibsi", values,
            [.. measured.SelectMany(features => features.Classes)], prepared.Diagnostics, [.. warnings, .. measured.SelectMany(features => features.Warnings)]);
    }
}
