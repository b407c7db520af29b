namespace HematomaPacsAgent.Analysis.Radiomics;

/// <summary>
/// Grey-level co-occurrence (IBSI LFYI; PyRadiomics <c>glcm</c>): how often levels i and j are neighbours in a direction. In three
/// dimensions, either each direction has its own matrix and features are averaged (IBSI ITBB, PyRadiomics' default), or all directions
/// share one (IBSI IAZD).
/// </summary>
internal static class Glcm
{
    private const long MaxBytes = 256L << 20;

    /// <summary>Features in the order of PyRadiomics' names; those without a PyRadiomics name are its deprecated doubles of
    /// others.</summary>
    public static readonly IReadOnlyList<Feature<GlcmMeasures>> Features =
    [
        new("Autocorrelation", "cm_auto_corr", "QWB0", "1", m => m.Autocorrelation),
        new("ClusterProminence", "cm_clust_prom", "AE86", "1", m => m.ClusterProminence),
        new("ClusterShade", "cm_clust_shade", "7NFM", "1", m => m.ClusterShade),
        new("ClusterTendency", "cm_clust_tend", "DG8W", "1", m => m.ClusterTendency),
        new("Contrast", "cm_contrast", "ACUI", "1", m => m.Contrast),
        new("Correlation", "cm_corr", "NI2N", "1", m => m.Correlation),
        new("DifferenceAverage", "cm_diff_avg", "TF7R", "1", m => m.DifferenceAverage),
        new("DifferenceEntropy", "cm_diff_entr", "NTRS", "1", m => m.DifferenceEntropy),
        new("DifferenceVariance", "cm_diff_var", "D3YU", "1", m => m.DifferenceVariance),
        new("Id", "cm_inv_diff", "IB1Z", "1", m => m.InverseDifference),
        new("Idm", "cm_inv_diff_mom", "WF0Z", "1", m => m.InverseDifferenceMoment),
        new("Idmn", "cm_inv_diff_mom_norm", "1QCO", "1", m => m.InverseDifferenceMomentNormalised),
        new("Idn", "cm_inv_diff_norm", "NDRX", "1", m => m.InverseDifferenceNormalised),
        new("Imc1", "cm_info_corr1", "R8DG", "1", m => m.InformationCorrelation1),
        new("Imc2", "cm_info_corr2", "JN9H", "1", m => m.InformationCorrelation2),
        new("InverseVariance", "cm_inv_var", "E8JP", "1", m => m.InverseVariance),
        new("JointAverage", "cm_joint_avg", "60VM", "1", m => m.JointAverage),
        new("JointEnergy", "cm_energy", "8ZQL", "1", m => m.JointEnergy),
        new("JointEntropy", "cm_joint_entr", "TU9B", "1", m => m.JointEntropy),
        new("MCC", null, null, "1", m => m.MaximalCorrelation),
        new("MaximumProbability", "cm_joint_max", "GYBY", "1", m => m.MaximumProbability),
        new("SumAverage", "cm_sum_avg", "ZGXS", "1", m => m.SumAverage),
        new("SumEntropy", "cm_sum_entr", "P6QZ", "1", m => m.SumEntropy),
        new("SumSquares", "cm_joint_var", "UR99", "1", m => m.JointVariance),
        new(null, "cm_dissimilarity", "8S9J", "1", m => m.DifferenceAverage),
        new(null, "cm_sum_var", "OEEB", "1", m => m.ClusterTendency),
    ];

    /// <summary>One measure for each direction in which the region has neighbours at all.</summary>
    /// <exception cref="RadiomicsException">No two voxels are neighbours, or the matrices would be too large.</exception>
    public static IReadOnlyList<GlcmMeasures> MeasureDirections(DiscretisedRoi roi, RadiomicsSettings settings,
        CancellationToken cancellation)
    {
        int directions = Directions(settings.Distances).Count, size = (roi.GreyLevels + 1) * (roi.GreyLevels + 1);
        int[] counts = Count(roi, settings);
        int[] present = Present(roi);
        List<GlcmMeasures> measures = [];
        for (int direction = 0; direction < directions; direction++)
        {
            cancellation.ThrowIfCancellationRequested();
            double[,] matrix = Compact(counts.AsSpan(direction * size, size), roi.GreyLevels, present, settings.SymmetricGlcm);
            if (GlcmMeasures.Of(matrix, present, roi.GreyLevels, settings.Profile) is { } found) measures.Add(found);
        }

        return measures.Count > 0 ? measures : throw new RadiomicsException("no two voxels of the region are neighbours");
    }

