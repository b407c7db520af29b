namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Grey-level distance zones (IBSI VMDZ; not in PyRadiomics): how often a zone of level i comes within j voxels of the edge of the
/// morphological mask (city-block distance, 1 at the edge). Formulas in <see cref="LevelSizeMeasures"/>; N is the number of zones.
/// </summary>
internal static class Gldzm
{
    public static readonly IReadOnlyList<Feature<LevelSizeMeasures>> Features =
    [
        new(null, "dzm_sde", "0GBI", "1", m => m.Small),
        new(null, "dzm_lde", "MB4I", "1", m => m.Large),
        new(null, "dzm_lgze", "S1RA", "1", m => m.LowLevel),
        new(null, "dzm_hgze", "K26C", "1", m => m.HighLevel),
        new(null, "dzm_sdlge", "RUVG", "1", m => m.SmallLow),
        new(null, "dzm_sdhge", "DKNJ", "1", m => m.SmallHigh),
        new(null, "dzm_ldlge", "A7WM", "1", m => m.LargeLow),
        new(null, "dzm_ldhge", "KLTH", "1", m => m.LargeHigh),
        new(null, "dzm_glnu", "VFT7", "1", m => m.LevelNonUniformity),
        new(null, "dzm_glnu_norm", "7HP3", "1", m => m.LevelNonUniformityNormalised),
        new(null, "dzm_zdnu", "V294", "1", m => m.SizeNonUniformity),
        new(null, "dzm_zdnu_norm", "IATH", "1", m => m.SizeNonUniformityNormalised),
        new(null, "dzm_z_perc", "VIWW", "1", m => m.Percentage),
        new(null, "dzm_gl_var", "QK93", "1", m => m.LevelVariance),
        new(null, "dzm_zd_var", "7WT1", "1", m => m.SizeVariance),
        new(null, "dzm_zd_entr", "GBDU", "1", m => m.Entropy),
    ];

    /// <summary>The measures that an aggregation averages.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, Aggregation aggregation, CancellationToken cancellation) =>
        LevelSizes.Aggregated(Zones.Distances(roi, aggregation.InSlices(), cancellation), aggregation);
}
