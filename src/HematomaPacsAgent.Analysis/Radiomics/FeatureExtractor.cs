namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>Computes the radiomic features of one region.</summary>
public static class FeatureExtractor
{
    /// <summary>Levels below which textures say little: the usual advice is 16 to 128.</summary>
    private const int FewGreyLevels = 16;

    private static readonly IReadOnlyList<RadiomicsFeature> PyRadiomicsFeatures =
    [
        .. PyRadiomics("shape", Shape.Features), .. PyRadiomics("firstorder", FirstOrder.Features),
        .. PyRadiomics("firstorder", IntensityHistogram.Features), .. PyRadiomics("glcm", Glcm.Features),
    ];

    private static readonly IReadOnlyList<RadiomicsFeature> IbsiFeatures =
    [
        .. Ibsi(Shape.Features, ""), .. Ibsi(FirstOrder.Features, ""), .. Ibsi(IntensityHistogram.Features, ""),
        .. Ibsi(Glcm.Features, "_3D_avg"), .. Ibsi(Glcm.Features, "_3D_comb"),
    ];

    /// <summary>Every feature of a profile, in the order of <see cref="RadiomicsResult.Values"/>.</summary>
    public static IReadOnlyList<RadiomicsFeature> Catalogue(RadiomicsProfile profile) =>
        profile == RadiomicsProfile.PyRadiomics ? PyRadiomicsFeatures : IbsiFeatures;

    /// <summary>
    /// Measures a region. A family that cannot be computed (one voxel, too many grey levels) has NaN for values and a warning that says
    /// why; the keys are always those of <see cref="Catalogue"/>.
    /// </summary>
    /// <param name="roi">The region.</param>
    /// <param name="settings">Profile, bins, distances.</param>
    /// <param name="cancellation">Ends the work.</param>
    public static RadiomicsResult Extract(RoiImage roi, RadiomicsSettings settings, CancellationToken cancellation)
    {
        Collector into = new(settings.Profile, roi.Warnings);
        into.Add("shape", Shape.Features, "", () => [Shape.Measure(roi, settings, cancellation)]);
        cancellation.ThrowIfCancellationRequested();
        into.Add("firstorder", FirstOrder.Features, "", () => [FirstOrder.Measure(roi, settings)]);
        cancellation.ThrowIfCancellationRequested();

        DiscretisedRoi? levels = null;
        into.Add("firstorder", IntensityHistogram.Features, "",
            () => [IntensityHistogram.Measure(levels = Discretisation.Apply(roi, settings), settings)]);
        into.Add("glcm", Glcm.Features, "_3D_avg", () => levels is null ? [] : Glcm.MeasureDirections(levels, settings, cancellation));
        if (settings.Profile == RadiomicsProfile.Ibsi)
            into.Add("glcm", Glcm.Features, "_3D_comb", () => levels is null ? [] : [Glcm.MeasureMerged(levels, settings)]);
        if (levels is { GreyLevels: < FewGreyLevels })
            into.Warnings.Add($"only {levels.GreyLevels} of at least {FewGreyLevels} grey levels: texture features say little; " +
                "a narrower bin gives more");
        into.NameUndefined();
        return new RadiomicsResult(settings.Profile == RadiomicsProfile.PyRadiomics ? "pyradiomics" : "ibsi", into.Values, into.Warnings);
    }

    private static string? Name<T>(Feature<T> feature, RadiomicsProfile profile, string family, string aggregation) =>
        profile == RadiomicsProfile.PyRadiomics
            ? feature.PyRadiomics is null ? null : $"original_{family}_{feature.PyRadiomics}"
            : feature.Ibsi is null ? null : feature.Ibsi + aggregation;

    private static IEnumerable<RadiomicsFeature> PyRadiomics<T>(string family, IReadOnlyList<Feature<T>> features) =>
        from feature in features
        let name = Name(feature, RadiomicsProfile.PyRadiomics, family, "")
        where name is not null
        select new RadiomicsFeature(name, feature.Code, feature.Unit);

    private static IEnumerable<RadiomicsFeature> Ibsi<T>(IReadOnlyList<Feature<T>> features, string aggregation) =>
        from feature in features
        let name = Name(feature, RadiomicsProfile.Ibsi, "", aggregation)
        where name is not null
        select new RadiomicsFeature(name, feature.Code, feature.Unit);

    private sealed class Collector(RadiomicsProfile profile, IEnumerable<string> warnings)
    {
        private readonly OrderedDictionary<string, double> values = [];
        private readonly HashSet<string> failed = [];

        public IReadOnlyDictionary<string, double> Values => values;

        public List<string> Warnings { get; } = [.. warnings];

        /// <summary>Adds a family; of several measures (directions) each feature is the mean over those that have it.</summary>
        public void Add<T>(string family, IReadOnlyList<Feature<T>> features, string aggregation, Func<IReadOnlyList<T>> measure)
        {
            IReadOnlyList<T> measures = [];
            try
            {
                measures = measure();
            }
            catch (RadiomicsException cause)
            {
                Warnings.Add($"{family}: {cause.Message}");
            }

            foreach (Feature<T> feature in features)
            {
                if (Name(feature, profile, family, aggregation) is not { } name) continue;
                values[name] = MeanOfDefined(measures, feature.Value);
                if (measures.Count == 0) failed.Add(name);
            }
        }

        public void NameUndefined()
        {
            string[] undefined = [.. values.Keys.Where(name => !double.IsFinite(values[name]) && !failed.Contains(name))];
            foreach (string name in undefined) values[name] = double.NaN;
            if (undefined.Length > 0) Warnings.Add($"undefined for a region of this form: {string.Join(", ", undefined)}");
        }

        private static double MeanOfDefined<T>(IReadOnlyList<T> measures, Func<T, double> feature)
        {
            double sum = 0;
            int defined = 0;
            foreach (T measure in measures)
            {
                double value = feature(measure);
                if (double.IsNaN(value)) continue;
                sum += value;
                defined++;
            }

            return defined == 0 ? double.NaN : sum / defined;
        }
    }
}
