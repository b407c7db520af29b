namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>
/// Slope and intercept of a sigmoid over the network's logits by maximum likelihood, with Platt's targets (Platt 1999, "Probabilistic outputs for support
/// vector machines"): (n+ + 1) / (n+ + 2) for what is there and 1 / (n- + 2) for what is not, so that the answer is finite where the two are apart.
/// Newton's steps with halving, as Lin, Lin and Weng 2007 ("A note on Platt's probabilistic outputs") have it.
/// </summary>
internal static class PlattFit
{
    private const int MostSteps = 100;
    private const double LeastStep = 1e-10, Ridge = 1e-12, Flat = 1e-9;

    /// <param name="samples">At least one of each kind.</param>
    /// <returns>The slope is 0 or below where the network's order is of no use, or the wrong way round.</returns>
    /// <exception cref="ArgumentException">All samples are of one kind.</exception>
    /// <exception cref="InvalidOperationException">The steps do not come to an end.</exception>
    public static (double Slope, double Intercept) Fit(LabelledLogits samples)
    {
        if (samples.Positives == 0 || samples.Negatives == 0)
            throw new ArgumentException($"{samples.Positives} positives and {samples.Negatives} negatives: a fit needs both", nameof(samples));
        double there = (samples.Positives + 1.0) / (samples.Positives + 2), absent = 1 / (samples.Negatives + 2.0);
        double slope = 0, intercept = Math.Log((samples.Positives + 1.0) / (samples.Negatives + 1)), loss = Loss(slope, intercept);
        for (int step = 0; step < MostSteps; step++)
        {
            double bySlope = 0, byIntercept = 0, slopes = Ridge, both = 0, intercepts = Ridge;
            for (int i = 0; i < samples.Count; i++)
            {
                (float logit, bool isThere) = samples[i];
                double probability = 1 / (1 + Math.Exp(-(slope * logit + intercept))), off = probability - (isThere ? there : absent);
                double weight = probability * (1 - probability);
                (bySlope, byIntercept) = (bySlope + off * logit, byIntercept + off);
                (slopes, both, intercepts) = (slopes + weight * logit * logit, both + weight * logit, intercepts + weight);
            }

            if (Math.Abs(bySlope) < Flat * samples.Count && Math.Abs(byIntercept) < Flat * samples.Count) return (slope, intercept);
            double determinant = slopes * intercepts - both * both;
            double toSlope = -(intercepts * bySlope - both * byIntercept) / determinant, toIntercept = -(slopes * byIntercept - both * bySlope) / determinant;
            double descent = bySlope * toSlope + byIntercept * toIntercept, size = 1, next = loss;
            for (; size >= LeastStep; size /= 2)
            {
                next = Loss(slope + size * toSlope, intercept + size * toIntercept);
                if (next < loss + 1e-4 * size * descent) break;
            }

            if (size < LeastStep) return (slope, intercept); // as low as rounding lets it get
            (slope, intercept, loss) = (slope + size * toSlope, intercept + size * toIntercept, next);
        }

        throw new InvalidOperationException($"the fit of {samples.Count} samples does not come to an end in {MostSteps} steps. Remedy: more cases");

        // Written so that no exponential of a large number occurs.
        double Loss(double a, double b)
        {
            double sum = 0;
            for (int i = 0; i < samples.Count; i++)
            {
                (float logit, bool isThere) = samples[i];
                double score = a * logit + b;
                sum += Math.Max(score, 0) + Math.Log(1 + Math.Exp(-Math.Abs(score))) - (isThere ? there : absent) * score;
            }

            return sum;
        }
    }
}
