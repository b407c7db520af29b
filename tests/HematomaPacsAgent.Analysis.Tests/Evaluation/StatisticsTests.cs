using System.Text.Json;
using CsCheck;
using HematomaPacsAgent.Analysis.Evaluation;

namespace HematomaPacsAgent.Analysis.Tests.Evaluation;

/// <summary>Statistics against numpy and scipy (tests/golden/evaluation), and what they say of too little.</summary>
public sealed class StatisticsTests
{
    [Fact]
    public void AUC_and_DeLong_s_interval_are_those_of_the_pairwise_definition()
    {
        JsonElement[] cases = [.. Goldens.Read("auc.json").EnumerateArray()];
        Assert.Equal(6, cases.Length);
        Assert.All(cases, golden =>
        {
            RocCurve roc = RocCurve.Of(golden.Numbers("positives"), golden.Numbers("negatives"));
            Assert.Equal(golden.Number("auc"), roc.Auc!.Value, 1e-12);
            Assert.Equal(golden.Number("low"), roc.Ci95!.Low, 1e-12);
            Assert.Equal(golden.Number("high"), roc.Ci95.High, 1e-12);
        });
    }

    [Fact]
    public void The_area_under_the_curve_that_is_drawn_is_the_AUC() => Gen.Select(Gen.Int[0, 9].Array[1, 30], Gen.Int[0, 9].Array[1, 30])
        .Sample((positive, negative) =>
        {
            RocCurve roc = RocCurve.Of([.. positive.Select(p => p / 9.0)], [.. negative.Select(p => p / 9.0)]);
            double area = roc.Points.Zip(roc.Points.Skip(1), (a, b) => (a.Specificity - b.Specificity) * (a.Sensitivity + b.Sensitivity) / 2).Sum();
            Assert.Equal(roc.Auc!.Value, area, 1e-9);
        }, iter: 300);

    [Fact]
    public void Without_both_classes_there_is_no_AUC_and_the_reason_is_said()
    {
        RocCurve none = RocCurve.Of([], []), positive = RocCurve.Of([0.7], []), negative = RocCurve.Of([], [0.1, 0.2]);
        Assert.All([none, positive, negative], roc => Assert.True(roc is { Auc: null, Ci95: null, Explanation.Length: > 0 }));
        Assert.Contains("no negative case", positive.Explanation, StringComparison.Ordinal);
        Assert.Contains("no positive case", negative.Explanation, StringComparison.Ordinal);
        RocCurve one = RocCurve.Of([0.7], [0.1, 0.2]);
        Assert.True(one is { Auc: 1, Ci95: null });
        Assert.Contains("only one positive case", one.Explanation, StringComparison.Ordinal);
        Assert.Contains("says nothing", RocCurve.Of([0.7, 0.8], [0.1, 0.2]).Explanation, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RocCurve.Of([double.NaN], [0.1]));
    }

    [Fact]
    public void Wilson_s_interval_solves_its_equation()
    {
        Assert.All(Goldens.Read("agreement.json").GetProperty("wilson").EnumerateArray(), golden =>
        {
            Proportion made = Proportion.From(golden.GetProperty("count").GetInt32(), golden.GetProperty("total").GetInt32());
            Assert.Equal(golden.Number("low"), made.Ci95!.Low, 1e-7);
            Assert.Equal(golden.Number("high"), made.Ci95.High, 1e-7);
        });
        Assert.True(Proportion.From(0, 0) is { Share: null, Ci95: null });
        Assert.Throws<ArgumentOutOfRangeException>(() => Proportion.From(3, 2));
    }

    [Fact]
    public void Bias_limits_of_agreement_and_quartiles_are_scipy_s()
    {
        Assert.All(Goldens.Read("agreement.json").GetProperty("blandAltman").EnumerateArray(), golden =>
        {
            double[] differences = golden.Numbers("differences");
            BlandAltman made = BlandAltman.Of(differences)!;
            (double ofBias, double ofLimit, double lower, double upper) =
                (golden.Number("ofBias"), golden.Number("ofLimit"), golden.Number("lower"), golden.Number("upper"));
            foreach (var (expected, actual) in ((double, double)[])
                     [
                         (golden.Number("bias"), made.Bias), (golden.Number("sd"), made.Sd), (lower, made.LowerLimit), (upper, made.UpperLimit),
                         (made.Bias - ofBias, made.BiasCi95.Low), (made.Bias + ofBias, made.BiasCi95.High), (lower - ofLimit, made.LowerLimitCi95.Low),
                         (lower + ofLimit, made.LowerLimitCi95.High), (upper - ofLimit, made.UpperLimitCi95.Low), (upper + ofLimit, made.UpperLimitCi95.High),
                     ])
                Assert.Equal(expected, actual, 1e-6 * Math.Max(1, Math.Abs(expected)));
            Distribution spread = Distribution.Of(differences.Select(d => (double?)d))!;
            Assert.Equal(golden.Numbers("quartiles"), [spread.LowerQuartile, spread.Median, spread.UpperQuartile], (a, b) => Math.Abs(a - b) < 1e-12);
        });
        Assert.Null(BlandAltman.Of([1.5]));
        Assert.Null(Distribution.Of([null, null]));
    }

    [Fact]
    public void Reliability_by_hand()
    {
        // 0.05 and 0.1 lie in different bins; 1 lies in the last.
        Reliability made = Reliability.Of([(0.05, false), (0.1, false), (0.12, true), (0.95, true), (1, true)]);
        Assert.Equal([1, 2, 0, 0, 0, 0, 0, 0, 0, 2], made.Bins.Select(bin => bin.N));
        Assert.Equal((0.05 * 0.05 + 0.1 * 0.1 + 0.88 * 0.88 + 0.05 * 0.05) / 5, made.Brier!.Value, 1e-12);
        Assert.Equal((0.05 + 2 * (0.5 - 0.11) + 2 * (1 - 0.975)) / 5, made.ExpectedCalibrationError!.Value, 1e-12);
        Assert.True(Reliability.Of([]) is { Brier: null, ExpectedCalibrationError: null, Bins.Count: 10 });
        Assert.Throws<ArgumentException>(() => Reliability.Of([(1.01, true)]));
        Assert.Throws<ArgumentException>(() => Reliability.Of([(double.NaN, true)]));
    }
}
