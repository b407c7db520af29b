namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Grey-level size zones (IBSI 9SAK; PyRadiomics <c>glszm</c>): how often j voxels of level i hang together. Formulas in
/// <see cref="LevelSizeMeasures"/>; j is the zone's size in voxels, N the number of zones.
/// </summary>
internal static class Glszm
{
    public static readonly IReadOnlyList<Feature<LevelSizeMeasures>> Features =
    [
        new("SmallAreaEmphasis", "szm_sze", "5QRC", "1", m => m.Small),
        new("LargeAreaEmphasis", "szm_lze", "48P8", "1", m => m.Large),
        new("LowGrayLevelZoneEmphasis", "szm_lgze", "XMSY", "1", m => m.LowLevel),
        new("HighGrayLevelZoneEmphasis", "szm_hgze", "5GN9", "1", m => m.HighLevel),
        new("SmallAreaLowGrayLevelEmphasis", "szm_szlge", "5RAI", "1", m => m.SmallLow),
        new("SmallAreaHighGrayLevelEmphasis", "szm_szhge", "HW1V", "1", m => m.SmallHigh),
        new("LargeAreaLowGrayLevelEmphasis", "szm_lzlge", "YH51", "1", m => m.LargeLow),
        new("LargeAreaHighGrayLevelEmphasis", "szm_lzhge", "J17V", "1", m => m.LargeHigh),
        new("GrayLevelNonUniformity", "szm_glnu", "JNSA", "1", m => m.LevelNonUniformity),
        new("GrayLevelNonUniformityNormalized", "szm_glnu_norm", "Y1RO", "1", m => m.LevelNonUniformityNormalised),
        new("SizeZoneNonUniformity", "szm_zsnu", "4JP3", "1", m => m.SizeNonUniformity),
        new("SizeZoneNonUniformityNormalized", "szm_zsnu_norm", "VB3A", "1", m => m.SizeNonUniformityNormalised),
        new("ZonePercentage", "szm_z_perc", "P30P", "1", m => m.Percentage),
        new("GrayLevelVariance", "szm_gl_var", "BYLV", "1", m => m.LevelVariance),
        new("ZoneVariance", "szm_zs_var", "3NSA", "1", m => m.SizeVariance),
        new("ZoneEntropy", "szm_zs_entr", "GU8N", "1", m => m.Entropy),
    ];

    /// <summary>PyRadiomics: one matrix of the whole region; with force2D zones hang together within planes only.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, RadiomicsSettings settings, CancellationToken cancellation) =>
        [.. Zones.Sizes(roi, settings.Plane, slices: false, cancellation).Select(m => LevelSizeMeasures.Of(m, RadiomicsProfile.PyRadiomics)!)];

    /// <summary>IBSI: the measures that an aggregation averages.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, Aggregation aggregation, CancellationToken cancellation) =>
        LevelSizes.Aggregated(Zones.Sizes(roi, aggregation.InSlices() ? Plane.Axial : Plane.Volume, aggregation.InSlices(), cancellation), aggregation);
}

/// <summary>Measures of matrices that have no direction: a slice each, or one of all (IBSI 8QNN, 62GR, KOBO).</summary>
internal static class LevelSizes
{
    public static IReadOnlyList<LevelSizeMeasures> Aggregated(IReadOnlyList<LevelSizeMatrix> parts, Aggregation aggregation) =>
        [.. aggregation.Merge([.. parts.Select(part => new[] { part })], m => LevelSizeMatrix.Merge(m))
            .Select(m => LevelSizeMeasures.Of(m, RadiomicsProfile.Ibsi)!)];
}
