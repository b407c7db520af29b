namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>One operating point.</summary>
/// <param name="Threshold">Probabilities from here on count as positive; null: none does.</param>
public sealed record RocPoint(double? Threshold, double Sensitivity, double Specificity);

/// <summary>Area under the ROC curve with DeLong's interval.</summary>
/// <param name="Auc">Chance that a positive case has the higher probability, ties half; null where a class is empty.</param>
/// <param name="Ci95">AUC ± 1.96 standard errors, cut at 0 and 1: not logit-transformed, as R's pROC gives by default; null where a class has
/// fewer than two cases.</param>
/// <param name="Explanation">Why something is null or the interval says little; empty otherwise.</param>
/// <param name="Points">From (0, 1) to (1, 0), one for each distinct probability.</param>
/// <remarks>DeLong, DeLong and Clarke-Pearson, Biometrics 1988;44:837, computed by mid-ranks (Sun and Xu, IEEE Signal Process Lett 2014;21:1389).</remarks>
public sealed record RocCurve(double? Auc, Interval? Ci95, string Explanation, IReadOnlyList<RocPoint> Points)
{
    /// <exception cref="ArgumentException">A probability is no number.</exception>
    public static RocCurve Of(IReadOnlyList<double> positives, IReadOnlyList<double> negatives)
    {
        if (positives.Concat(negatives).Any(double.IsNaN)) throw new ArgumentException("a probability is no number");
        int m = positives.Count, n = negatives.Count;
        if (m == 0 || n == 0)
            return new RocCurve(null, null,
                m + n == 0 ? "there is no case" : $"there is no {(m == 0 ? "positive" : "negative")} case: an AUC compares both", []);
        double[] among = MidRanks([.. positives, .. negatives]), ownPositive = MidRanks(positives), ownNegative = MidRanks(negatives);
        // The share of the other class that each case is on the right side of.
        double[] above = [.. Enumerable.Range(0, m).Select(i => (among[i] - ownPositive[i]) / n)];
        double[] below = [.. Enumerable.Range(0, n).Select(j => 1 - (among[m + j] - ownNegative[j]) / m)];
        double auc = above.Average();
        IReadOnlyList<RocPoint> points = [.. Walk(positives, negatives)];
        if (m == 1 || n == 1)
            return new RocCurve(auc, null, $"only one {(m == 1 ? "positive" : "negative")} case: DeLong's variance needs two of each", points);
        double half = Proportion.Z * Math.Sqrt(Variance(above) / m + Variance(below) / n);
        string doubt = half == 0 ? "the classes are separated completely (or not at all): DeLong's variance is 0 and the interval says nothing" : "";
        return new RocCurve(auc, new Interval(Math.Max(0, auc - half), Math.Min(1, auc + half)), doubt, points);
    }

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1);
    }

    /// <summary>Ranks from 1; equal values share the mean of their ranks.</summary>
    private static double[] MidRanks(IReadOnlyList<double> values)
    {
        int[] order = [.. Enumerable.Range(0, values.Count).OrderBy(i => values[i])];
        double[] ranks = new double[order.Length];
        for (int first = 0, next; first < order.Length; first = next)
        {
            for (next = first + 1; next < order.Length && values[order[next]] == values[order[first]];) next++;
            for (int i = first; i < next; i++) ranks[order[i]] = (first + next + 1) / 2.0;
        }

        return ranks;
    }

    private static IEnumerable<RocPoint> Walk(IReadOnlyList<double> positives, IReadOnlyList<double> negatives)
    {
        double[] up = [.. positives.OrderDescending()], down = [.. negatives.OrderDescending()];
        int hits = 0, alarms = 0;
        yield return new RocPoint(null, 0, 1);
        foreach (double threshold in positives.Concat(negatives).Distinct().OrderDescending())
        {
            while (hits < up.Length && up[hits] >= threshold) hits++;
            while (alarms < down.Length && down[alarms] >= threshold) alarms++;
            yield return new RocPoint(threshold, (double)hits / up.Length, 1 - (double)alarms / down.Length);
        }
    }
}
