using System.Globalization;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>What calibration makes of one class.</summary>
/// <param name="Key">The class.</param>
/// <param name="Positives">Samples (cases for signs, voxels for a segmentation) that have it.</param>
/// <param name="Negatives">Samples that do not.</param>
/// <param name="Calibration">The fit; null: the package is left as it is, and <paramref name="Note"/> says why.</param>
/// <param name="Point">Signs: threshold and band; null without a fit and for a segmentation, whose threshold stays.</param>
/// <param name="Before">As the package is now; null without samples.</param>
/// <param name="After">With the fit, on the samples it was fitted on; null without one.</param>
/// <param name="Note">What to know of it; may be empty.</param>
public sealed record ClassFit(string Key, int Positives, int Negatives, ModelCalibration? Calibration, OperatingPoint? Point, ProbabilityQuality? Before,
    ProbabilityQuality? After, string Note)
{
    /// <summary>Fewest cases of each kind on which a fit is made.</summary>
    public const int Fewest = 8;

    private const double LeastSlope = 0.001, MostSlope = 100, MostIntercept = 100;
    private const int Digits = 6;

    /// <param name="output">The class as the package has it.</param>
    /// <param name="samples">What the network said of it, and the truth.</param>
    /// <param name="with">Cases that have it.</param>
    /// <param name="without">Cases that can show what is not it.</param>
    /// <param name="cases">Cases the samples come from.</param>
    /// <param name="fittedOn">For model.json.</param>
    /// <param name="choosePoint">Whether a threshold and a band are wanted.</param>
    internal static ClassFit Of(ModelClass output, LabelledLogits samples, int with, int without, int cases, string fittedOn, bool choosePoint)
    {
        ProbabilityQuality? before = samples.Count == 0 ? null : ProbabilityQuality.Of(samples, output.Calibration, output.Threshold!.Value);
        if (with < Fewest || without < Fewest || samples.Positives == 0 || samples.Negatives == 0)
            return Left($"left as it is: {with} cases with it and {without} without, a fit needs {Fewest} of each");
        (double slope, double intercept) = PlattFit.Fit(samples);
        (slope, intercept) = (Math.Round(slope, Digits), Math.Round(intercept, Digits));
        if (slope < LeastSlope)
            return Left(string.Create(CultureInfo.InvariantCulture,
                $"left as it is: the slope is {slope:0.###}; higher values of the network do not mean more of it here"));
        if (slope > MostSlope || Math.Abs(intercept) > MostIntercept)
            return Left(string.Create(CultureInfo.InvariantCulture, $"left as it is: slope {slope:0.##} and intercept {intercept:0.##} are out of range"));
        ModelCalibration fit = new(slope, intercept, fittedOn, cases);
        OperatingPoint? point = choosePoint ? OperatingPoint.Choose(samples, fit) : null;
        string note = point is { WrongAbsent: > OperatingPoint.MostWrong } or { WrongPresent: > OperatingPoint.MostWrong }
            ? string.Create(CultureInfo.InvariantCulture, $"outside the band still {point.WrongAbsent:P0} missed, {point.WrongPresent:P0} false") : "";
        return new ClassFit(output.Key, samples.Positives, samples.Negatives, fit, point, before,
            ProbabilityQuality.Of(samples, fit, point?.Threshold ?? output.Threshold!.Value), note);

        ClassFit Left(string why) => new(output.Key, samples.Positives, samples.Negatives, null, null, before, null, why);
    }
}
