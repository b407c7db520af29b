using CsCheck;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Prognosis;

public sealed class NomogramTests : IDisposable
{
    private const string Small = """
        {
          "schema": "hematoma-nomogram/1", "id": "t", "version": "1", "intendedUse": "demonstration", "statement": "s", "outcome": "o", "intercept": -1,
          "radscore": { "intercept": 0.5, "terms": [{ "feature": "f", "transform": "log", "mean": 1, "sd": 2, "beta": 0.4 }], "min": -3, "max": 3 },
          "terms": [
            { "code": "radscore", "name": "R", "beta": 0.5, "min": -3, "max": 3, "expectedSign": "+" },
            { "code": "blend-sign", "name": "B", "beta": 1.5, "min": 0, "max": 1, "expectedSign": "+" }],
          "thresholds": { "low": 0.2, "high": 0.6 }
        }
        """;

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void A_score_is_what_a_pencil_gives()
    {
        NomogramScore score = Load(Small).Score(new Dictionary<string, double> { ["blend-sign"] = 0.8 }, new Dictionary<string, double> { ["f"] = Math.Exp(3) });
        Assert.Equal(0.5 + 0.4 * (3 - 1) / 2, score.Radscore, 12); // 0.9
        Assert.Equal(-1 + 0.5 * 0.9 + 1.5 * 0.8, score.LinearPredictor, 12); // 0.65
        Assert.Equal(1 / (1 + Math.Exp(-0.65)), score.Probability, 12);
        // The strongest term is the Radscore: 0.5 over a range of 6.
        Assert.Equal(100 * 0.5 * 3.9 / 3 + 100 * 1.5 * 0.8 / 3, score.Points, 10);
        Assert.Equal("high", score.Grade);
        Assert.Equal((score.Probability, score.Probability), (score.ProbabilityLow, score.ProbabilityHigh));
    }

    [Fact]
    public void What_is_missing_gives_bounds_that_hold_for_every_value_it_could_have() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0.1, 100]).Sample((blend, feature) =>
        {
            Nomogram nomogram = Load(Small);
            NomogramScore unknown = nomogram.Score(new Dictionary<string, double>(), new Dictionary<string, double> { ["f"] = feature });
            double known = nomogram.Score(new Dictionary<string, double> { ["blend-sign"] = blend }, new Dictionary<string, double> { ["f"] = feature }).Probability;
            Assert.Equal(["blend-sign"], unknown.Missing);
            Assert.InRange(known, unknown.ProbabilityLow - 1e-12, unknown.ProbabilityHigh + 1e-12);
        });

    [Fact]
    public void Points_grow_in_line_with_the_linear_predictor() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1]).Sample((a, b) =>
        {
            Nomogram nomogram = Load(Small);
            NomogramScore first = Score(a), second = Score(b);
            Assert.Equal((second.LinearPredictor - first.LinearPredictor) * 100 / 3, second.Points - first.Points, 9);
            NomogramScore Score(double blend) => nomogram.Score(new Dictionary<string, double> { ["blend-sign"] = blend }, new Dictionary<string, double> { ["f"] = 2 });
        });

    [Theory]
    [InlineData("\"beta\": 1.5", "\"beta\": -1.5", "against its expected sign")]
    [InlineData("\"beta\": 0.4", "\"beta\": -8.61", "unit error")]
    [InlineData("\"sd\": 2", "\"sd\": 0", "sd is not above 0")]
    [InlineData("\"low\": 0.2", "\"low\": 0.9", "thresholds")]
    [InlineData("\"intercept\": -1", "\"intercept\": -1, \"surprise\": 1", "surprise")]
    [InlineData("hematoma-nomogram/1", "other/9", "schema")]
    [InlineData("\"blend-sign\"", "\"radscore\"", "twice")]
    [InlineData("\"transform\": \"log\"", "\"transform\": \"cube\"", "transform")]
    public void A_file_with_a_fault_is_refused_by_name(string from, string to, string says)
    {
        NomogramException refusal = Assert.Throws<NomogramException>(() => Load(Small.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains("nomogram.json", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(says, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_nomogram_that_ships_says_that_it_is_a_demonstration_and_nobodys_publication()
    {
        string path = Path.Combine(SharedFiles.Repository, "config", "nomogram.json");
        Assert.Equal("demonstration", Nomogram.Load(path).IntendedUse);
        Assert.DoesNotContain("Feng", File.ReadAllText(path), StringComparison.OrdinalIgnoreCase);
    }

    public void Dispose() => folder.Dispose();

    private Nomogram Load(string json)
    {
        File.WriteAllText(folder["nomogram.json"], json);
        return Nomogram.Load(folder["nomogram.json"]);
    }
}
