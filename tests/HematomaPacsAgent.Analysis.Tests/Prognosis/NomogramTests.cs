using System.Security.Cryptography;
using System.Text;
using CsCheck;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Prognosis;

public sealed class NomogramTests
{
    private static readonly Dictionary<string, double> None = [];

    private static readonly string ShippedPath = Path.Combine(SharedFiles.Repository, "config", "nomogram.json");

    private static readonly Nomogram Shipped = Nomogram.Load(ShippedPath);

    private static readonly string[] Features =
    [
        "original_shape_MeshVolume", "original_firstorder_Entropy", "original_shape_Sphericity", "original_glcm_Idn",
        "original_firstorder_Skewness",
    ];

    private static readonly (double Low, double High)[] FeatureRanges = [(100, 300000), (0, 6), (0.05, 1), (0.7, 1), (-10, 10)];

    /// <summary>A complete case anywhere in the terms' ranges, every input between its bounds.</summary>
    private static readonly Gen<(Dictionary<string, double> Signs, Dictionary<string, double> Radiomics)> Complete =
        Gen.Select(Gen.Double[0, 1].Array[Nomogram.SignCodes.Count], Gen.Double[0, 1].Array[Features.Length], (signs, shares) => (
            Nomogram.SignCodes.Zip(signs).ToDictionary(pair => pair.First, pair => pair.Second),
            Features.Select((name, i) => (name, FeatureRanges[i].Low + shares[i] * (FeatureRanges[i].High - FeatureRanges[i].Low)))
                .ToDictionary(pair => pair.name, pair => pair.Item2)));

    [Fact]
    public void The_shipped_nomogram_is_a_demonstration_and_says_so()
    {
        Assert.Equal("demonstration", Shipped.IntendedUse);
        Assert.True(Shipped.IsDemonstration);
        Assert.Equal("none", Shipped.ProbabilityProvenance);
        Assert.Equal("HE_6_33", Shipped.OutcomeId);
        Assert.Contains("not fitted to patients", Shipped.Statement, StringComparison.Ordinal);
        Assert.DoesNotContain("Feng", File.ReadAllText(ShippedPath), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ShippedPath))), Shipped.Sha256);
    }

    [Fact]
    public void A_small_nomogram_scores_as_worked_out_by_hand()
    {
        Nomogram nomogram = NomogramFiles.Load(NomogramFiles.Small);
        NomogramScore score = nomogram.Score(new Dictionary<string, double> { ["blend-sign"] = 0.8 },
            new Dictionary<string, double> { ["original_shape_MeshVolume"] = Math.Exp(11), ["original_shape_Sphericity"] = 0.5 });

        // Radscore: 0.1 + 0.5 (11 - 10) / 2 - 0.4 (0.5 - 0.7) / 0.1 = 0.1 + 0.25 + 0.8.
        Assert.Equal(1.15, score.Radscore, 12);
        // Predictor: -1 + 0.6 (0.8 - 0.2) / 0.3 + 0.9 (1.15 - 0.15) / 1.5 = -1 + 1.2 + 0.6.
        Assert.Equal(0.8, score.LinearPredictor, 12);
        Assert.Equal(1 / (1 + Math.Exp(-0.8)), score.Probability, 12);
        // Spans: blend sign 0.6 / 0.3 = 2; Radscore 0.9 * 6 / 1.5 = 3.6, which is 100 points. Blend sign 1.6 of 3.6, Radscore (1.15 + 3) /
        // 6.
        Assert.Equal(100 * 1.6 / 3.6 + 100 * 4.15 / 6, score.Points, 10);
        Assert.Equal("high", score.Grade);
        Assert.Equal((score.Probability, score.Probability), (score.ProbabilityLow, score.ProbabilityHigh));
        Assert.Empty(score.Missing);
        Assert.Equal(["blend-sign", "radscore"], score.Contributions.Select(part => part.Code));
    }

    [Fact]
    public void Without_any_input_the_probability_is_that_of_the_mean_case_and_the_bounds_are_wide()
    {
        NomogramScore score = Shipped.Score(None, new Dictionary<string, double> { [Features[0]] = double.NaN });
        Assert.Equal(-1.2, score.LinearPredictor, 12);
        Assert.True(score.ProbabilityLow < 0.05 && score.ProbabilityHigh > 0.95);
        Assert.Equal([.. Features, .. Nomogram.SignCodes], score.Missing);
        Assert.All(score.Contributions, part => Assert.True(part.Missing));
    }

    [Fact]
    public void Bounds_of_missing_inputs_hold_the_probability_of_every_value_they_could_have() =>
        Gen.Select(Complete, Gen.Bool.Array[Nomogram.SignCodes.Count], Gen.Bool.Array[Features.Length])
            .Sample((whole, hiddenSigns, hiddenFeatures) =>
        {
            double truth = Shipped.Score(whole.Signs, whole.Radiomics).Probability;
            NomogramScore part = Shipped.Score(
                Nomogram.SignCodes.Where((_, i) => !hiddenSigns[i]).ToDictionary(code => code, code => whole.Signs[code]),
                Features.Where((_, i) => !hiddenFeatures[i]).ToDictionary(name => name, name => whole.Radiomics[name]));
            Assert.InRange(truth, part.ProbabilityLow - 1e-12, part.ProbabilityHigh + 1e-12);
            Assert.InRange(part.Probability, part.ProbabilityLow, part.ProbabilityHigh);
            Assert.Equal(hiddenSigns.Count(hidden => hidden) + hiddenFeatures.Count(hidden => hidden), part.Missing.Count);
        }, iter: 500);

    [Fact]
    public void Points_are_linear_in_the_linear_predictor() =>
        Gen.Select(Complete, Complete, Complete).Sample((a, b, c) =>
        {
            NomogramScore first = Shipped.Score(a.Signs, a.Radiomics), second = Shipped.Score(b.Signs, b.Radiomics),
                third = Shipped.Score(c.Signs, c.Radiomics);
            double left = (second.Points - first.Points) * (third.LinearPredictor - first.LinearPredictor);
            double right = (third.Points - first.Points) * (second.LinearPredictor - first.LinearPredictor);
            Assert.Equal(left, right, 8);
            Assert.All(first.Contributions, part => Assert.InRange(part.Points, -1e-9, 100 + 1e-9));
        }, iter: 300);

    [Fact]
    public void A_more_probable_sign_raises_the_probability_and_a_less_probable_one_lowers_it() =>
        Gen.Select(Complete, Gen.Int[0, Nomogram.SignCodes.Count - 1], Gen.Double[0, 1]).Sample((whole, index, other) =>
        {
            double was = whole.Signs[Nomogram.SignCodes[index]];
            if (Math.Abs(other - was) < 1e-9) return;
            Dictionary<string, double> changed = new(whole.Signs) { [Nomogram.SignCodes[index]] = other };
            double before = Shipped.Score(whole.Signs, whole.Radiomics).Probability,
                after = Shipped.Score(changed, whole.Radiomics).Probability;
            Assert.Equal(other.CompareTo(was), after.CompareTo(before));
        }, iter: 300);

    [Fact]
    public void An_input_outside_its_range_counts_as_the_nearest_end_and_is_marked()
    {
        Nomogram nomogram = NomogramFiles.Load(NomogramFiles.Small);
        Dictionary<string, double> signs = new() { ["blend-sign"] = 0.5 };
        NomogramScore tiny = OfVolume(-5), smallest = OfVolume(100);
        Assert.Equal(smallest.Probability, tiny.Probability);
        Assert.True(tiny.Contributions.Single(part => part.Code == "radscore").Clamped);
        Assert.False(smallest.Contributions.Single(part => part.Code == "radscore").Clamped);

        NomogramScore OfVolume(double mm3) => nomogram.Score(signs,
            new Dictionary<string, double> { ["original_shape_MeshVolume"] = mm3, ["original_shape_Sphericity"] = 0.7 });
    }

    [Fact]
    public void A_required_input_that_is_missing_stops_the_score_and_is_named()
    {
        Nomogram nomogram = NomogramFiles.Load(
            NomogramFiles.Small.Replace("\"missing\": \"bounds\"", "\"missing\": \"required\"", StringComparison.Ordinal));
        string message = Assert.Throws<NomogramException>(() =>
            nomogram.Score(None, new Dictionary<string, double> { ["original_shape_MeshVolume"] = 2e4 })).Message;
        Assert.Contains("blend-sign", message, StringComparison.Ordinal);
        Assert.Contains("original_shape_Sphericity", message, StringComparison.Ordinal);
        Assert.DoesNotContain("MeshVolume", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.PositiveInfinity)]
    public void A_sign_probability_that_is_none_is_refused(double probability) =>
        Assert.Throws<ArgumentException>(() => Shipped.Score(new Dictionary<string, double> { ["swirl-sign"] = probability }, None));

    [Fact]
    public void The_radiomics_of_a_region_feed_the_shipped_nomogram_without_gaps()
    {
        RadiomicsResult features = Radiomics.Regions.Measure(Radiomics.Regions.Noise(1, 90, 20, 20, 8, 0.5, 0.5, 5));
        Assert.Equal(Nomogram.SignCodes, Shipped.Score(None, features.Values).Missing);
    }
}

