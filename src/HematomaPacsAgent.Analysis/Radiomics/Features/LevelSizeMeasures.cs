using System.Runtime.InteropServices;

namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// What run length, size zone, distance zone and dependence matrices have in common: the same sixteen formulas over counts c(i, j) of grey
/// level i and size j (length, zone size, distance, dependence). N = sum(c); p = c / N; c_i and c_j are the sums over the other index.
/// </summary>
internal sealed class LevelSizeMeasures
{
    private LevelSizeMeasures(LevelSizeMatrix matrix, double total, double epsilon)
    {
        Dictionary<int, double> sizes = [];
        double levelSum = 0, levelMean = 0, sizeMean = 0;
        int level = 0;
        foreach (LevelSizeMatrix.Entry entry in matrix.Entries)
        {
            double i = entry.Level, j = entry.Size, i2 = i * i, j2 = j * j, p = entry.Count / total;
            Small += p / j2;
            Large += p * j2;
            LowLevel += p / i2;
            HighLevel += p * i2;
            SmallLow += p / (i2 * j2);
            SmallHigh += p * i2 / j2;
            LargeLow += p * j2 / i2;
            LargeHigh += p * i2 * j2;
            levelMean += entry.Count * i;
            sizeMean += entry.Count * j;
            Entropy += Entropies.Term(p, epsilon);
            Energy += p * p;
            if (entry.Level != level) (level, LevelNonUniformity, levelSum) = (entry.Level, LevelNonUniformity + levelSum * levelSum, 0);
            levelSum += entry.Count;
            CollectionsMarshal.GetValueRefOrAddDefault(sizes, entry.Size, out _) += entry.Count;
        }

        // Divided last, so that a single level or size has a variance of exactly 0.
        (levelMean, sizeMean) = (levelMean / total, sizeMean / total);
        LevelNonUniformity = (LevelNonUniformity + levelSum * levelSum) / total;
        foreach (double count in sizes.Values) SizeNonUniformity += count * count / total;
        Percentage = total / matrix.Voxels;
        foreach (LevelSizeMatrix.Entry entry in matrix.Entries)
        {
            double p = entry.Count / total;
            LevelVariance += p * (entry.Level - levelMean) * (entry.Level - levelMean);
            SizeVariance += p * (entry.Size - sizeMean) * (entry.Size - sizeMean);
        }

        LevelNonUniformityNormalised = LevelNonUniformity / total;
        SizeNonUniformityNormalised = SizeNonUniformity / total;
    }

    /// <returns>null where nothing was counted.</returns>
    public static LevelSizeMeasures? Of(LevelSizeMatrix matrix, RadiomicsProfile profile)
    {
        double total = 0;
        foreach (LevelSizeMatrix.Entry entry in matrix.Entries) total += entry.Count;
        return total > 0 ? new LevelSizeMeasures(matrix, total, Entropies.Epsilon(profile)) : null;
    }

    /// <summary>sum(p / j^2).</summary>
    public double Small { get; }

    /// <summary>sum(p j^2).</summary>
    public double Large { get; }

    /// <summary>sum(p / i^2).</summary>
    public double LowLevel { get; }

    /// <summary>sum(p i^2).</summary>
    public double HighLevel { get; }

    /// <summary>sum(p / (i^2 j^2)).</summary>
    public double SmallLow { get; }

    /// <summary>sum(p i^2 / j^2).</summary>
    public double SmallHigh { get; }

    /// <summary>sum(p j^2 / i^2).</summary>
    public double LargeLow { get; }

    /// <summary>sum(p i^2 j^2).</summary>
    public double LargeHigh { get; }

    /// <summary>sum(c_i^2) / N.</summary>
    public double LevelNonUniformity { get; }

    /// <summary>sum(c_i^2) / N^2.</summary>
    public double LevelNonUniformityNormalised { get; }

    /// <summary>sum(c_j^2) / N.</summary>
    public double SizeNonUniformity { get; }

    /// <summary>sum(c_j^2) / N^2.</summary>
    public double SizeNonUniformityNormalised { get; }

    /// <summary>N / Nv.</summary>
    public double Percentage { get; }

    /// <summary>Variance of i under p.</summary>
    public double LevelVariance { get; }

    /// <summary>Variance of j under p.</summary>
    public double SizeVariance { get; }

    /// <summary>-sum(p log2 p).</summary>
    public double Entropy { get; }

    /// <summary>sum(p^2).</summary>
    public double Energy { get; }
}
