namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// Neighbourhood grey-tone differences (IBSI IPET; PyRadiomics <c>ngtdm</c>; Amadasun and King 1989). Of the N voxels that have neighbours,
/// n_i have level i, p_i = n_i / N, and s_i is the sum of their |i - mean level of the neighbours|. Ng,p levels occur. PyRadiomics counts voxels
/// without neighbours too, with a difference of 0.
/// </summary>
internal static class Ngtdm
{
    public static readonly IReadOnlyList<Feature<NgtdmMeasures>> Features =
    [
        new("Coarseness", "ngt_coarseness", "QCDE", "1", m => m.Coarseness),
        new("Contrast", "ngt_contrast", "65HE", "1", m => m.Contrast),
        new("Busyness", "ngt_busyness", "NQ30", "1", m => m.Busyness),
        new("Complexity", "ngt_complexity", "HDEZ", "1", m => m.Complexity),
        new("Strength", "ngt_strength", "1X9X", "1", m => m.Strength),
    ];

    /// <summary>PyRadiomics: the region as a whole.</summary>
    public static IReadOnlyList<NgtdmMeasures> Measure(DiscretisedRoi roi, NeighbourCounts counts, CancellationToken cancellation) =>
        [NgtdmMeasures.OfAllVoxels(roi, counts, cancellation)];

    /// <summary>IBSI: the measures that an aggregation averages.</summary>
    /// <exception cref="RadiomicsException">No voxel has a neighbour.</exception>
    public static IReadOnlyList<NgtdmMeasures> Measure(DiscretisedRoi roi, IReadOnlyList<NeighbourCounts> parts, Aggregation aggregation,
        CancellationToken cancellation)
    {
        NgtdmMeasures?[] measures = aggregation == Aggregation.SliceAverage
            ? [.. parts.Select(part => NgtdmMeasures.Of(roi.Levels, [part], cancellation))]
            : [NgtdmMeasures.Of(roi.Levels, parts, cancellation)];
        NgtdmMeasures[] found = [.. measures.OfType<NgtdmMeasures>()];
        return found.Length > 0 ? found : throw new RadiomicsException("no two voxels of the region are neighbours");
    }
}

/// <summary>What is read off one neighbourhood difference matrix.</summary>
internal sealed class NgtdmMeasures
{
    private NgtdmMeasures(int[] levels, double[] n, double[] s, double voxels, CancellationToken cancellation)
    {
        double difference = 0, weighted = 0, spread = 0, tones = 0, strength = 0;
        int present = 0;
        for (int i = 0; i < levels.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (n[i] == 0) continue;
            present++;
            double p = n[i] / voxels;
            difference += s[i];
            weighted += p * s[i];
            for (int j = 0; j < levels.Length; j++)
            {
                if (n[j] == 0) continue;
                double q = n[j] / voxels, distance = levels[i] - levels[j];
                spread += p * q * distance * distance;
                tones += Math.Abs(levels[i] * p - levels[j] * q);
                strength += (p + q) * distance * distance;
                Complexity += Math.Abs(distance) * (p * s[i] + q * s[j]) / (p + q) / voxels;
            }
        }

        // A region of one tone has no finite coarseness: both PyRadiomics and IBSI set 10^6; it has no contrast, busyness or strength.
        Coarseness = weighted == 0 ? 1e6 : 1 / weighted;
        Contrast = present > 1 ? spread / ((double)present * (present - 1)) * difference / voxels : 0;
        Busyness = tones == 0 ? 0 : weighted / tones;
        Strength = difference == 0 ? 0 : strength / difference;
    }

    public static NgtdmMeasures OfAllVoxels(DiscretisedRoi roi, NeighbourCounts counts, CancellationToken cancellation) =>
        new(roi.Levels, [.. roi.Levels.Select(level => (double)roi.Histogram[level])], counts.Differences, counts.Voxels, cancellation);

    /// <returns>null where no voxel has a neighbour.</returns>
    public static NgtdmMeasures? Of(int[] levels, IReadOnlyList<NeighbourCounts> parts, CancellationToken cancellation)
    {
        double[] n = new double[levels.Length], s = new double[levels.Length];
        double voxels = 0;
        foreach (NeighbourCounts part in parts)
            for (int i = 0; i < levels.Length; i++)
            {
                n[i] += part.WithNeighbours[i];
                s[i] += part.Differences[i];
                voxels += part.WithNeighbours[i];
            }

        return voxels > 0 ? new NgtdmMeasures(levels, n, s, voxels, cancellation) : null;
    }

    /// <summary>1 / sum(p_i s_i); 10^6 for one tone.</summary>
    public double Coarseness { get; }

    /// <summary>sum_ij(p_i p_j (i - j)^2) / (Ng,p (Ng,p - 1)) x sum(s_i) / N; 0 for one tone.</summary>
    public double Contrast { get; }

    /// <summary>sum(p_i s_i) / sum_ij |i p_i - j p_j|; 0 for one tone.</summary>
    public double Busyness { get; }

    /// <summary>sum_ij(|i - j| (p_i s_i + p_j s_j) / (p_i + p_j)) / N.</summary>
    public double Complexity { get; }

    /// <summary>sum_ij((p_i + p_j) (i - j)^2) / sum(s_i); 0 where that sum is 0.</summary>
    public double Strength { get; }
}
