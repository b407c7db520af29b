namespace HematomaPacsAgent.Analysis.Radiomics.Features;

/// <summary>
/// What is read off one co-occurrence matrix: p(i, j) its shares, p_x and p_y its marginals, mu and sigma their means and deviations,
/// p_(x-y)(k) the share of pairs |i - j| = k, p_(x+y)(k) of pairs i + j = k; H are entropies in bits. i and j are grey levels, so all are
/// without unit.
/// </summary>
internal sealed class GlcmMeasures
{
    private GlcmMeasures(double[,] p, int[] levels, int greyLevels, RadiomicsProfile profile, CancellationToken cancellation)
    {
        int n = levels.Length;
        double epsilon = Entropies.Epsilon(profile), meanX = 0, meanY = 0;
        Span<double> px = new double[n], py = new double[n], sums = new double[2 * greyLevels + 1], differences = new double[greyLevels];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                double share = p[i, j];
                (px[i], py[j]) = (px[i] + share, py[j] + share);
                (meanX, meanY) = (meanX + share * levels[i], meanY + share * levels[j]);
                sums[levels[i] + levels[j]] += share;
                differences[Math.Abs(levels[i] - levels[j])] += share;
            }

        double varianceX = 0, varianceY = 0, covariance = 0, entropyX = 0, entropyY = 0, cross = 0, independent = 0;
        for (int i = 0; i < n; i++)
        {
            double dx = levels[i] - meanX;
            varianceX += px[i] * dx * dx;
            entropyX += Entropies.Term(px[i], epsilon);
            entropyY += Entropies.Term(py[i], epsilon);
            for (int j = 0; j < n; j++)
            {
                double share = p[i, j], dy = levels[j] - meanY, both = dx + dy, product = px[i] * py[j];
                if (i == 0) varianceY += py[j] * dy * dy;
                covariance += share * dx * dy;
                ClusterTendency += share * both * both;
                ClusterShade += share * both * both * both;
                ClusterProminence += share * both * both * both * both;
                Autocorrelation += share * levels[i] * levels[j];
                JointEnergy += share * share;
                JointEntropy += Entropies.Term(share, epsilon);
                MaximumProbability = Math.Max(MaximumProbability, share);
                if (share > 0) cross -= share * Math.Log2(product + epsilon);
                independent += Entropies.Term(product, epsilon);
            }
        }

        (JointAverage, JointVariance) = (meanX, varianceX);
        double deviations = Math.Sqrt(varianceX) * Math.Sqrt(varianceY);
        Correlation = deviations == 0 ? 1 : covariance / (deviations + epsilon);
        double larger = Math.Max(entropyX, entropyY), mutual = independent - JointEntropy;
        InformationCorrelation1 = larger == 0 ? 0 : (JointEntropy - cross) / larger;
        // Rounding can put HXY above HXY2: PyRadiomics then has no value for this direction; IBSI's is 0.
        if (profile == RadiomicsProfile.Ibsi) mutual = Math.Max(0, mutual);
        InformationCorrelation2 = mutual == 0 ? 0 : Math.Sqrt(1 - Math.Exp(-2 * mutual));
        for (int k = 0; k < differences.Length; k++)
        {
            double share = differences[k], relative = (double)k / greyLevels;
            DifferenceAverage += k * share;
            Contrast += (double)k * k * share;
            DifferenceEntropy += Entropies.Term(share, epsilon);
            InverseDifference += share / (1 + k);
            InverseDifferenceMoment += share / (1 + (double)k * k);
            InverseDifferenceNormalised += share / (1 + relative);
            InverseDifferenceMomentNormalised += share / (1 + relative * relative);
            if (k > 0) InverseVariance += share / ((double)k * k);
        }

        for (int k = 0; k < differences.Length; k++)
            DifferenceVariance += differences[k] * (k - DifferenceAverage) * (k - DifferenceAverage);
        for (int k = 2; k < sums.Length; k++)
        {
            SumAverage += k * sums[k];
            SumEntropy += Entropies.Term(sums[k], epsilon);
        }