internal static class NomogramFiles
{
    public const string Small = """
        {
          "schema": "hematoma-nomogram/1", "id": "small", "version": "1", "intendedUse": "demonstration", "statement": "A test.", "citation": "none",
          "outcomeId": "HE_6_33", "link": "logit", "probabilityProvenance": "none", "intercept": -1,
          "terms": [
            {"code": "blend-sign", "name": "Blend sign", "beta": 0.6, "transform": "identity", "mean": 0.2, "sd": 0.3, "unit": "probability",
             "missing": "bounds", "min": 0, "max": 1, "expectedSign": "positive"},
            {"code": "radscore", "name": "Radscore", "beta": 0.9, "transform": "identity", "mean": 0.15, "sd": 1.5, "unit": "1",
             "missing": "bounds", "min": -3, "max": 3, "expectedSign": "positive"}
          ],
          "radscore": {"intercept": 0.1, "terms": [
            {"feature": "original_shape_MeshVolume", "name": "Volume", "beta": 0.5, "transform": "log", "mean": 10, "sd": 2, "unit": "mm3",
             "missing": "bounds", "min": 100, "max": 300000, "expectedSign": "positive"},
            {"feature": "original_shape_Sphericity", "name": "Sphericity", "beta": -0.4, "transform": "identity", "mean": 0.7, "sd": 0.1, "unit": "1",
             "missing": "bounds", "min": 0.1, "max": 1, "expectedSign": "any"}
          ]},
          "thresholds": {"low": 0.2, "high": 0.5}
        }
        """;

    public static Nomogram Load(string json)
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        File.WriteAllText(path, json, new UTF8Encoding(false));
        try
        {
            return Nomogram.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