    /// <summary>All directions in one matrix.</summary>
    /// <exception cref="RadiomicsException">No two voxels are neighbours, or the matrices would be too large.</exception>
    public static GlcmMeasures MeasureMerged(DiscretisedRoi roi, RadiomicsSettings settings)
    {
        int size = (roi.GreyLevels + 1) * (roi.GreyLevels + 1);
        int[] counts = Count(roi, settings), present = Present(roi);
        var matrix = new double[present.Length, present.Length];
        for (int start = 0; start < counts.Length; start += size)
        {
            double[,] one = Compact(counts.AsSpan(start, size), roi.GreyLevels, present, settings.SymmetricGlcm);
            for (int i = 0; i < present.Length; i++)
                for (int j = 0; j < present.Length; j++)
                    matrix[i, j] += one[i, j];
        }

        return GlcmMeasures.Of(matrix, present, roi.GreyLevels, settings.Profile)
            ?? throw new RadiomicsException("no two voxels of the region are neighbours");
    }

    /// <summary>One of each pair of opposite offsets at the given Chebyshev distances: 13 for distance 1.</summary>
    private static List<(int X, int Y, int Z)> Directions(IReadOnlyList<int> distances)
    {
        List<(int, int, int)> half = [];
        foreach (int d in distances)
            for (int z = 0; z <= d; z++)
                for (int y = z == 0 ? 0 : -d; y <= d; y++)
                    for (int x = z == 0 && y == 0 ? 1 : -d; x <= d; x++)
                        if (Math.Max(z, Math.Max(Math.Abs(y), Math.Abs(x))) == d) half.Add((x, y, z));
        return half;
    }

    /// <summary>Pairs of each direction in one pass over the region; each matrix is (Ng + 1)^2, and its column 0 takes the neighbours
    /// outside.</summary>
    private static int[] Count(DiscretisedRoi roi, RadiomicsSettings settings)
    {
        List<(int X, int Y, int Z)> directions = Directions(settings.Distances);
        int width = roi.GreyLevels + 1, size = width * width;
        long bytes = (long)directions.Count * size * sizeof(int);
        if (bytes > MaxBytes)
            throw new RadiomicsException(
                $"{directions.Count} co-occurrence matrices of {roi.GreyLevels} grey levels need {bytes >> 20} MiB, " +
                $"more than {MaxBytes >> 20}: use a wider bin or fewer distances");
        var counts = new int[directions.Count * size];
        Span<int> offsets = directions.Count <= 256 ? stackalloc int[directions.Count] : new int[directions.Count];
        for (int d = 0; d < offsets.Length; d++)
            offsets[d] = directions[d].Z * roi.StrideZ + directions[d].Y * roi.StrideY + directions[d].X;
        int[] grid = roi.Grid;
        foreach (int position in roi.Positions)
        {
            int row = grid[position] * width;
            for (int d = 0; d < offsets.Length; d++, row += size) counts[row + grid[position + offsets[d]]]++;
        }

        return counts;
    }

    private static int[] Present(DiscretisedRoi roi) => [.. Enumerable.Range(1, roi.GreyLevels).Where(level => roi.Histogram[level] > 0)];

    /// <summary>Rows and columns of the levels that occur.</summary>
    private static double[,] Compact(ReadOnlySpan<int> counts, int greyLevels, int[] present, bool symmetric)
    {
        var matrix = new double[present.Length, present.Length];
        for (int i = 0; i < present.Length; i++)
            for (int j = 0; j < present.Length; j++)
            {
                double pairs = counts[present[i] * (greyLevels + 1) + present[j]];
                matrix[i, j] += pairs;
                if (symmetric) matrix[j, i] += pairs;
            }

        return matrix;
    }
}
