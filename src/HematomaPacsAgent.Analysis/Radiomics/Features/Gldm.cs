namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Grey-level dependences (PyRadiomics <c>gldm</c>; IBSI: neighbouring grey-level dependence matrix, REK0): how often a voxel of level i has
/// j - 1 neighbours whose level differs by at most alpha; the voxel itself counts as the first. Formulas in
/// <see cref="LevelSizeMeasures"/>; N is the number of voxels.
/// </summary>
internal static class Gldm
{
    public static readonly IReadOnlyList<Feature<LevelSizeMeasures>> Features =
    [
        new("SmallDependenceEmphasis", "ngl_lde", "SODN", "1", m => m.Small),
        new("LargeDependenceEmphasis", "ngl_hde", "IMOQ", "1", m => m.Large),
        new("LowGrayLevelEmphasis", "ngl_lgce", "TL9H", "1", m => m.LowLevel),
        new("HighGrayLevelEmphasis", "ngl_hgce", "OAE7", "1", m => m.HighLevel),
        new("SmallDependenceLowGrayLevelEmphasis", "ngl_ldlge", "EQ3F", "1", m => m.SmallLow),
        new("SmallDependenceHighGrayLevelEmphasis", "ngl_ldhge", "JA6D", "1", m => m.SmallHigh),
        new("LargeDependenceLowGrayLevelEmphasis", "ngl_hdlge", "NBZI", "1", m => m.LargeLow),
        new("LargeDependenceHighGrayLevelEmphasis", "ngl_hdhge", "9QMG", "1", m => m.LargeHigh),
        new("GrayLevelNonUniformity", "ngl_glnu", "FP8K", "1", m => m.LevelNonUniformity),
        new(null, "ngl_glnu_norm", "5SPA", "1", m => m.LevelNonUniformityNormalised),
        new("DependenceNonUniformity", "ngl_dcnu", "Z87G", "1", m => m.SizeNonUniformity),
        new("DependenceNonUniformityNormalized", "ngl_dcnu_norm", "OKJI", "1", m => m.SizeNonUniformityNormalised),
        new(null, "ngl_dc_perc", "6XV8", "1", m => m.Percentage),
        new("GrayLevelVariance", "ngl_gl_var", "1PFV", "1", m => m.LevelVariance),
        new("DependenceVariance", "ngl_dc_var", "DNX2", "1", m => m.SizeVariance),
        new("DependenceEntropy", "ngl_dc_entr", "FCBV", "1", m => m.Entropy),
        new(null, "ngl_dc_energy", "CAS9", "1", m => m.Energy),
    ];

    /// <summary>PyRadiomics: one matrix of the whole region.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, NeighbourCounts counts) =>
        [LevelSizeMeasures.Of(Matrix(roi, counts), RadiomicsProfile.PyRadiomics)!];

    /// <summary>IBSI: the measures that an aggregation averages.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, IReadOnlyList<NeighbourCounts> parts, Aggregation aggregation) =>
        LevelSizes.Aggregated([.. parts.Select(part => Matrix(roi, part))], aggregation);

    private static LevelSizeMatrix Matrix(DiscretisedRoi roi, NeighbourCounts counts)
    {
        LevelSizeMatrix.Counter dependences = new(roi);
        for (int rank = 0; rank < roi.Levels.Length; rank++)
            for (int neighbours = 0; neighbours <= 2 * counts.Directions; neighbours++)
                if (counts.Dependent(rank, neighbours) is > 0 and int voxels) dependences.Add(rank, neighbours + 1, voxels);
        return dependences.Take(counts.Voxels);
    }
}
