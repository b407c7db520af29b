using MathNet.Numerics.Distributions;

namespace HematomaPacsAgent.Analysis.Evaluation;

/// <summary>Agreement of two measurements: the mean of their differences, and between which limits 95 % of differences are expected.</summary>
/// <param name="N">Pairs.</param>
/// <param name="Bias">Mean of measured - truth.</param>
/// <param name="BiasCi95">By Student's t.</param>
/// <param name="Sd">Standard deviation of the differences.</param>
/// <param name="LowerLimit">Bias - 1.96 SD.</param>
/// <param name="LowerLimitCi95">By Student's t, variance SD² (1/n + 1.96² / (2 (n - 1))).</param>
/// <param name="UpperLimit">Bias + 1.96 SD.</param>
/// <param name="UpperLimitCi95">As for the lower limit.</param>
/// <remarks>Bland and Altman, Stat Methods Med Res 1999;8:135. It takes differences for normal and as wide at every size, which volumes seldom are:
/// look at the plot.</remarks>
public sealed record BlandAltman(int N, double Bias, Interval BiasCi95, double Sd, double LowerLimit, Interval LowerLimitCi95, double UpperLimit,
    Interval UpperLimitCi95)
{
    /// <param name="differences">Measured - truth.</param>
    /// <returns>Null of fewer than two pairs: there is no spread to tell of.</returns>
    public static BlandAltman? Of(IReadOnlyList<double> differences)
    {
        int n = differences.Count;
        if (n < 2) return null;
        double bias = differences.Average(), sd = Math.Sqrt(differences.Sum(d => (d - bias) * (d - bias)) / (n - 1));
        double t = StudentT.InvCDF(0, 1, n - 1, 0.975), z = Proportion.Z;
        double ofBias = t * sd / Math.Sqrt(n), ofLimit = t * sd * Math.Sqrt(1.0 / n + z * z / (2 * (n - 1)));
        return new BlandAltman(n, bias, Around(bias, ofBias), sd, bias - z * sd, Around(bias - z * sd, ofLimit), bias + z * sd, Around(bias + z * sd, ofLimit));
    }

    private static Interval Around(double middle, double half) => new(middle - half, middle + half);
}
