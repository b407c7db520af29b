namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>Which feature classes a profile has, in the order of their columns.</summary>
internal static class FeatureClasses
{
    /// <summary>PyRadiomics' classes: 107 features of the original image without <c>shape2D</c>, 93 of a filtered one.</summary>
    public static IReadOnlyList<FeatureClass> PyRadiomics { get; } =
    [
        FeatureClass.PyRadiomics("shape", Shape.Features, r => [Form(r)]).OriginalOnly(),
        FeatureClass.PyRadiomics("shape2D", Shape2D.Features,
            r => [Shape2D.Measure(r.Roi.Grid, r.Roi.Morphology, r.Settings.Force2D ? r.Settings.Force2Ddimension : null, r.Cancellation)]).OriginalOnly(),
        FeatureClass.Join(
            FeatureClass.PyRadiomics("firstorder", FirstOrder.Features, r => [Statistics(r)]),
            FeatureClass.PyRadiomics("firstorder", IntensityHistogram.Features, r => [Histogram(r)])),
        FeatureClass.PyRadiomics("glcm", Glcm.Features,
            r => Glcm.Measure(r.Levels, r.Neighbours, Offset.Half(r.Settings.Distances, r.Settings.Plane), r.Settings, r.Cancellation)),
        FeatureClass.PyRadiomics("glrlm", Glrlm.Features, r => Glrlm.Measure(r.Levels, r.Settings, r.Cancellation)),
        FeatureClass.PyRadiomics("glszm", Glszm.Features, r => Glszm.Measure(r.Levels, r.Settings, r.Cancellation)),
        FeatureClass.PyRadiomics("gldm", Gldm.Features, r => Gldm.Measure(r.Levels, r.Neighbours)),
        FeatureClass.PyRadiomics("ngtdm", Ngtdm.Features, r => Ngtdm.Measure(r.Levels, r.Neighbours, r.Cancellation)),
    ];

    /// <summary>IBSI's families, the texture families once for each aggregation.</summary>
    public static IReadOnlyList<FeatureClass> Ibsi(IbsiSettings settings)
    {
        // Matrices without directions come once a dimension, whichever aggregations of it are asked for.
        Aggregation[] dimensions = [.. settings.Aggregations.GroupBy(a => a.Dimension()).Select(group => group.Key switch
        {
            "2D" => Aggregation.SliceAverage,
            "2_5D" => Aggregation.PlaneMerged,
            _ => Aggregation.VolumeMerged,
        })];
        return
        [
            FeatureClass.Ibsi("morphology", Shape.Features, "", r => [Form(r)]).OriginalOnly(),
            FeatureClass.Ibsi("bounding_shapes", BoundingShapes.Features, "",
                r => [BoundingShapes.Measure(r.Roi.Grid, r.Roi.Morphology, r.Cancellation)]).OriginalOnly(),
            FeatureClass.Ibsi("spatial_correlation", SpatialCorrelation.Features, "",
                r => [SpatialCorrelation.Measure(r.Roi.Grid, r.Roi.Inside, r.Roi.Intensities, r.Cancellation)]).OriginalOnly(),
            FeatureClass.Ibsi("local_intensity", LocalIntensity.Features, "",
                r => [LocalIntensity.Measure(r.Surroundings!.Value.Image, r.Surroundings!.Value.Box, r.Roi.Inside, r.Cancellation)]).OriginalOnly(),
            FeatureClass.Ibsi("statistics", FirstOrder.Features, "", r => [Statistics(r)]),
            FeatureClass.Ibsi("intensity_histogram", IntensityHistogram.Features, "", r => [Histogram(r)]),
            FeatureClass.Ibsi("intensity_volume_histogram", IntensityVolumeHistogram.Features, "", r => [IntensityVolumeHistogram.Measure(
                r.Roi.Values, r.Ibsi!.Ivh with { Low = r.Settings.ResegmentRange?[0], High = r.Settings.ResegmentRange is [_, double high] ? high : null })]),
            .. Each(settings.Aggregations, a => a.Name(), "glcm", Glcm.Features, (r, a) => Glcm.Measure(r.Levels, r.NeighboursFor(a), a, r.Cancellation)),
            .. Each(settings.Aggregations, a => a.Name(), "glrlm", Glrlm.Features, (r, a) => Glrlm.Measure(r.Levels, a, r.Cancellation)),
            .. Each(dimensions, a => a.Dimension(), "glszm", Glszm.Features, (r, a) => Glszm.Measure(r.Levels, a, r.Cancellation)),
            .. Each(dimensions, a => a.Dimension(), "gldzm", Gldzm.Features, (r, a) => Gldzm.Measure(r.Levels, a, r.Cancellation)),
            .. Each(dimensions, a => a.Dimension(), "ngtdm", Ngtdm.Features,
                (r, a) => Ngtdm.Measure(r.Levels, r.NeighboursFor(a), a, r.Cancellation)),
            .. Each(dimensions, a => a.Dimension(), "ngldm", Gldm.Features, (r, a) => Gldm.Measure(r.Levels, r.NeighboursFor(a), a)),
        ];
    }

    private static ShapeMeasures Form(MeasuredRegion r) =>
        Shape.Measure(r.Roi.Grid, r.Roi.Morphology, r.Roi.Inside, r.Roi.Intensities, r.Profile, r.Cancellation);

    private static FirstOrderMeasures Statistics(MeasuredRegion r) =>
        FirstOrder.Measure(r.Roi.Values, r.Roi.VoxelVolumeMm3, r.Profile, r.Settings.VoxelArrayShift);

    private static HistogramMeasures Histogram(MeasuredRegion r) => IntensityHistogram.Measure(r.Levels.Histogram, Entropies.Epsilon(r.Profile));

    private static IEnumerable<FeatureClass> Each<T>(IEnumerable<Aggregation> aggregations, Func<Aggregation, string> nameOf, string family,
        IReadOnlyList<Feature<T>> features, Func<MeasuredRegion, Aggregation, IReadOnlyList<T>> measure) =>
        aggregations.Select(a => FeatureClass.Ibsi(family, features, "_" + nameOf(a), region => measure(region, a)));
}