        MaximalCorrelation = profile == RadiomicsProfile.PyRadiomics ? Features.MaximalCorrelation.Of(p, px, py, cancellation) : double.NaN;
    }

    /// <param name="counts">Pairs of present levels; becomes shares.</param>
    /// <param name="levels">The grey level of each row and column, ascending.</param>
    /// <param name="greyLevels">Ng, the highest level.</param>
    /// <param name="profile">Whose entropies.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>null where there is no pair.</returns>
    public static GlcmMeasures? Of(double[,] counts, int[] levels, int greyLevels, RadiomicsProfile profile, CancellationToken cancellation)
    {
        double total = 0;
        foreach (double count in counts) total += count;
        if (total == 0) return null;
        for (int i = 0; i < levels.Length; i++)
            for (int j = 0; j < levels.Length; j++)
                counts[i, j] /= total;
        return new GlcmMeasures(counts, levels, greyLevels, profile, cancellation);
    }

    /// <summary>sum(p i j).</summary>
    public double Autocorrelation { get; }

    /// <summary>sum(p (i + j - mu_x - mu_y)^2), which is also the variance of p_(x+y).</summary>
    public double ClusterTendency { get; }

    /// <summary>sum(p (i + j - mu_x - mu_y)^3).</summary>
    public double ClusterShade { get; }

    /// <summary>sum(p (i + j - mu_x - mu_y)^4).</summary>
    public double ClusterProminence { get; }

    /// <summary>sum(k^2 p_(x-y)(k)).</summary>
    public double Contrast { get; }

    /// <summary>sum(p (i - mu_x)(j - mu_y)) / (sigma_x sigma_y); 1 where a deviation is 0.</summary>
    public double Correlation { get; }

    /// <summary>sum(k p_(x-y)(k)), which is also the dissimilarity.</summary>
    public double DifferenceAverage { get; }

    /// <summary>Variance of p_(x-y).</summary>
    public double DifferenceVariance { get; }

    /// <summary>H of p_(x-y).</summary>
    public double DifferenceEntropy { get; }

    /// <summary>sum(p_(x-y)(k) / (1 + k)).</summary>
    public double InverseDifference { get; }

    /// <summary>sum(p_(x-y)(k) / (1 + k^2)).</summary>
    public double InverseDifferenceMoment { get; }

    /// <summary>sum(p_(x-y)(k) / (1 + k / Ng)).</summary>
    public double InverseDifferenceNormalised { get; }

    /// <summary>sum(p_(x-y)(k) / (1 + (k / Ng)^2)).</summary>
    public double InverseDifferenceMomentNormalised { get; }

    /// <summary>sum(p_(x-y)(k) / k^2), k from 1.</summary>
    public double InverseVariance { get; }

    /// <summary>(HXY - HXY1) / max(HX, HY), at most 0; 0 for a single level.</summary>
    public double InformationCorrelation1 { get; }

    /// <summary>sqrt(1 - exp(-2 (HXY2 - HXY))), 0 to 1.</summary>
    public double InformationCorrelation2 { get; }

    /// <summary>mu_x.</summary>
    public double JointAverage { get; }

    /// <summary>sigma_x^2 (PyRadiomics: SumSquares).</summary>
    public double JointVariance { get; }

    /// <summary>sum(p^2), the angular second moment.</summary>
    public double JointEnergy { get; }

    /// <summary>H of p.</summary>
    public double JointEntropy { get; }

    /// <summary>Largest p.</summary>
    public double MaximumProbability { get; }

    /// <summary>sum(k p_(x+y)(k)).</summary>
    public double SumAverage { get; }

    /// <summary>H of p_(x+y).</summary>
    public double SumEntropy { get; }

    /// <summary>See <see cref="Features.MaximalCorrelation"/>; 1 for a single level.</summary>
    public double MaximalCorrelation { get; }
}
