namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Grey-level run lengths (IBSI TP0I; PyRadiomics <c>glrlm</c>): how often j voxels of level i follow each other in a direction. Formulas in
/// <see cref="LevelSizeMeasures"/>; j is the run's length, N the number of runs.
/// </summary>
internal static class Glrlm
{
    public static readonly IReadOnlyList<Feature<LevelSizeMeasures>> Features =
    [
        new("ShortRunEmphasis", "rlm_sre", "22OV", "1", m => m.Small),
        new("LongRunEmphasis", "rlm_lre", "W4KF", "1", m => m.Large),
        new("LowGrayLevelRunEmphasis", "rlm_lgre", "V3SW", "1", m => m.LowLevel),
        new("HighGrayLevelRunEmphasis", "rlm_hgre", "G3QZ", "1", m => m.HighLevel),
        new("ShortRunLowGrayLevelEmphasis", "rlm_srlge", "HTZT", "1", m => m.SmallLow),
        new("ShortRunHighGrayLevelEmphasis", "rlm_srhge", "GD3A", "1", m => m.SmallHigh),
        new("LongRunLowGrayLevelEmphasis", "rlm_lrlge", "IVPO", "1", m => m.LargeLow),
        new("LongRunHighGrayLevelEmphasis", "rlm_lrhge", "3KUM", "1", m => m.LargeHigh),
        new("GrayLevelNonUniformity", "rlm_glnu", "R5YN", "1", m => m.LevelNonUniformity),
        new("GrayLevelNonUniformityNormalized", "rlm_glnu_norm", "OVBL", "1", m => m.LevelNonUniformityNormalised),
        new("RunLengthNonUniformity", "rlm_rlnu", "W92Y", "1", m => m.SizeNonUniformity),
        new("RunLengthNonUniformityNormalized", "rlm_rlnu_norm", "IC23", "1", m => m.SizeNonUniformityNormalised),
        new("RunPercentage", "rlm_r_perc", "9ZK5", "1", m => m.Percentage),
        new("GrayLevelVariance", "rlm_gl_var", "8CE5", "1", m => m.LevelVariance),
        new("RunVariance", "rlm_rl_var", "SXLW", "1", m => m.SizeVariance),
        new("RunEntropy", "rlm_rl_entr", "HJ9O", "1", m => m.Entropy),
    ];

    /// <summary>PyRadiomics: one measure a direction, or one of all directions added up with weights.</summary>
    /// <exception cref="RadiomicsException">No direction has two voxels on a line.</exception>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, RadiomicsSettings settings, CancellationToken cancellation)
    {
        Offset[] offsets = Offset.Half([1], settings.Plane);
        List<LevelSizeMatrix> matrices = [];
        List<double> weights = [];
        foreach (Offset offset in offsets)
        {
            // PyRadiomics drops a direction in which no line meets two voxels of the region; IBSI keeps its runs of one.
            if (!HasLine(roi, offset)) continue;
            matrices.Add(Count(roi, .., offset, cancellation));
            weights.Add(settings.Length(offset, roi.Roi));
        }

        if (matrices.Count == 0) throw new RadiomicsException("no line through the region meets two of its voxels");
        if (settings.WeightingNorm is not null) matrices = [LevelSizeMatrix.Merge(matrices, weights)];
        return [.. matrices.Select(matrix => LevelSizeMeasures.Of(matrix, RadiomicsProfile.PyRadiomics)!)];
    }

    /// <summary>IBSI: the measures that an aggregation averages.</summary>
    public static IReadOnlyList<LevelSizeMeasures> Measure(DiscretisedRoi roi, Aggregation aggregation, CancellationToken cancellation)
    {
        Offset[] offsets = Offset.Half([1], aggregation.InSlices() ? Plane.Axial : Plane.Volume);
        List<IReadOnlyList<LevelSizeMatrix>> matrices = [];
        foreach (Range part in roi.Parts(aggregation.InSlices()))
            matrices.Add([.. offsets.Select(offset => Count(roi, part, offset, cancellation))]);

        return [.. aggregation.Merge(matrices, m => LevelSizeMatrix.Merge(m)).Select(m => LevelSizeMeasures.Of(m, RadiomicsProfile.Ibsi)!)];
    }

    private static LevelSizeMatrix Count(DiscretisedRoi roi, Range part, Offset offset, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        int step = offset.In(roi);
        int[] grid = roi.Grid;
        LevelSizeMatrix.Counter runs = new(roi);
        ReadOnlySpan<int> positions = roi.Positions.AsSpan(part);
        foreach (int position in positions)
        {
            int rank = grid[position];
            if (grid[position - step] == rank) continue;
            int length = 1;
            for (int next = position + step; grid[next] == rank; next += step) length++;
            runs.Add(rank - 1, length);
        }

        return runs.Take(positions.Length);
    }

    /// <summary>Whether two voxels of the region lie on one line of a direction, neighbours or not.</summary>
    private static bool HasLine(DiscretisedRoi roi, Offset offset)
    {
        int step = offset.In(roi);
        foreach (int position in roi.Positions)
            if (roi.Grid[position + step] > 0) return true;
        RoiImage box = roi.Roi;
        HashSet<(int, int, int)> lines = [];
        foreach (int position in roi.Positions)
        {
            int z = position / roi.StrideZ - roi.Border, y = position % roi.StrideZ / roi.StrideY - roi.Border,
                x = position % roi.StrideY - roi.Border;
            // Walk back to where the line enters the box.
            int back = Math.Min(Math.Min(Steps(x, offset.X, box.SizeX), Steps(y, offset.Y, box.SizeY)), Steps(z, offset.Z, box.SizeZ));
            if (!lines.Add((x - back * offset.X, y - back * offset.Y, z - back * offset.Z))) return true;
        }

        return false;

        static int Steps(int at, int way, int size) => way switch { > 0 => at, < 0 => size - 1 - at, _ => int.MaxValue };
    }
}
