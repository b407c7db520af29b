using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Tests.Calibration;

public sealed class OperatingPointTests
{
    private static readonly ModelCalibration Identity = new(1, 0, "test", 1);

    [Fact]
    public void Where_a_value_parts_the_cases_it_is_the_threshold_and_no_band_is_needed()
    {
        OperatingPoint point = Choose([0.6, 0.7, 0.8, 0.9], [0.1, 0.2, 0.3, 0.35]);
        Assert.Equal(new OperatingPoint(0.475, 0.475, 0.475, 0, 0, 0), point);
    }

    [Fact]
    public void The_threshold_is_that_of_the_largest_sum_of_sensitivity_and_specificity()
    {
        // At 0.15: 1.0 + 0.8; at 0.5: 0.6 + 1.0; at any other less.
        OperatingPoint point = Choose([0.2, 0.25, 0.6, 0.7, 0.9], [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07, 0.1, 0.4, 0.45]);
        Assert.Equal(0.15, point.Threshold, 1e-9);
    }

    [Fact]
    public void The_band_grows_until_at_most_a_tenth_of_each_kind_is_on_the_wrong_side()
    {
        LabelledLogits samples = PlattFitTests.Drawn(1.1, -0.5, 4000);
        ModelCalibration fit = new(1.1, -0.5, "drawn", 4000);
        OperatingPoint point = OperatingPoint.Choose(samples, fit);
        Assert.True(point.Low < point.Threshold && point.Threshold < point.High, point.ToString());
        Assert.InRange(point.WrongAbsent, 0.05, OperatingPoint.MostWrong);
        Assert.InRange(point.WrongPresent, 0.05, OperatingPoint.MostWrong);
        ModelClass sign = new(0, "blend-sign", point.Threshold, Calibration: fit, IndeterminateBand: [point.Low, point.High]);
        // What was said of the point is what the classifier then does.
        int wrongAbsent = 0, wrongPresent = 0, open = 0;
        for (int i = 0; i < samples.Count; i++)
        {
            (float logit, bool isThere) = samples[i];
            SignState state = SignClassifier.Decide(SignClassifier.Probability(logit, sign), sign);
            if (state == SignState.Indeterminate) open++;
            else if (state == SignState.Absent && isThere) wrongAbsent++;
            else if (state == SignState.Present && !isThere) wrongPresent++;
        }

        Assert.Equal((point.WrongAbsent, point.WrongPresent, point.Open),
            ((double)wrongAbsent / samples.Positives, (double)wrongPresent / samples.Negatives, (double)open / samples.Count));
    }

    [Fact]
    public void A_network_that_can_hardly_tell_leaves_at_most_two_fifths_open()
    {
        OperatingPoint point = OperatingPoint.Choose(PlattFitTests.Drawn(0.1, 0, 2000), new ModelCalibration(0.1, 0, "drawn", 2000));
        Assert.InRange(point.Open, 0.1, 2 * OperatingPoint.MostOpen);
        Assert.True(Math.Max(point.WrongAbsent, point.WrongPresent) > OperatingPoint.MostWrong);
    }

    [Fact]
    public void Too_few_cases_of_a_kind_leave_the_class_as_it_is_and_say_so()
    {
        LabelledLogits samples = new();
        for (int i = 0; i < 40; i++) samples.Add(i < 7 ? 1 : -1, i < 7);
        ClassFit left = ClassFit.Of(new ModelClass(0, "swirl-sign", 0.5), samples, samples.Positives, samples.Negatives, 40, "test", choosePoint: true);
        Assert.Null(left.Calibration);
        Assert.Null(left.Point);
        Assert.Contains("7 cases with it and 33 without", left.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_that_is_the_wrong_way_round_is_not_turned()
    {
        ClassFit left = ClassFit.Of(new ModelClass(0, "swirl-sign", 0.5), PlattFitTests.Drawn(-1, 0, 300), 150, 150, 300, "test", choosePoint: true);
        Assert.Null(left.Calibration);
        Assert.Contains("the slope is -", left.Note, StringComparison.Ordinal);
    }

    private static OperatingPoint Choose(double[] there, double[] absent)
    {
        LabelledLogits samples = new();
        foreach (double p in there) samples.Add((float)Math.Log(p / (1 - p)), true);
        foreach (double p in absent) samples.Add((float)Math.Log(p / (1 - p)), false);
        return OperatingPoint.Choose(samples, Identity);
    }
}
