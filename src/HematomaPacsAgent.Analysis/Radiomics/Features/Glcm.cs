namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Grey-level co-occurrence (IBSI LFYI; PyRadiomics <c>glcm</c>): how often levels i and j are neighbours in a direction. Matrices are as large
/// as the levels that occur; how those of slices and directions come together, <see cref="Aggregation"/> says.
/// </summary>
internal static class Glcm
{
    /// <summary>Most memory for the counts of one region.</summary>
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

    /// <summary>Whether the matrices of a region stay within bounds.</summary>
    public static bool Fits(DiscretisedRoi roi, int directions, int parts) => NeighbourCounts.PairBytes(roi, directions) * parts <= MaxBytes;

    /// <summary>PyRadiomics: one measure a direction, or one of all directions added up with weights exp(-length^2).</summary>
    /// <exception cref="RadiomicsException">No two voxels are neighbours, or the matrices would be too large.</exception>
    public static IReadOnlyList<GlcmMeasures> Measure(DiscretisedRoi roi, NeighbourCounts counts, Offset[] offsets, RadiomicsSettings settings,
        CancellationToken cancellation)
    {
        CheckFit(roi, offsets.Length, 1);
        List<double[,]> matrices = [.. Enumerable.Range(0, offsets.Length).Select(d => Matrix(roi, counts, d, settings.SymmetricalGlcm))];
        if (settings.WeightingNorm is { } norm)
            matrices = [Sum(matrices, [.. offsets.Select(offset =>
                norm == WeightingNorm.NoWeighting ? 1 : Math.Exp(-Math.Pow(settings.Length(offset, roi.Roi), 2)))])];
        return Measures(roi, matrices, RadiomicsProfile.PyRadiomics, cancellation);
    }

    /// <summary>IBSI: the measures that an aggregation averages; matrices are symmetric.</summary>
    /// <exception cref="RadiomicsException">No two voxels are neighbours, or the matrices would be too large.</exception>
    public static IReadOnlyList<GlcmMeasures> Measure(DiscretisedRoi roi, IReadOnlyList<NeighbourCounts> parts, Aggregation aggregation,
        CancellationToken cancellation)
    {
        CheckFit(roi, parts[0].Directions, parts.Count);
        List<IReadOnlyList<double[,]>> matrices =
            [.. parts.Select(part => Enumerable.Range(0, part.Directions).Select(d => Matrix(roi, part, d, symmetric: true)).ToList())];
        return Measures(roi, aggregation.Merge(matrices, m => Sum(m, null)), RadiomicsProfile.Ibsi, cancellation);
    }

    private static void CheckFit(DiscretisedRoi roi, int directions, int parts)
    {
        if (!Fits(roi, directions, parts))
            throw new RadiomicsException(
                $"{directions * parts} co-occurrence matrices of {roi.Levels.Length} grey levels need " +
                $"{NeighbourCounts.PairBytes(roi, directions) * parts >> 20} MiB, more than {MaxBytes >> 20}: use a wider bin or fewer distances");
    }

    private static List<GlcmMeasures> Measures(DiscretisedRoi roi, IReadOnlyList<double[,]> matrices, RadiomicsProfile profile,
        CancellationToken cancellation)
    {
        List<GlcmMeasures> measures = [];
        foreach (double[,] matrix in matrices)
        {
            cancellation.ThrowIfCancellationRequested();
            if (GlcmMeasures.Of(matrix, roi.Levels, roi.GreyLevels, profile, cancellation) is { } found) measures.Add(found);
        }

        return measures.Count > 0 ? measures : throw new RadiomicsException("no two voxels of the region are neighbours");
    }

    private static double[,] Matrix(DiscretisedRoi roi, NeighbourCounts counts, int direction, bool symmetric)
    {
        int n = roi.Levels.Length;
        var matrix = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double pairs = counts.Pairs(direction, i, j);
                matrix[i, j] += pairs;
                if (symmetric) matrix[j, i] += pairs;
            }

        return matrix;
    }

    private static double[,] Sum(IReadOnlyList<double[,]> matrices, double[]? weights)
    {
        int n = matrices[0].GetLength(0);
        var sum = new double[n, n];
        for (int m = 0; m < matrices.Count; m++)
        {
            double weight = weights?[m] ?? 1;
            for (int i = 0; i < n; i++)
                for (int j = 0; j < n; j++)
                    sum[i, j] += weight * matrices[m][i, j];
        }

        return sum;
    }
}
