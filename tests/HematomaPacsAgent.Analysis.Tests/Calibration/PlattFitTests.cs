using System.Globalization;
using HematomaPacsAgent.Analysis.Calibration;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Calibration;

public sealed class PlattFitTests
{
    /// <summary>Made by make.py beside it.</summary>
    private static readonly Dictionary<string, string[][]> Golden = File
        .ReadLines(Path.Combine(SharedFiles.Repository, "tests", "golden", "calibration", "platt.csv")).Skip(1)
        .Select(line => line.Split(',')).GroupBy(cells => cells[0]).ToDictionary(set => set.Key, set => set.ToArray());

    [Theory]
    [InlineData("too-sure")]
    [InlineData("too-timid")]
    [InlineData("rare")]
    [InlineData("useless")]
    [InlineData("apart")]
    public void The_fit_is_that_of_scipys_minimiser(string set)
    {
        LabelledLogits samples = new();
        foreach (string[] cells in Golden[set]) samples.Add(float.Parse(cells[3], CultureInfo.InvariantCulture), cells[4] == "1");
        (double slope, double intercept) = PlattFit.Fit(samples);
        Assert.Equal(Number(1), slope, 1e-5);
        Assert.Equal(Number(2), intercept, 1e-5);
        double Number(int cell) => double.Parse(Golden[set][0][cell], CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData(0.4, -0.7)]
    [InlineData(1.0, 0.0)]
    [InlineData(2.2, 1.1)]
    public void A_known_slope_and_intercept_are_found_again_and_the_probabilities_then_hold(double slope, double intercept)
    {
        LabelledLogits samples = Drawn(slope, intercept, 40_000);
        (double foundSlope, double foundIntercept) = PlattFit.Fit(samples);
        Assert.Equal(slope, foundSlope, 0.07);
        Assert.Equal(intercept, foundIntercept, 0.07);
        ProbabilityQuality before = ProbabilityQuality.Of(samples, null, 0.5);
        ProbabilityQuality after = ProbabilityQuality.Of(samples, new ModelCalibration(foundSlope, foundIntercept, "drawn", 40_000), 0.5);
        Assert.InRange(after.Ece, 0, 0.01);
        Assert.True(after.Brier <= before.Brier + 1e-6, $"{before.Brier} then {after.Brier}");
        if (slope != 1) Assert.True(before.Ece > 0.03, $"before {before.Ece}");
    }

    [Fact]
    public void A_network_that_says_the_same_of_every_case_gets_a_slope_of_0()
    {
        LabelledLogits samples = new();
        for (int i = 0; i < 40; i++) samples.Add(0, i % 4 == 0);
        (double slope, double intercept) = PlattFit.Fit(samples);
        Assert.Equal(0, slope, 1e-6);
        Assert.InRange(1 / (1 + Math.Exp(-intercept)), 0.25, 0.3);
    }

    [Fact]
    public void Very_large_logits_neither_overflow_nor_go_on_for_ever()
    {
        LabelledLogits samples = new();
        for (int i = 0; i < 60; i++) samples.Add(i % 2 == 0 ? 5000 : -5000, i % 2 == 0 || i == 31);
        (double slope, _) = PlattFit.Fit(samples);
        Assert.InRange(slope, 1e-5, 1e-2);
    }

    [Fact]
    public void Samples_of_one_kind_and_logits_that_are_no_numbers_are_refused()
    {
        LabelledLogits samples = new();
        samples.Add(1, true);
        Assert.Contains("0 negatives", Assert.Throws<ArgumentException>(() => PlattFit.Fit(samples)).Message, StringComparison.Ordinal);
        foreach (float wrong in (float[])[float.NaN, float.PositiveInfinity]) Assert.Throws<ArgumentException>(() => samples.Add(wrong, true));
    }

    [Fact]
    public void Brier_and_calibration_error_are_those_worked_out_by_hand()
    {
        LabelledLogits samples = new();
        float nine = (float)Math.Log(9), three = (float)Math.Log(3);
        foreach (bool isThere in (bool[])[true, false]) samples.Add(nine, isThere);
        foreach (bool isThere in (bool[])[false, true, false, false]) samples.Add(-three, isThere);
        ProbabilityQuality quality = ProbabilityQuality.Of(samples, null, 0.5);
        Assert.Equal((0.01 + 0.81 + 3 * 0.0625 + 0.5625) / 6, quality.Brier, 1e-6);
        Assert.Equal((2 * 0.9 - 1) / 6, quality.Ece, 1e-6); // the bin at 0.25 is right: one of four
        Assert.Equal((0.5, 0.75, 0.5), (quality.Sensitivity, quality.Specificity, quality.Dice));
    }

    internal static LabelledLogits Drawn(double slope, double intercept, int count, int seed = 5)
    {
        Random random = new(seed);
        LabelledLogits samples = new();
        for (int i = 0; i < count; i++)
        {
            float logit = (float)(random.NextDouble() * 8 - 4);
            samples.Add(logit, random.NextDouble() < 1 / (1 + Math.Exp(-(slope * logit + intercept))));
        }

        return samples;
    }
}
